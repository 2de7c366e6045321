/* registry.h: one request to the registry, its fields found valid. */

#ifndef REGISTRY_H
#define REGISTRY_H

#include "store/store.h"

#include "fcgi_core/reply.h"
#include "common/route.h"

/* The repository of images whose requests name none (v1/unnamed.h): no name,
 * so no client can ask for it. */
#define REGISTRY_UNNAMED "_v1"

typedef struct policy_s policy_t; /* policy.h */

typedef struct {
    const char *root;       /* of the store */
    str_t store;            /* its name where it is a bucket, else empty */
    store_op_t *op;         /* begins once the request was read */
    const policy_t *policy; /* NULL where the request changes nothing */
    reg_act_t act;
    str_t name;      /* the repository, where the action has one */
    str_t reference; /* tag, digest or upload's id, as the action has it */
    str_t image_id;  /* of the original protocol, where the action has one */
    reg_digest_t digest; /* the reference, where it is a digest */
    bool has_digest;
    bool is_open; /* there is no index: everyone may read everything */
} registry_t;

/* What serve() made of the request. */
static inline registry_t *
registry_of(req_t *rq)
{
    return rq->ctx;
}

/* Reads and validates the parameters that nginx sent; ERROR is recorded. */
int registry_read(req_t *rq, registry_t *registry);

/* Whether the action may change the store. */
bool registry_is_change(const registry_t *registry);

/* Records, and logs, that a parameter is missing or wrong; ERROR. */
int registry_misconfigured(req_t *rq, const char *param);

#endif
