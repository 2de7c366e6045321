/* blob_delete.c: takes a blob out of a repository. */

#include "v2/blob_delete.h"
#include "request/event.h"
#include "repository/link.h"


/* The event first: docs/events.md.  Under the lock that a repair of the link
 * takes, or it could write again what is removed here. */
static int
blob_unlink(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    const record_t event = { .action = REG_EVENT_DELETE,
                             .repository = registry->name,
                             .media_type = reg_str(REG_EVENT_BLOB),
                             .digest = &registry->digest };
    store_key_t key = key_layer_link(registry->name, &registry->digest);
    store_key_t layers = key_repository(registry->name, "_layers");
    int rc = store_check(registry->op, key.text);

    if (rc == OK) {
        rc = store_lock(registry->op, layers.text, NULL, true, NULL);
    }

    if (rc == OK) {
        rc = store_check(registry->op, key.text);
    }

    if (rc == OK) {
        rc = event_spool(rq, &event, 1);
    }

    return rc == OK ? store_del(registry->op, key.text) : rc;
}


int
blob_delete(req_t *rq)
{
    int rc;

    if (event_check(rq) != OK) {
        return ERROR;
    }

    rc = blob_unlink(rq);

    if (rc == DECLINED) {
        return req_fail_detail(rq, REG_ERR_BLOB_UNKNOWN,
                               registry_of(rq)->reference, NULL);
    }

    return rc == OK ? reply_empty(rq, 202) : ERROR;
}
