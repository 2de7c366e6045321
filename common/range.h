/* range.h: the Content-Range of an upload's chunk, "first-last". */

#ifndef REG_RANGE_H
#define REG_RANGE_H

#include "reg.h"

typedef struct {
    uint64_t first;
    uint64_t last; /* inclusive */
} reg_range_t;

/* Tolerates "bytes " in front and "/total" behind, which is "*" or a number
 * beyond last.  REG_OK, also where last
 * is before first (the caller answers 416); REG_ERROR where it is malformed
 * or a number does not fit into 63 bits. */
int reg_content_range_parse(reg_str_t text, reg_range_t *range_r);

/* Decimal digits only, 1 to 19 of them, no sign, value below 2^63. */
int reg_number_parse(reg_str_t text, uint64_t *number_r);

#endif
