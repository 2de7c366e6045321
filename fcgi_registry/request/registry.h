/* registry.h: one request to the registry, its fields found valid. */

#ifndef REGISTRY_H
#define REGISTRY_H

#include "store/store.h"

#include "fcgi_core/reply.h"
#include "common/route.h"

typedef struct {
    store_t *store;
    reg_act_t act;
    str_t name;          /* the repository, where the action has one */
    str_t reference;     /* tag, digest or upload's id, as the action has it */
    reg_digest_t digest; /* the reference, where it is a digest */
    bool has_digest;
} registry_t;

/* What serve() made of the request. */
static inline registry_t *
registry_of(req_t *rq)
{
    return rq->ctx;
}

/* Validates the parameters that nginx sent, runs the handler of the action
 * and leaves a reply or a failure: the serve() of prefork.h. */
void registry_serve(req_t *rq);

#endif
