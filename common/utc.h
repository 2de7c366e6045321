/* utc.h: times in the store's files. */

#ifndef REG_UTC_H
#define REG_UTC_H

#include "reg.h"

#define REG_UTC_MAX 64 /* bytes; no one writes longer ones */

/* Reads "2026-08-01T12:00:00Z" as seconds since 1970.  The text after the
 * seconds is ignored: fractions, and the zone, which is always UTC. REG_ERROR
 * where text is not such a time. */
int reg_utc_parse(reg_str_t text, int64_t *seconds_r);

#endif
