/* gc_mark.c: what the manifests of all repositories need. */

#include "gc/gc.h"
#include "repository/link.h"
#include "repository/manifest.h"
#include "manifest/manifest_schema1.h"
#include "repository/tag.h"
#include "upkeep/upkeep.h"

#include "common/hash.h"
#include "common/name.h"
#include "fcgi_core/log.h"

#include <errno.h>

/* Marks what one revision needs.  The manifests that it refers to and that
 * are still to be read are a list, not a recursion: no one shall choose how
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
    if (marker->n == marker->size) {
        reg_digest_t *old = marker->pending;

        marker->size = marker->size == 0 ? 16 : marker->size * 2;
        marker->pending =
            pool_alloc(marker->pool, marker->size * sizeof(reg_digest_t));

        if (marker->n != 0) {
            memcpy(marker->pending, old, marker->n * sizeof(reg_digest_t));
        }
    }

    marker->pending[marker->n++] = gc_digest_copy(marker->pool, stored);
}


/* Whether there is nothing left to learn from a manifest, or, of what an index
 * or a tag leads to, from anything.  Lost bytes are read again only where they
 * are a revision, so that the log names each repository that has them. */
static bool
is_read(const gc_t *gc, const reg_digest_t *stored, bool is_revision)
{
    return digest_set_has(gc->read, stored)
           || (!is_revision
               && (digest_set_has(gc->others, stored)
                   || digest_set_has(gc->lost, stored)));
}


static void
stored_mark(marker_t *marker, const reg_digest_t *stored, bool is_part)
{
    digest_set_add(marker->gc->marked, stored);

    if (is_part && !is_read(marker->gc, stored, false)) {
        pending_push(marker, stored);
    }
}


/* Marks a digest, under whatever names its bytes are stored. */
static void
digest_mark(marker_t *marker, const reg_digest_t *digest, bool is_part)
{
    const gc_alias_t *aliases;
    size_t n = gc_aliases_of(marker->gc, digest, &aliases);

    stored_mark(marker, digest, is_part);

    for (size_t i = 0; i < n; i++) {
        stored_mark(marker, &aliases[i].stored, is_part);
    }
}


static void
references_mark(marker_t *marker, const manifest_t *manifest)
{
    for (size_t i = 0; i < manifest->n; i++) {
        const descriptor_t *reference = &manifest->references[i];
        bool is_part =
            manifest->is_index && manifest_is_type(reference->media_type);

        if (reference->is_known && (is_part || reference->first == i)) {
            digest_mark(marker, &reference->digest, is_part);
        }
    }
}


static void
unclear_report(const marker_t *marker, const reg_digest_t *stored,
               const char *what, const char *kept)
{
    char text[REG_DIGEST_MAX + 1];

    reg_digest_print(stored, text);
    log_error("gc: %.*s@%s %s: %s", STR(marker->name), text, what, kept);
    marker->gc->n.unclear++;
}


/* Marks what a manifest needs whose bytes are its own.  Where they cannot be
 * understood, that may be anything that stands in them.  What is no revision
 * of its own may be anything, whatever an index says of it, and need not make
 * sense. */
static void
content_mark(marker_t *marker, const reg_digest_t *stored, str_t content,
             bool is_revision)
{
    gc_t *gc = marker->gc;
    pool_t *pool = gc->op.pool;
    const char *error = "";
    manifest_t manifest;

    if (manifest_parse_any(pool, content, &manifest, &error) == OK) {
        gc->n.manifests++;

    } else if (!is_revision) {
        digest_set_add(gc->others, stored);
        return;

    } else {
        manifest_named(pool, content, &manifest);
        unclear_report(marker, stored,
                       pool_printf(pool, "cannot be understood: %s", error),
                       "every blob that its text names is kept");
    }

    digest_set_add(gc->read, stored);
    references_mark(marker, &manifest);
}


/* The bytes of a manifest.  DECLINED where there are none that could be those
 * of one, whatever led here; ERROR and a word about them where they are lost.
 */
static int
content_get(gc_t *gc, const reg_digest_t *stored, bool is_revision,
            str_t *content_r, const char **why_r)
{
    store_key_t key = key_blob(stored);
    int rc;

    gc->op.err = 0;
    rc = store_get(&gc->op, key.text, MANIFEST_BYTES_MAX, content_r);

    if (rc == OK && reg_hash_fits(*content_r, stored)) {
        return OK;
    }

    *why_r = rc == OK         ? "has the bytes of another digest"
             : rc == DECLINED ? "is missing"
                              : "cannot be read";

    /* no manifest has so many bytes */
    return !is_revision && (rc == DECLINED || gc->op.err == EFBIG) ? DECLINED
                                                                   : ERROR;
}


static void
manifest_mark(marker_t *marker, const reg_digest_t *stored, bool is_revision)
{
    gc_t *gc = marker->gc;
    const char *why;
    str_t content;
    int rc;

    if (is_read(gc, stored, is_revision)) {
        return;
    }

    rc = content_get(gc, stored, is_revision, &content, &why);

    if (rc == OK) {
        content_mark(marker, stored, content, is_revision);

    } else if (rc == ERROR) {
        digest_set_add(gc->lost, stored);
        unclear_report(marker, stored, why,
                       "every blob of the repositories that have it is kept");
    }
}


int
gc_revision_get(gc_t *gc, str_t name, const reg_digest_t *digest,
                reg_digest_t *stored_r)
{
    char text[REG_DIGEST_MAX + 1];
    store_key_t key = key_revision_link(name, digest);
    int rc = link_get(&gc->op, key.text, stored_r);

    if (rc == DECLINED && store_check(&gc->op, key.text) == OK) {
        reg_digest_print(digest, text);
        log_warn("gc: the link of %.*s@%s is broken", STR(name), text);
        *stored_r = *digest;
        rc = OK;
    }

    if (rc == ERROR) {
        gc_incomplete(gc);
    }

    return rc;
}


static void
pending_mark(marker_t *marker)
{
    while (marker->n != 0) {
        reg_digest_t stored = marker->pending[--marker->n];

        manifest_mark(marker, &stored, false);
        pool_reset(marker->gc->op.pool);
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

    pool_reset(gc->op.pool);
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
           && manifest_find(&gc->op, repository->name, digest, &stored) == OK;
}


/* A tag whose revision has no link is nothing that can be pulled, but it can
 * be repaired as long as its content is there. */
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
    rc = tag_get(&gc->op, repository->name, reg_cstr(tag), &digest);

    if (rc == ERROR) {
        gc_incomplete(gc);

    } else if (rc == OK && !is_settled(repository, &digest)) {
        digest_mark(&marker, &digest, true);
    }

    pool_reset(gc->op.pool);
    pending_mark(&marker);
    pool_destroy(marker.pool);
}


static void
stray_pass(void *data, const char *key)
{
    (void)data;
    log_warn("gc: %s does not belong to a store and is ignored", key);
}


/* Waits until every manifest whose push began before the cutoff is there with
 * all its links: one that touched what it refers to before the start is seen
 * from now on, one that did so later has content that is young. */
static int
repository_wait(gc_t *gc, str_t name)
{
    store_lock_t lock;
    int rc = manifest_lock(&gc->op, name, false, &lock);

    store_unlock(&lock);

    return rc;
}


static void
manifests_mark(gc_t *gc, str_t name)
{
    repository_t repository = { gc, name };
    walk_t walk = { &gc->op, &repository, stray_pass };
    bool is_valid = reg_name_is_valid(name);
    store_key_t key;

    gc->n.repositories++;

    if (!is_valid) {
        log_warn("gc: %.*s is not a repository name; its contents are kept",
                 STR(name));
    }

    if (repository_wait(gc, name) != OK) {
        gc_incomplete(gc);
        return;
    }

    if (gc->has_delete_untagged && is_valid) {
        gc_untagged(gc, name);

    } else {
        key = key_repository(name, "_manifests/revisions");

        if (walk_digests(&walk, key.text, revision_pass) == ERROR) {
            gc_incomplete(gc);
        }
    }

    key = key_repository(name, "_manifests/tags");

    if (walk_names(&walk, key.text, tag_pass) == ERROR) {
        gc_incomplete(gc);
    }
}


static void
repository_mark(void *data, str_t name, unsigned has)
{
    gc_t *gc = data;

    if ((has & WALK_MANIFESTS) != 0) {
        manifests_mark(gc, name);
    }

    if ((has & WALK_IMAGES_V1) != 0) {
        gc_images_v1(gc, name);
    }
}


void
gc_mark(gc_t *gc)
{
    walk_t walk = { &gc->op, gc, stray_pass };

    if (upkeep_check(gc->op.store) != OK) {
        gc_incomplete(gc);
        return;
    }

    gc_aliases_find(gc);

    if (walk_repositories(&walk, repository_mark) == ERROR) {
        gc_incomplete(gc);
    }

    gc_lost_keep(gc);
}
