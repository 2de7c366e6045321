/* image_repository.c: a repository as a whole, in the original protocol.
 * docs/storage.md has the order of writes. */

#include "v1/image_repository.h"
#include "v1/v1_reply.h"
#include "repository/image_v1.h"
#include "repository/manifest.h"
#include "repository/tag.h"
#include "repository/walk.h"
#include "request/event.h"
#include "request/policy.h"
#include "request/tag_remove.h"

/* What there is. */
typedef struct {
    store_names_t tags;
    store_names_t images;
    reg_digest_t *revisions;
    size_t n;
    size_t max;
    bool is_failed; /* something could not be read */
    registry_t *registry;
} content_t;


static void
revision_add(void *data, const reg_digest_t *digest)
{
    content_t *content = data;
    pool_t *pool = content->registry->op->pool;
    reg_digest_t *revisions = content->revisions;

    if (content->n == content->max) {
        content->max = content->max == 0 ? 64 : content->max * 2;
        content->revisions =
            pool_alloc(pool, content->max * sizeof(reg_digest_t));

        for (size_t i = 0; i < content->n; i++) {
            content->revisions[i] = revisions[i];
        }
    }

    content->revisions[content->n++] = (reg_digest_t){
        digest->algorithm,
        reg_cstr(pool_printf(pool, "%.*s", STR(digest->hex))),
    };
}


/* A directory without a link is what a deletion leaves. */
static void
revision_see(void *data, const reg_digest_t *digest)
{
    content_t *content = data;
    store_key_t key = key_revision_link(content->registry->name, digest);

    switch (store_check(content->registry->op, key.text)) {
    case OK:
        revision_add(content, digest);
        break;
    case ERROR:
        content->is_failed = true;
        break;
    default:
        break;
    }
}


/* Names right below a key; none where it is not there. */
static int
names_list(store_op_t *op, const char *key, store_names_t *names_r)
{
    int rc = store_list(op, key, names_r);

    if (rc == DECLINED) {
        *names_r = (store_names_t){ .n = 0 };
    }

    return rc == ERROR ? ERROR : OK;
}


/* DECLINED where nothing is left. */
static int
content_find(req_t *rq, content_t *content)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    const walk_t walk = { .op = op, .data = content };
    store_key_t key = key_repository(registry->name, "_v1");
    int rc = names_list(op, key.text, &content->images);

    if (rc == OK) {
        rc = tag_entries(op, registry->name, &content->tags);
    }

    if (rc == DECLINED) {
        content->tags = (store_names_t){ .n = 0 };
    }

    key = key_repository(registry->name, "_manifests/revisions");

    if (rc == ERROR || walk_digests(&walk, key.text, revision_see) == ERROR
        || content->is_failed) {
        return ERROR;
    }

    return content->tags.n + content->images.n + content->n != 0 ? OK
                                                                 : DECLINED;
}


/* One tag that must stay keeps the repository. */
static int
policy_check(req_t *rq, const content_t *content)
{
    for (size_t i = 0; i < content->tags.n; i++) {
        str_t tag = reg_cstr(content->tags.items[i]);

        if (reg_tag_is_valid(tag) && policy_tag(rq, tag, NULL) != OK) {
            return ERROR;
        }
    }

    return OK;
}


static int
removal_report(req_t *rq, const content_t *content)
{
    str_t name = registry_of(rq)->name;
    size_t n = 0;
    record_t *events = pool_alloc(rq->pool, (content->tags.n + content->n + 1)
                                                * sizeof(record_t));

    for (size_t i = 0; i < content->tags.n; i++) {
        if (reg_tag_is_valid(reg_cstr(content->tags.items[i]))) {
            events[n++] = (record_t){ .action = REG_EVENT_DELETE,
                                      .repository = name,
                                      .tag = reg_cstr(content->tags.items[i]) };
        }
    }

    for (size_t i = 0; i < content->n; i++) {
        events[n++] = (record_t){ .action = REG_EVENT_DELETE,
                                  .repository = name,
                                  .digest = &content->revisions[i] };
    }

    return n == 0 ? OK : event_spool(rq, events, n);
}


/* Also what a crash has left of one. */
static int
tag_clear(store_op_t *op, str_t name, str_t tag)
{
    store_key_t key = key_tag(name, tag);
    int rc = reg_tag_is_valid(tag) ? tag_del(op, name, tag) : OK;

    return rc == DECLINED ? store_del_tree(op, key.text) : rc;
}


/* What points to something goes before it. */
static int
content_del(req_t *rq, const content_t *content)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    store_key_t key;

    for (size_t i = 0; i < content->tags.n; i++) {
        str_t tag = reg_cstr(content->tags.items[i]);

        if (tag_clear(op, registry->name, tag) == ERROR) {
            return ERROR;
        }
    }

    for (size_t i = 0; i < content->n; i++) {
        if (revision_del(registry, &content->revisions[i]) == ERROR) {
            return ERROR;
        }
    }

    for (size_t i = 0; i < content->images.n; i++) {
        key = key_image_v1(registry->name, reg_cstr(content->images.items[i]),
                           NULL);

        if (store_del_tree(op, key.text) == ERROR) {
            return ERROR;
        }
    }

    return OK;
}


int
image_repository_delete(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    content_t content = { .registry = registry };
    store_key_t key = key_repository(registry->name, NULL);
    int rc = event_check(rq);

    if (rc == OK) { /* a lock makes its directory */
        rc = store_check_below(registry->op, key.text);
    }

    if (rc == OK) {
        rc = manifest_lock(registry->op, registry->name, false, NULL);
    }

    if (rc == OK) {
        rc = content_find(rq, &content);
    }

    if (rc == DECLINED) {
        return req_fail(rq, REG_ERR_NAME_UNKNOWN, "Repository not found");
    }

    return rc == OK && policy_check(rq, &content) == OK
                   && removal_report(rq, &content) == OK
                   && content_del(rq, &content) == OK
               ? v1_true(rq)
               : ERROR;
}
