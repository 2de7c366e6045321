/* cookie.h: the cookie of a session, and requests that a browser sends with
 * it without being asked (CSRF). */

#ifndef COOKIE_H
#define COOKIE_H

#include "api/api.h"

/* The value of the session's cookie; empty where there is none. */
str_t cookie_read(api_t *api);

/* Sets the cookie, for so many seconds; "" and 0 take it away. */
void cookie_set(api_t *api, const char *value, int64_t seconds);

/* What X-CSRF-Token must be for a session; in the pool. */
const char *cookie_csrf_token(api_t *api, const char *key_hash);

/* Whether a request that changes something may come with the session's cookie:
 * it comes from the pages of this very site, and has the token.  OK, or ERROR
 * with a problem. */
int cookie_check(api_t *api);

/* The same where there is no session yet: a browser's request must come from
 * the pages of this site; a program's has nothing that says otherwise. */
int cookie_check_origin(api_t *api);

#endif
