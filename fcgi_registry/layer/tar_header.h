/* tar_header.h: one block of a tar header, and the records of pax. */

#ifndef TAR_HEADER_H
#define TAR_HEADER_H

#include "layer/tar_entry.h"

#define TAR_BLOCK 512

/* A header block and what its format is. */
typedef enum { TAR_V7, TAR_USTAR, TAR_STAR, TAR_GNU } tar_format_t;

/* Whether a block is all zero. */
bool tar_block_is_empty(const unsigned char *block);

/* Fills an entry from a block.  name_r is where a name in two parts is put
 * together.  ERROR where the checksum is wrong or a number is none. */
int tar_header_read(const unsigned char *block, tar_entry_t *entry_r,
                    tar_format_t *format_r, char name_r[TAR_BLOCK]);

/* A number in a field of a header: octal, or base 256.  ERROR for anything
 * else, and beyond 63 bits. */
int tar_number(const unsigned char *field, size_t len, int64_t *number_r);

/* The next record "LENGTH KEY=VALUE\n" of a text, from *pos on.  DECLINED at
 * the end, ERROR where it is broken. */
int tar_record_next(str_t text, size_t *pos, str_t *key_r, str_t *value_r);

/* A decimal number, with a sign and a fraction, rounded down.  ERROR. */
int tar_decimal(str_t text, int64_t *number_r);

#endif
