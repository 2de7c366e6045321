/* base64.h: RFC 4648, section 4 (standard, padded) and 5 (for URLs, here
 * without padding).  Pure. */

#ifndef BASE64_H
#define BASE64_H

#include "fcgi_core/core.h"

/* Length without padding, of len bytes. */
#define BASE64_LEN(len) (((len)*4 + 2) / 3)

typedef enum { BASE64_STANDARD, BASE64_URL } base64_kind_t;

/* Writes BASE64_LEN(src.len) characters of the kind for URLs; no NUL. */
void base64_url_encode(str_t src, char *dst);

/* With padding, and a NUL. */
#define BASE64_PADDED_LEN(len) (((len) + 2) / 3 * 4)

/* Writes BASE64_PADDED_LEN(src.len) characters of the standard kind, and a
 * NUL. */
void base64_encode(str_t src, char *dst);

/* Decodes into dst, which must hold src.len * 3 / 4 bytes.  ERROR for any
 * other character, wrong padding, or bits set behind the last byte: one text
 * for each string of bytes. */
int base64_decode(base64_kind_t kind, str_t src, unsigned char *dst,
                  size_t *len_r);

#endif
