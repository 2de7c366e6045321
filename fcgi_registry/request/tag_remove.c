/* tag_remove.c: a client takes tags and manifests away. docs/storage.md has the
 * order of writes. */

#include "request/tag_remove.h"
#include "request/event.h"
#include "request/policy.h"
#include "repository/manifest.h"
#include "repository/manifest_del.h"
#include "repository/tag.h"


/* The event first: docs/events.md. */
int
tag_remove(req_t *rq, str_t tag)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    const record_t event = { .action = REG_EVENT_DELETE,
                             .repository = registry->name,
                             .tag = tag };
    int rc = tag_check(op, registry->name, tag);

    if (rc == OK) {
        rc = manifest_lock(op, registry->name, false, NULL);
    }

    if (rc == OK) {
        rc = tag_check(op, registry->name, tag);
    }

    if (rc != OK) {
        return rc;
    }

    return policy_tag(rq, tag, NULL) == OK && event_spool(rq, &event, 1) == OK
               ? tag_del(op, registry->name, tag)
               : ERROR;
}


/* Its subject is known only from what it says; a manifest that cannot be read
 * has none. */
int
revision_del(registry_t *registry, const reg_digest_t *digest)
{
    const reg_digest_t *subject = NULL;
    manifest_t manifest;
    str_t content;
    int rc = manifest_read(registry->op, registry->name, digest, &content,
                           &manifest);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == OK && manifest.has_subject && manifest.subject.is_known) {
        subject = &manifest.subject.digest;
    }

    return manifest_del(registry->op, registry->name, digest, subject);
}
