/* properties.h: who may read a repository, in the original protocol. */

#ifndef PROPERTIES_H
#define PROPERTIES_H

#include "request/registry.h"

/* GET and PUT /v1/repositories/N/properties: {"access":"public"} where the
 * request itself came without an account, else "private".  That is decided
 * elsewhere: a PUT of anything else is refused. */
int properties_get(req_t *rq);
int properties_put(req_t *rq);

#endif
