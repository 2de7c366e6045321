/* quota.h: how many requests a caller may make: so many at once, and so many a
 * minute.  An account, or the network of a caller without one, is a caller. */

#ifndef QUOTA_H
#define QUOTA_H

#include "api/api.h"

/* Before the fork.  ERROR is logged. */
int quota_open(void);

/* Counts the request.  OK, or ERROR with a problem: 429. */
int quota_take(api_t *api);

/* The same for accounts that strangers make, of which a network makes few. */
int quota_take_sign_up(api_t *api);

/* Says what is left, as RateLimit and RateLimit-Policy. */
void quota_head(api_t *api);

#endif
