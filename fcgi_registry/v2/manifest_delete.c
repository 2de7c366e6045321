/* manifest_delete.c: a manifest or a tag is deleted.  docs/storage.md has the
 * order of writes. */

#include "v2/manifest_delete.h"
#include "request/event.h"
#include "request/policy.h"
#include "request/tag_remove.h"
#include "repository/manifest.h"
#include "repository/tag.h"


/* That the tags go, and then the manifest. */
static int
revision_report(req_t *rq, const store_names_t *tags)
{
    registry_t *registry = registry_of(rq);
    record_t *events = pool_alloc(rq->pool, (tags->n + 1) * sizeof(record_t));

    for (size_t i = 0; i < tags->n; i++) {
        events[i] = (record_t){ .action = REG_EVENT_DELETE,
                                .repository = registry->name,
                                .tag = reg_cstr(tags->items[i]) };
    }

    events[tags->n] = (record_t){ .action = REG_EVENT_DELETE,
                                  .repository = registry->name,
                                  .digest = &registry->digest };

    return event_spool(rq, events, tags->n + 1);
}


/* Removes the tags of the manifest, unless one of them must stay. */
static int
revision_untag(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_names_t tags;

    if (tag_find_all(registry->op, registry->name, &registry->digest, &tags)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < tags.n; i++) {
        if (policy_tag(rq, reg_cstr(tags.items[i]), NULL) != OK) {
            return ERROR;
        }
    }

    if (revision_report(rq, &tags) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < tags.n; i++) {
        if (tag_del(registry->op, registry->name, reg_cstr(tags.items[i]))
            == ERROR) {
            return ERROR;
        }
    }

    return OK;
}


/* What points to the manifest goes first, its own link last: until then the
 * request can be repeated. */
static int
revision_remove(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    const reg_digest_t *digest = &registry->digest;
    store_key_t key = key_revision_link(registry->name, digest);
    int rc = store_check(op, key.text);

    if (rc == OK) {
        rc = manifest_lock(op, registry->name, false, NULL);
    }

    if (rc == OK) {
        rc = store_check(op, key.text);
    }

    if (rc != OK) {
        return rc;
    }

    return revision_untag(rq) == OK ? revision_del(registry, digest) : ERROR;
}


int
manifest_delete(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    int rc;

    if (event_check(rq) != OK) {
        return ERROR;
    }

    rc = registry->has_digest ? revision_remove(rq)
                              : tag_remove(rq, registry->reference);

    if (rc == DECLINED) {
        return req_fail_detail(rq, REG_ERR_MANIFEST_UNKNOWN,
                               registry->reference, NULL);
    }

    return rc == OK ? reply_empty(rq, 202) : ERROR;
}
