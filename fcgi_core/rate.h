/* rate.h: how often something may be done, counted for all processes of a
 * program, in memory of a fixed size.
 *
 * A limit allows so many at once and then one per interval.  Each key has one
 * number: the time from which all are allowed at once again.  Each count moves
 * it on by an interval. */

#ifndef RATE_H
#define RATE_H

#include "fcgi_core/core.h"

typedef struct rate_s rate_t;

typedef struct {
    int64_t at_once;
    int64_t interval; /* milliseconds */
} rate_limit_t;

/* Before the fork.  NULL is logged. */
rate_t *rate_create(void);

/* The seconds until one more is allowed, 0 for now.  key: not 0. */
unsigned rate_wait(const rate_t *rate, const rate_limit_t *limit, uint64_t key);

/* How many more are allowed now. */
int64_t rate_left(const rate_t *rate, const rate_limit_t *limit, uint64_t key);

/* Counts one. */
void rate_count(rate_t *rate, const rate_limit_t *limit, uint64_t key);

#endif
