/* v1_reply.c: what handlers of the original protocol share. */

#include "v1/v1_reply.h"
#include "repository/tag.h"


int
v1_true(req_t *rq)
{
    return reply_bytes(rq, 200, "application/json", reg_str("true"));
}


static int
tag_find(store_op_t *op, str_t name)
{
    store_names_t tags;
    int rc = tag_entries(op, name, &tags);

    if (rc != OK) {
        return rc;
    }

    rc = DECLINED;

    for (size_t i = 0; i < tags.n && rc == DECLINED; i++) {
        rc = tag_check(op, name, reg_cstr(tags.items[i]));
    }

    return rc;
}


/* One that has tags, or images on their way: what a deleted one leaves is
 * none. */
int
v1_repository_find(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = key_repository(registry->name, "_v1");
    store_names_t images;
    int rc = tag_find(registry->op, registry->name);

    if (rc != DECLINED) {
        return rc;
    }

    rc = store_list(registry->op, key.text, &images);

    return rc == OK && images.n == 0 ? DECLINED : rc;
}


int
v1_repository_check(req_t *rq)
{
    int rc = v1_repository_find(rq);

    return rc == DECLINED
               ? req_fail(rq, REG_ERR_NAME_UNKNOWN, "Repository not found")
               : rc;
}
