/* v1_caller.h: who asks, in the original protocol. */

#ifndef V1_CALLER_H
#define V1_CALLER_H

#include "v1/v1.h"

/* Fills v1->caller from the header Authorization: Basic with a password, an
 * access token or a robot's secret, a token of this protocol, or nothing; an
 * empty pair (docker 1.6 sends "Basic Og==") is nothing.  OK; DECLINED for
 * credentials that are not good; ERROR, recorded, or the request was
 * deferred. */
int v1_caller_identify(v1_t *v1);

/* In a transaction: OK where no one has changed the account, or the access
 * token, since it was found, and it stays so; else ERROR, recorded. */
int v1_caller_hold(v1_t *v1);

#endif
