/* standalone.h: what the Index answers in the original protocol, of a registry
 * that has none.
 *
 * It knows no account.  Its tokens prove nothing: they tell to which repository
 * the images of later requests belong. */

#ifndef STANDALONE_H
#define STANDALONE_H

#include "request/registry.h"

int standalone_allocate(req_t *rq); /* PUT /v1/repositories/N/ */

/* /v1/repositories/N/images */
int standalone_images_get(req_t *rq);
int standalone_images_put(req_t *rq);
int standalone_images_delete(req_t *rq);

int standalone_auth(req_t *rq);   /* PUT /v1/repositories/N/auth */
int standalone_access(req_t *rq); /* GET .../layer/ID/access */

int standalone_user_get(req_t *rq);  /* GET /v1/users/ */
int standalone_user_post(req_t *rq); /* POST /v1/users/ */
int standalone_user_put(req_t *rq);  /* PUT /v1/users/L/ */

#endif
