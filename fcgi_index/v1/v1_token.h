/* v1_token.h: tokens of the original protocol, and where they are good.
 *
 *     X-Docker-Token: signature=T,repository="N",access=read
 *
 * T is a token like any other (token/token.h), which grants one repository. */

#ifndef V1_TOKEN_H
#define V1_TOKEN_H

#include "v1/v1.h"

typedef enum {
    V1_ACCESS_READ,   /* pull */
    V1_ACCESS_WRITE,  /* pull and push */
    V1_ACCESS_DELETE, /* pull and delete */
    V1_ACCESS_REMOVE  /* the same of a repository that is being deleted */
} v1_access_t;

/* Adds the headers of a token, where the client asks for one, and
 * X-Docker-Endpoints.  OK; ERROR, recorded: the account may not do that, or the
 * database failed. */
int v1_token_reply(v1_t *v1, v1_access_t access);

/* Checks a token that came with the request: OK where it is for the path's
 * repository, which is there; else ERROR, recorded: status for another
 * repository, 404 for one that is gone. */
int v1_token_check(v1_t *v1, int status, uint64_t *repository_id_r);

#endif
