/* manifest_push.c: a manifest becomes one of a repository. */

#include "request/manifest_push.h"
#include "request/event.h"
#include "request/policy.h"
#include "repository/blob.h"
#include "repository/descriptor_note.h"
#include "repository/image_config.h"
#include "repository/manifest.h"
#include "repository/referrer.h"
#include "repository/tag.h"

#include "common/hash.h"

#define MISSING_MAX 100 /* blobs that one answer names */


void
manifest_push_hash(manifest_push_t *push, reg_algorithm_t algorithm)
{
    reg_hash_t hash;

    reg_hash_init(&hash, algorithm);
    reg_hash_update(&hash, push->content.data, push->content.len);
    reg_hash_hex(&hash, push->hex);
    push->digest = (reg_digest_t){ algorithm, reg_cstr(push->hex) };
}


static int
urls_check(req_t *rq, manifest_push_t *push)
{
    return policy_urls(rq, &push->manifest);
}


/* --- what it refers to --------------------------------------------------- */


/* A child of an index may be a manifest, or a blob as in the caches that
 * BuildKit exports. */
static int
reference_find(registry_t *registry, const manifest_t *manifest,
               const descriptor_t *reference, reg_digest_t *stored_r)
{
    int rc = DECLINED;

    if (!reference->is_known) {
        return DECLINED;
    }

    if (manifest->is_index) {
        rc = manifest_find(registry->op, registry->name, &reference->digest,
                           stored_r);
    }

    return rc == DECLINED ? blob_find(registry->op, registry->name,
                                      &reference->digest, stored_r)
                          : rc;
}


static void
missing_add(json_t *errors, const descriptor_t *reference)
{
    const reg_error_info_t *info =
        reg_error_info(REG_ERR_MANIFEST_BLOB_UNKNOWN);

    json_array_append_new(
        errors, json_pack("{s:s, s:s, s:o}", "code", info->code, "message",
                          info->message, "detail", json_str(reference->text)));
}


/* Looks for the content of a reference; where it is there and is_push, marks it
 * as used. */
static int
reference_check(registry_t *registry, const manifest_t *manifest,
                const descriptor_t *reference, bool is_push)
{
    reg_digest_t stored;
    int rc = reference_find(registry, manifest, reference, &stored);

    return rc == OK && is_push ? blob_touch(registry->op, &stored) : rc;
}


/* Adds an error for each reference whose content is not in the repository, but
 * must be, until there are as many as one answer names.  Each digest is looked
 * for once, however often it comes. */
static int
references_find(registry_t *registry, manifest_push_t *push, bool is_push,
                json_t *errors)
{
    const manifest_t *manifest = &push->manifest;
    bool may_lack = policy_allows_sparse(registry->policy, manifest);
    int *found =
        pool_alloc(registry->op->pool, (manifest->n + 1) * sizeof(int));

    push->is_sparse = false;

    for (size_t i = 0; i < manifest->n && json_array_size(errors) < MISSING_MAX;
         i++) {
        const descriptor_t *reference = &manifest->references[i];
        int *rc = &found[reference->first];

        if (reference->first == i) {
            *rc = reference_check(registry, manifest, reference, is_push);
        }

        if (*rc == ERROR) {
            return ERROR;
        }

        if (*rc != DECLINED || reference->is_optional) {
            continue;
        }

        push->is_sparse = may_lack;

        if (!may_lack) {
            missing_add(errors, reference);
            *rc = OK; /* it is named already */
        }
    }

    return OK;
}


static int
references_check(req_t *rq, manifest_push_t *push, bool is_push)
{
    push->missing = json_pooled(rq->pool, json_array());

    if (references_find(registry_of(rq), push, is_push, push->missing) != OK) {
        return ERROR;
    }

    return json_array_size(push->missing) != 0 ? DECLINED : OK;
}


/* Before the lock, and before anything is made in a repository for a manifest
 * that is refused. */
static int
references_look(req_t *rq, manifest_push_t *push)
{
    return references_check(rq, push, false);
}


/* Marks what is there as used, so that no collection removes it before the
 * manifest is there to be seen.  Under the repository's lock, and nothing that
 * was found before counts: a collection that began before sees the marks or
 * is done here, one that begins later waits for the links (docs/gc.md). */
static int
references_touch(req_t *rq, manifest_push_t *push)
{
    return references_check(rq, push, true);
}


/* A subject need not be there; where it is, it stays. */
static int
subject_touch(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);
    const manifest_t *manifest = &push->manifest;
    reg_digest_t stored;
    int rc;

    if (!manifest->has_subject || !manifest->subject.is_known) {
        return OK;
    }

    rc = manifest_find(registry->op, registry->name, &manifest->subject.digest,
                       &stored);

    if (rc == OK) {
        rc = blob_touch(registry->op, &stored);
    }

    return rc == ERROR ? ERROR : OK;
}


/* --- the repository ------------------------------------------------------ */


static int
repository_make(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = key_repository(registry->name, "_layers");

    (void)push;

    return store_make_directory(registry->op, key.text);
}


static int
repository_lock(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);

    (void)push;

    return manifest_lock(registry->op, registry->name,
                         !policy_is_exclusive(registry->policy), NULL);
}


static int
tags_check(req_t *rq, manifest_push_t *push)
{
    for (size_t i = 0; i < push->n; i++) {
        if (policy_tag(rq, push->tags[i], &push->digest) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* --- what is written ----------------------------------------------------- */


/* Notes that the manifest came before some of what it refers to.  A link is
 * all that says who may read a blob: no one shall ever make one because of this
 * manifest. */
static int
sparse_note(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);
    store_key_t key = key_revision_sparse(registry->name, &push->digest);

    return push->is_sparse ? store_put(registry->op, key.text, reg_cstr(""))
                           : OK;
}


static int
manifest_write(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);

    return manifest_store(registry->op, registry->name, &push->digest,
                          push->content);
}


static int
tags_write(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);

    return tags_put(registry->op, registry->name, push->tags, push->n,
                    &push->digest);
}


/* Together: the disk is waited for once for the contents, once for the names
 * before those of the tags, and once for those. */
static int
batch_write(req_t *rq, manifest_push_t *push)
{
    store_op_t *op = registry_of(rq)->op;
    int rc;

    store_batch_begin(op);
    rc = manifest_write(rq, push);

    if (rc == OK) {
        rc = tags_write(rq, push);
    }

    if (rc == OK) {
        rc = store_commit(op);
    }

    store_batch_drop(op);

    return rc;
}


/* DECLINED: a garbage collection without a grace time has removed a blob with
 * the same bytes, which was there at the beginning. */
static int
manifest_and_tags_write(req_t *rq, manifest_push_t *push)
{
    int rc = DECLINED;

    for (int i = 0; rc == DECLINED && i < STORE_BATCH_TRIES; i++) {
        rc = batch_write(rq, push);
    }

    return rc;
}


/* What a list of referrers says of it is noted before it is listed as one: no
 * list has to parse it. */
static int
referrer_write(req_t *rq, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);
    const manifest_t *manifest = &push->manifest;
    store_op_t *op = registry->op;
    descriptor_note_t note;

    if (!manifest->has_subject || !manifest->subject.is_known) {
        return OK;
    }

    note = descriptor_note_make(op->pool, &push->digest, push->content.len,
                                manifest);
    descriptor_note_put(op, registry->name, &push->digest, &note);

    return referrer_put(op, registry->name, &manifest->subject.digest,
                        &push->digest);
}


/* One for each tag, or one without. */
static int
events_write(req_t *rq, manifest_push_t *push)
{
    size_t n = push->n == 0 ? 1 : push->n;
    record_t *events = pool_alloc(rq->pool, n * sizeof(record_t));
    registry_t *registry = registry_of(rq);
    const json_t *config = NULL;

    if (registry->policy->events != POLICY_OFF) {
        /* for display: a push does not fail because it cannot be read */
        image_config(registry->op, registry->name, &push->manifest, &config);
    }

    for (size_t i = 0; i < n; i++) {
        events[i] = (record_t){ .action = REG_EVENT_PUSH,
                                .repository = registry->name,
                                .digest = &push->digest,
                                .kind = "manifests",
                                .media_type = push->manifest.media_type,
                                .size = push->content.len,
                                .manifest = &push->manifest,
                                .config = config };

        if (push->n != 0) {
            events[i].tag = push->tags[i];
        }
    }

    return event_spool(rq, events, n);
}


/* Content is written first, then what makes it visible, then what points to
 * it. */
static int (*const steps[])(req_t *rq, manifest_push_t *push) = {
    urls_check,       /* may content be kept elsewhere? */
    references_look,  /* is all there that it refers to? */
    repository_make,  /* from here on it has a directory */
    repository_lock,  /* and no collection or delete is under way in it */
    tags_check,       /* is one of them immutable? */
    references_touch, /* what it refers to is still there, and stays */
    subject_touch,    /* and so is its subject, if any */
    sparse_note,      /* what is missing may be */
    manifest_and_tags_write, /* blob and link; now it can be pulled by them */
    referrer_write,          /* now it stands in the list of its subject */
    events_write,            /* durable before the client knows */
};


int
manifest_push(req_t *rq, manifest_push_t *push)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int rc = steps[i](rq, push);

        if (rc == DECLINED && json_array_size(push->missing) != 0) {
            return DECLINED;
        }

        if (rc != OK) {
            return ERROR;
        }
    }

    return OK;
}
