/* digest_scan.h: finds the digests in any bytes. */

#ifndef REG_DIGEST_SCAN_H
#define REG_DIGEST_SCAN_H

#include "digest.h"

/* The next digest at or behind *pos, which is moved behind its beginning.  Its
 * hex is in buf.  Escapes of JSON count as what they stand for, inside strings
 * or not: rather a digest too many than one that a reader of JSON would have
 * found.  REG_DECLINED where there is none. */
int reg_digest_scan_next(reg_str_t text, size_t *pos,
                         char buf[REG_DIGEST_HEX_MAX + 1],
                         reg_digest_t *digest_r);

#endif
