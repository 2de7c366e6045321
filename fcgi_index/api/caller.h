/* caller.h: who calls the API. */

#ifndef CALLER_H
#define CALLER_H

#include "api/api.h"

/* Fills api->caller and api->actor: from Authorization where there is one
 * (Basic with the account's password or an access token, Bearer with an access
 * token), else from the session's cookie; no one where that has ended.  OK, or
 * ERROR: with a problem, or deferred. */
int caller_identify(api_t *api);

/* Whether the caller is who the row of the route wants, and a request with a
 * cookie comes from our pages.  OK, or ERROR with a problem. */
int caller_check(api_t *api);

/* For what only some fields want: whether the caller has shown the password
 * lately.  OK, or ERROR with a problem. */
int caller_check_fresh(api_t *api);

#endif
