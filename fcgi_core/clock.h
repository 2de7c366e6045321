/* clock.h: the current time. */

#ifndef CLOCK_H
#define CLOCK_H

#include "fcgi_core/core.h"

/* Milliseconds of a monotonic clock, for measuring. */
int64_t clock_ms(void);

/* Seconds since 1970, UTC. */
int64_t clock_now(void);

#define CLOCK_TEXT_SIZE sizeof("2026-01-02T03:04:05Z")

/* Writes seconds since 1970 in UTC, as RFC 3339 has it, and a NUL into
 * buf[CLOCK_TEXT_SIZE]; "" beyond the year 9999.  Returns buf. */
const char *clock_print(int64_t seconds, char *buf);

#endif
