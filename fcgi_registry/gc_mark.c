/* gc_mark.c: what the manifests of all repositories need. */

#include "gc.h"
#include "link.h"
#include "manifest.h"
#include "manifest_old.h"
#include "tag.h"
#include "upkeep.h"

#include "../common/name.h"
#include "../fcgi_core/log.h"

#include <errno.h>

/* Marks what one revision needs.  The manifests that it refers to and that
 * are still to be read are a list, not a recursion: nobody shall choose how
 * deep we go. */
typedef struct {
    gc_t *gc;
    str_t name;   /* repository */
    pool_t *pool; /* for as long as the list */
    size_t n, size;
    reg_digest_t *pending; /* what they are stored under */
} marker_t;


static void
pending_push(marker_t *marker, const reg_digest_t *stored)
{
    reg_digest_t *digest;

    if (marker->n == marker->size) {
        reg_digest_t *old = marker->pending;

        marker->size = marker->size == 0 ? 16 : marker->size * 2;
        marker->pending =
            pool_alloc(marker->pool, marker->size * sizeof(reg_digest_t));

        if (marker->n != 0) {
            memcpy(marker->pending, old, marker->n * sizeof(reg_digest_t));
        }
    }

    digest = &marker->pending[marker->n++];
    digest->algorithm = stored->algorithm;
    digest->hex = (str_t){
        stored->hex.len,
        (unsigned char *)pool_strndup(marker->pool, stored->hex),
    };
}


/* registry:2 stores what it got under a sha512 by its sha256, and links say
 * so: marks what a link leads to.  False where it leads nowhere else. */
static bool
alias_mark(marker_t *marker, const char *key, const reg_digest_t *digest,
           reg_digest_t *stored_r)
{
    gc_t *gc = marker->gc;
    int rc = link_get(&gc->store, key, stored_r);

    if (rc == ERROR) {
        gc_blind(gc);
    }

    if (rc != OK || reg_digest_eq(stored_r, digest)) {
        return false;
    }

    digest_set_add(gc->marked, stored_r);

    return true;
}


/* *stored_r is what its bytes are stored under.  True where only this
 * repository knows that. */
static bool
digest_mark(marker_t *marker, const reg_digest_t *digest,
            reg_digest_t *stored_r)
{
    char key[REG_PATH_MAX];
    reg_digest_t other;

    *stored_r = *digest;
    digest_set_add(marker->gc->marked, digest);

    if (digest->algorithm == REG_SHA256) {
        return false;
    }

    reg_path_layer_link(key, sizeof(key), NO_ROOT, marker->name, digest);

    if (alias_mark(marker, key, digest, &other)) {
        *stored_r = other;
    }

    reg_path_revision_link(key, sizeof(key), NO_ROOT, marker->name, digest);

    if (alias_mark(marker, key, digest, &other)) {
        *stored_r = other;
    }

    return true;
}


static void
references_mark(marker_t *marker, const manifest_t *manifest,
                const reg_digest_t *self)
{
    bool is_local = false;

    for (size_t i = 0; i < manifest->n; i++) {
        const descriptor_t *reference = &manifest->references[i];
        reg_digest_t stored;

        if (!reference->is_known) {
            continue;
        }

        is_local |= digest_mark(marker, &reference->digest, &stored);

        if (manifest->is_index && manifest_is_type(reference->media_type)) {
            pending_push(marker, &stored);
        }
    }

    if (!is_local) {
        digest_set_add(marker->gc->read, self);
    }
}


/* Marks what a manifest refers to.  What is no revision of its own may be
 * anything, whatever an index says of it, and need not make sense; but who
 * could not read it does not know that. */
static void
manifest_mark(marker_t *marker, const reg_digest_t *stored, bool is_revision)
{
    gc_t *gc = marker->gc;
    char key[REG_PATH_MAX], text[REG_DIGEST_MAX + 1];
    const char *error = NULL;
    manifest_t manifest;
    str_t content;
    int rc;

    if (digest_set_has(gc->read, stored)) {
        return;
    }

    reg_digest_print(stored, text);
    reg_path_blob(key, sizeof(key), NO_ROOT, stored);
    gc->store.err = 0;
    rc = store_get(&gc->store, key, REQ_BODY_MAX, &content);

    if (!is_revision && gc->store.err == EFBIG) {
        return; /* no manifest has so many bytes */
    }

    if (rc == DECLINED) {
        if (is_revision) {
            log_warn("gc: %.*s@%s is gone, its link is left",
                     (int)marker->name.len, marker->name.data, text);
        }

        return;
    }

    if (rc == OK) {
        rc = manifest_parse_any(gc->store.pool, content, &manifest, &error);
    }

    if (rc == OK) {
        gc->n.manifests++;
        references_mark(marker, &manifest, stored);

    } else if (is_revision || error == NULL) {
        log_error("gc: %.*s@%s cannot be %s%s", (int)marker->name.len,
                  marker->name.data, text,
                  error == NULL ? "read" : "understood: ",
                  error == NULL ? "" : error);
        gc_blind(gc);
    }
}


int
gc_revision_get(gc_t *gc, str_t name, const reg_digest_t *digest,
                reg_digest_t *stored_r)
{
    char key[REG_PATH_MAX], text[REG_DIGEST_MAX + 1];
    uint64_t size;
    int rc;

    reg_path_revision_link(key, sizeof(key), NO_ROOT, name, digest);
    rc = link_get(&gc->store, key, stored_r);

    if (rc == DECLINED && store_stat(&gc->store, key, &size) == OK) {
        reg_digest_print(digest, text);
        log_warn("gc: the link of %.*s@%s is broken", (int)name.len, name.data,
                 text);
        *stored_r = *digest;
        rc = OK;
    }

    if (rc == ERROR) {
        gc_blind(gc);
    }

    return rc;
}


static void
pending_mark(marker_t *marker)
{
    while (marker->n != 0) {
        reg_digest_t stored = marker->pending[--marker->n];

        manifest_mark(marker, &stored, false);
        pool_reset(marker->gc->store.pool);
    }
}


void
gc_mark_revision(gc_t *gc, str_t name, const reg_digest_t *digest)
{
    marker_t marker = { .gc = gc, .name = name, .pool = pool_create() };
    reg_digest_t stored;

    if (gc_revision_get(gc, name, digest, &stored) == OK) {
        digest_set_add(gc->marked, digest);
        digest_set_add(gc->marked, &stored);
        manifest_mark(&marker, &stored, true);
    }

    pool_reset(gc->store.pool);
    pending_mark(&marker);
    pool_destroy(marker.pool);
    gc_progress(gc, "marking");
}


/* --- repositories -------------------------------------------------------- */


typedef struct {
    gc_t *gc;
    str_t name;
} repository_t;


static void
revision_pass(void *data, const reg_digest_t *digest)
{
    repository_t *repository = data;

    gc_mark_revision(repository->gc, repository->name, digest);
}


/* Whether a tag would have gone by now: gc_untagged() has marked what it keeps
 * of the revisions, and in a dry run leaves the tags of the others. */
static bool
is_settled(const repository_t *repository, const reg_digest_t *digest)
{
    gc_t *gc = repository->gc;
    reg_digest_t stored;

    return gc->is_dry_run && gc->has_delete_untagged
           && manifest_find(&gc->store, repository->name, digest, &stored)
                  == OK;
}


/* A tag whose revision has no link is nothing that can be pulled, but it can
 * be mended as long as its content is there. */
static void
tag_pass(void *data, const char *tag)
{
    repository_t *repository = data;
    gc_t *gc = repository->gc;
    marker_t marker = { .gc = gc, .name = repository->name };
    reg_digest_t digest;
    int rc;

    if (!reg_tag_is_valid(reg_cstr(tag))) {
        return;
    }

    marker.pool = pool_create();
    rc = tag_get(&gc->store, repository->name, reg_cstr(tag), &digest);

    if (rc == ERROR) {
        gc_blind(gc);

    } else if (rc == OK && !is_settled(repository, &digest)) {
        digest_set_add(gc->marked, &digest);
        pending_push(&marker, &digest);
    }

    pool_reset(gc->store.pool);
    pending_mark(&marker);
    pool_destroy(marker.pool);
}


static void
stray_pass(void *data, const char *key)
{
    (void)data;
    log_warn("gc: %s has no place in a store and is ignored", key);
}


/* Waits until every manifest whose push began before the cutoff is there with
 * all its links: one that touched what it refers to before the start is seen
 * from now on, one that did so later has content that is young. */
static int
repository_wait(gc_t *gc, str_t name)
{
    int rc = manifest_lock(&gc->store, name, false);

    pool_reset(gc->store.pool);

    return rc;
}


static void
repository_mark(void *data, str_t name, unsigned has)
{
    gc_t *gc = data;
    repository_t repository = { gc, name };
    walk_t walk = { &gc->store, &repository, stray_pass };
    bool is_valid = reg_name_is_valid(name);
    char key[REG_PATH_MAX];

    if ((has & WALK_MANIFESTS) == 0) {
        return;
    }

    gc->n.repositories++;

    if (!is_valid) {
        log_warn("gc: %.*s is no name of a repository; what it holds is kept",
                 (int)name.len, name.data);
    }

    if (repository_wait(gc, name) != OK) {
        gc_blind(gc);
        return;
    }

    if (gc->has_delete_untagged && is_valid) {
        gc_untagged(gc, name);

    } else {
        reg_path_repository(key, sizeof(key), NO_ROOT, name,
                            "_manifests/revisions");

        if (walk_digests(&walk, key, revision_pass) == ERROR) {
            gc_blind(gc);
        }
    }

    reg_path_repository(key, sizeof(key), NO_ROOT, name, "_manifests/tags");

    if (walk_names(&walk, key, tag_pass) == ERROR) {
        gc_blind(gc);
    }
}


void
gc_mark(gc_t *gc)
{
    walk_t walk = { &gc->store, gc, stray_pass };

    if (upkeep_check(gc->store.root) != OK) {
        gc_blind(gc);
        return;
    }

    if (walk_repositories(&walk, repository_mark) == ERROR) {
        gc_blind(gc);
    }
}
