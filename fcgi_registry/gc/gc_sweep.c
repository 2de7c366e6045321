/* gc_sweep.c: removes blobs that no manifest needs and no request has used
 * recently.
 *
 * Between the last check of a blob and its removal a push may come to rely on
 * it.  Every push that does so touches its data first (store_touch(), and the
 * module for HEAD) under a shared lock of the file, and then checks that the
 * name still exists; store_del_old() checks the time and removes the name
 * under the exclusive lock.  So one of them is first: either the touch is seen
 * and the blob stays, or the name has gone, the client gets an error and sends
 * the bytes again.  There is no moment at which a blob that stays is not to be
 * seen, and nothing to repair after a kill: a blob is there or it is not. */

#include "gc/gc.h"
#include "repository/link.h"

#include "fcgi_core/clock.h"


static void
swept_report(gc_t *gc, const reg_digest_t *digest, const store_stat_t *stat)
{
    char text[REG_DIGEST_MAX + 1], used[CLOCK_TEXT_SIZE];

    gc->n.swept++;
    gc->n.bytes += stat->size;

    reg_digest_print(digest, text);
    gc_report(gc, "blob %s, %llu bytes: no manifest needs it, last used %s",
              text, (unsigned long long)stat->size,
              clock_print(stat->time.tv_sec, used));
}


/* DECLINED where it was used since the cutoff, or just now. */
static int
blob_remove(gc_t *gc, const char *key, const store_stat_t *stat)
{
    if (store_is_since(stat, &gc->cutoff)) {
        return DECLINED;
    }

    return gc->is_dry_run ? OK : store_del_old(&gc->op, key, &gc->cutoff);
}


/* The time only matters where nothing else checks it. */
static int
blob_stat(gc_t *gc, const char *key, store_stat_t *stat_r)
{
    return gc->is_dry_run ? store_stat_used(&gc->op, key, stat_r)
                          : store_stat(&gc->op, key, stat_r);
}


static void
blob_sweep(gc_t *gc, const reg_digest_t *digest)
{
    store_stat_t stat;
    store_key_t key = key_blob(digest);
    int rc = blob_stat(gc, key.text, &stat);

    if (rc == DECLINED) {
        if (!gc->is_dry_run) {
            store_prune(&gc->op, key.text, 1); /* what a kill has left */
        }

        return;
    }

    if (rc == OK) {
        rc = blob_remove(gc, key.text, &stat);
    }

    if (rc == OK) {
        swept_report(gc, digest, &stat);

    } else if (rc == DECLINED) {
        gc->n.young++;

    } else {
        gc->has_failed = true;
    }
}


static void
blob_pass(void *data, const reg_digest_t *digest)
{
    gc_t *gc = data;

    if (digest_set_has(gc->marked, digest)) {
        gc->n.kept++;

    } else {
        blob_sweep(gc, digest);
        pool_reset(gc->op.pool);
    }

    gc_progress(gc, "sweeping");
}


/* --- links to what is gone ----------------------------------------------- */


/* How many links go in one portion, with one write of their events. */
#define BATCH_MAX 100

typedef struct {
    gc_t *gc;
    str_t name;
    char batch[BATCH_MAX][REG_DIGEST_MAX + 1]; /* links to remove */
    size_t n;
} repository_t;


/* Whether a link leads to nothing: to what was swept, or would have been. */
static bool
is_dangling(gc_t *gc, const reg_digest_t *stored)
{
    store_key_t key;
    store_stat_t stat;
    int rc;

    if (digest_set_has(gc->marked, stored)) {
        return false;
    }

    key = key_blob(stored);
    rc = blob_stat(gc, key.text, &stat);

    if (rc == ERROR) {
        gc->has_failed = true;
    }

    return rc == DECLINED
           || (rc == OK && gc->is_dry_run
               && !store_is_since(&stat, &gc->cutoff));
}


/* Content comes before its link, and the link under the lock: content that is
 * still missing now is not about to appear.  The links are read again, since a
 * push may have changed them.  How many of the batch are to go. */
static size_t
batch_check(const repository_t *repository, reg_digest_t *digests)
{
    gc_t *gc = repository->gc;
    reg_digest_t digest, stored;
    size_t n = 0;

    for (size_t i = 0; i < repository->n; i++) {
        store_key_t key;
        int rc;

        (void)reg_digest_parse(reg_cstr(repository->batch[i]), &digest);
        key = key_layer_link(repository->name, &digest);
        rc = link_get(&gc->op, key.text, &stored);

        if (rc == ERROR) {
            gc->has_failed = true;
        } else if (rc == OK && is_dangling(gc, &stored)) {
            digests[n++] = digest;
        }
    }

    return n;
}


/* A receiver that lists the blobs of a repository forgets them. */
static int
batch_report(const repository_t *repository, const reg_digest_t *digests,
             size_t n)
{
    record_t records[BATCH_MAX];

    for (size_t i = 0; i < n; i++) {
        records[i] = (record_t){ .action = REG_EVENT_DELETE,
                                 .repository = repository->name,
                                 .media_type = reg_str(REG_EVENT_BLOB),
                                 .digest = &digests[i] };
    }

    return n == 0 ? OK : gc_event(repository->gc, records, n);
}


static void
link_report(const repository_t *repository, const reg_digest_t *digest)
{
    char text[REG_DIGEST_MAX + 1];

    repository->gc->n.links++;
    reg_digest_print(digest, text);
    gc_report(repository->gc, "link %.*s %s: it points to nothing",
              STR(repository->name), text);
}


/* The events first, or a crash could lose them.  While another process writes a
 * link, the batch is left to the next run. */
static void
batch_remove(repository_t *repository)
{
    gc_t *gc = repository->gc;
    reg_digest_t digests[BATCH_MAX];
    store_lock_t lock;
    store_key_t layers = key_repository(repository->name, "_layers");
    size_t n = 0;
    int rc = store_try_lock(&gc->op, layers.text, &lock);

    if (rc == OK) {
        n = batch_check(repository, digests);
        rc = batch_report(repository, digests, n);
    }

    for (size_t i = 0; rc == OK && i < n; i++) {
        store_key_t key = key_layer_link(repository->name, &digests[i]);

        rc = store_drop(&gc->op, key.text, 1);

        if (rc == OK) {
            link_report(repository, &digests[i]);
        }

        rc = rc == DECLINED ? OK : rc; /* it has gone meanwhile */
    }

    store_unlock(&lock);

    if (rc == ERROR) {
        gc->has_failed = true;
    }

    repository->n = 0;
}


/* Where an old link leads.  DECLINED for one that is young. */
static int
link_look(gc_t *gc, const char *key, reg_digest_t *stored_r)
{
    store_stat_t stat;
    int rc = store_stat(&gc->op, key, &stat);

    if (rc == OK) {
        return store_is_since(&stat, &gc->cutoff)
                   ? DECLINED
                   : link_get(&gc->op, key, stored_r);
    }

    if (rc == DECLINED && !gc->is_dry_run) {
        store_prune(&gc->op, key, 1); /* what a delete has left */
    }

    return rc;
}


static void
link_sweep(repository_t *repository, const reg_digest_t *digest)
{
    gc_t *gc = repository->gc;
    reg_digest_t stored;
    store_key_t key = key_layer_link(repository->name, digest);
    int rc = link_look(gc, key.text, &stored);

    if (rc == ERROR) {
        gc->has_failed = true;
    }

    if (rc != OK || !is_dangling(gc, &stored)) {
        return;
    }

    if (gc->is_dry_run) {
        link_report(repository, digest);
        return;
    }

    reg_digest_print(digest, repository->batch[repository->n++]);

    if (repository->n == BATCH_MAX) {
        batch_remove(repository);
    }
}


static void
link_pass(void *data, const reg_digest_t *digest)
{
    repository_t *repository = data;
    gc_t *gc = repository->gc;

    if (!digest_set_has(gc->marked, digest)) {
        link_sweep(repository, digest);
        pool_reset(gc->op.pool);
    }

    gc_progress(gc, "removing links");
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    gc_t *gc = data;
    repository_t repository = { .gc = gc, .name = name };
    walk_t walk = { &gc->op, &repository, NULL };
    store_key_t key = key_repository(name, "_layers");

    if ((has & WALK_LAYERS) != 0
        && walk_digests(&walk, key.text, link_pass) == ERROR) {
        gc->has_failed = true;
    }

    if (repository.n != 0) {
        batch_remove(&repository);
        pool_reset(gc->op.pool);
    }
}


/* A crash must not bring back a manifest whose blobs are gone. */
static int
removals_flush(gc_t *gc)
{
    store_key_t key;

    if (gc->n.revisions == 0 || gc->is_dry_run) {
        return OK;
    }

    key = key_repositories();

    return store_flush(&gc->op, key.text);
}


void
gc_sweep(gc_t *gc)
{
    walk_t walk = { &gc->op, gc, NULL };

    if (removals_flush(gc) != OK) {
        gc_incomplete(gc);
        return;
    }

    if (walk_blobs(&walk, blob_pass) == ERROR
        || walk_repositories(&walk, repository_pass) == ERROR) {
        gc->has_failed = true;
    }
}
