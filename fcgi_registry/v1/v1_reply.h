/* v1_reply.h: what handlers of the original protocol share. */

#ifndef V1_REPLY_H
#define V1_REPLY_H

#include "request/registry.h"

/* The answer "true" of what changes something. */
int v1_true(req_t *rq);

/* OK where the request's repository is there, else 404 is recorded. */
int v1_repository_check(req_t *rq);

/* The same without recording: DECLINED. */
int v1_repository_find(req_t *rq);

#endif
