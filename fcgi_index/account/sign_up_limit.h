/* sign_up_limit.h: how many accounts strangers may make: ten at once from a
 * network, or by an account, and one in ten minutes.  Of a name that is free a
 * sign-up says so by what it answers, so one that is refused counts as well.
 * The counts are in memory that all processes share, of fixed size. */

#ifndef SIGN_UP_LIMIT_H
#define SIGN_UP_LIMIT_H

#include "fcgi_core/req.h"

/* Before the fork, after password_open().  ERROR is logged. */
int sign_up_limit_open(void);

/* Counts a try, once a request; else the seconds until the next one.  who: a
 * network of login_limit_network(), or another text; NULL says nothing, and is
 * not counted. */
unsigned sign_up_limit_take(req_t *rq, const char *who);

#endif
