/* v1_user.h: accounts, as "docker login" of the original protocol asks. */

#ifndef V1_USER_H
#define V1_USER_H

#include "v1/v1.h"

/* GET /v1/users/: whether a login is good. */
int v1_user_get(v1_t *v1);

/* POST: a sign-up, with which docker begins each login. */
int v1_user_post(v1_t *v1);

/* PUT /v1/users/LOGIN/: another password or address, of the caller's own. */
int v1_user_put(v1_t *v1);

#endif
