/* encode.h: hex and percent encoding. */

#ifndef REG_ENCODE_H
#define REG_ENCODE_H

#include "reg.h"

/* What a hex digit stands for, capital or not; -1 for any other character. */
int reg_hex_value(unsigned char c);

/* Writes 2 * len lower-case hex characters; no NUL. */
void reg_hex_encode(const unsigned char *src, size_t len, char *dst);

/* REG_OK, or REG_ERROR where src is of odd length, longer than 2 * dst_size,
 * or has another character than 0-9a-f.  *len_r is the number of bytes. */
int reg_hex_decode(reg_str_t src, unsigned char *dst, size_t dst_size,
                   size_t *len_r);

/* Decodes %XX (and '+' as a space if plus) into dst, which may be src's own
 * place: the text never grows.  REG_ERROR where an escape is broken, a byte
 * of the result is NUL, or dst_size is too small; dst is undefined then. */
int reg_percent_decode(reg_str_t src, bool plus, unsigned char *dst,
                       size_t dst_size, size_t *len_r);

/* Encodes all but unreserved characters (RFC 3986 2.3); dst must hold
 * 3 * src.len bytes.  Returns the length; no NUL. */
size_t reg_percent_encode(reg_str_t src, char *dst);

#endif
