/* v1_reply.c: what handlers of the original protocol share. */

#include "v1/v1_reply.h"


int
v1_true(req_t *rq)
{
    return reply_bytes(rq, 200, "application/json", reg_str("true"));
}


static int
has_names(store_op_t *op, store_key_t key)
{
    store_names_t names;
    int rc = store_list(op, key.text, &names);

    return rc == OK && names.n == 0 ? DECLINED : rc;
}


/* One that has tags, or images on their way: what a deleted one leaves is
 * none. */
int
v1_repository_find(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    int rc = has_names(registry->op,
                       key_repository(registry->name, "_manifests/tags"));

    return rc == DECLINED
               ? has_names(registry->op, key_repository(registry->name, "_v1"))
               : rc;
}


int
v1_repository_check(req_t *rq)
{
    int rc = v1_repository_find(rq);

    return rc == DECLINED
               ? req_fail(rq, REG_ERR_NAME_UNKNOWN, "Repository not found")
               : rc;
}
