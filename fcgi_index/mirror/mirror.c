/* mirror.c: what the store holds, kept from its events. */

#include "mirror/mirror.h"
#include "activity/activity.h"
#include "db/db_blob.h"
#include "db/db_mirror.h"
#include "db/db_namespace.h"
#include "db/db_pull.h"
#include "db/db_removal.h"
#include "db/db_repository_list.h"
#include "db/db_tag.h"
#include "mirror/image_list.h"
#include "mirror/pull_count.h"
#include "search/search_index.h"
#include "common/name.h"
#include "webhook/webhook_hold.h"
#include "fcgi_core/log.h"

/* Rows that a transaction changes before it stops, and rows that are read
 * together. */
#define CHANGES_MAX 10000
#define ROWS 500

typedef struct {
    db_t *db;
    const event_t *events;
    size_t n;
    int64_t now;
    uint64_t generation; /* of the present run, or the last one */
    const char *run;     /* NULL: none is under way */
    size_t changes;
    bool is_unfinished;
    json_t *blobs; /* pushed, and not written yet: as blob_put() has them */
    const char *blobs_name; /* of their repository */
    uint64_t blobs_id;
    const event_t **pulls; /* that are counted at the end */
    size_t n_pulls;
} mirror_t;

typedef struct {
    uint64_t id;
    uint64_t namespace_id;
    bool is_stored;
} repository_t;

/* A part of a repository's tags or manifests, and what of it shall stay. */
typedef struct {
    mirror_t *mirror;
    uint64_t repository_id;
    event_of_t of;
    const char *after, *last;
    const event_item_t *items;
    size_t n;
    int64_t at; /* when it was seen that the others are gone */
} prune_t;


static bool
is_over_budget(const mirror_t *m)
{
    return m->changes >= CHANGES_MAX;
}


/* --- repositories --------------------------------------------------------- */

/* One that was made just now, or by an older program, gets its place in the
 * lists. */
static int
repository_find(mirror_t *m, const char *name, repository_t *repository_r)
{
    mirror_repository_find_row_t row;
    int rc = db_mirror_repository_find(m->db, name, &row);

    if (rc != OK) {
        return rc;
    }

    *repository_r = (repository_t){ row.id, row.namespace_id, row.is_stored };
    m->changes++;

    return db_mirror_repository_name(m->db, row.id, row.namespace_id,
                                     m->generation)
                       == OK
                   && (row.is_listed || search_update(m->db, row.id) == OK)
               ? OK
               : ERROR;
}


/* A namespace that exists is left alone: tokens hold its row while they are
 * made. */
static int
repository_add(db_t *db, const char *name, bool is_found, int64_t now)
{
    const char *namespace =
        pool_strndup(db_pool(db), reg_name_namespace(reg_cstr(name)));
    mirror_repository_find_row_t row;
    int rc;

    if (db_mirror_repository_add(db, namespace, name, is_found, now) == ERROR) {
        return ERROR;
    }

    rc = db_mirror_repository_find(db, name, &row);

    if (rc != DECLINED) {
        return rc;
    }

    return db_namespace_add(db, namespace, now) != ERROR
                   && db_mirror_repository_add(db, namespace, name, is_found,
                                               now)
                          != ERROR
               ? OK
               : ERROR;
}


/* Makes a repository known that is new.  One that is pushed is as its namespace
 * says for new ones; of one that reindex found no one knows who pushed it, and
 * it is private.  One that was deleted after the event, which came late, is not
 * made again: DECLINED. */
static int
repository_need(mirror_t *m, const event_t *event, repository_t *repository_r)
{
    const char *name = event->repository;
    bool is_found = event->kind == EVENT_PAGE;
    removal_after_row_t removal;
    int rc = repository_find(m, name, repository_r);

    if (rc != DECLINED) {
        return rc;
    }

    rc = db_removal_after(m->db, name, event->at, &removal);

    if (rc != DECLINED) {
        return rc == OK ? DECLINED : ERROR;
    }

    if (repository_add(m->db, name, is_found, m->now) != OK) {
        return ERROR;
    }

    return repository_find(m, name, repository_r) == OK ? OK : ERROR;
}


/* Only where it changes: tokens that are being made hold the row. */
static int
repository_set_stored(mirror_t *m, const repository_t *repository,
                      bool is_stored)
{
    if (repository->is_stored == is_stored) {
        return OK;
    }

    return db_mirror_repository_set_stored(m->db, repository->id, is_stored)
                       == OK
                   && search_update(m->db, repository->id) == OK
               ? OK
               : ERROR;
}


/* What the store holds has a manifest. */
static int
repository_settle(mirror_t *m, const repository_t *repository)
{
    mirror_name_row_t *rows;
    size_t n;

    if (db_manifest_range(m->db, repository->id, "", EVENT_LAST, 1, &rows, &n)
        != OK) {
        return ERROR;
    }

    return repository_set_stored(m, repository, n != 0);
}


int
mirror_add_repository(db_t *db, const char *name, int64_t now, uint64_t *id_r)
{
    mirror_repository_find_row_t row;

    if (repository_add(db, name, false, now) != OK
        || db_mirror_repository_find(db, name, &row) != OK) {
        return ERROR;
    }

    *id_r = row.id;

    return search_update(db, row.id);
}


/* --- tags ----------------------------------------------------------------- */

/* Where it pointed stays known. */
static int
tag_forget(mirror_t *m, uint64_t repository_id, const char *name, int64_t at,
           const char *by)
{
    return db_tag_past_put(m->db, repository_id, name, NULL, at, by) == OK
                   && db_pull_delete_tag(m->db, repository_id, name) == OK
               ? db_tag_delete(m->db, repository_id, name)
               : ERROR;
}


static int
tag_set(mirror_t *m, uint64_t repository_id, const char *name,
        const char *digest, const event_t *event)
{
    bool is_push = event->kind == EVENT_PUSH;

    return db_tag_past_put(m->db, repository_id, name, digest, event->at,
                           event->by)
                   == OK
               ? db_tag_put(m->db, repository_id, name, digest,
                            is_push ? &event->at : NULL, event->by)
               : ERROR;
}


/* --- rows that shall not stay --------------------------------------------- */

static int
item_compare(const void *key, const void *item)
{
    return strcmp(key, ((const event_item_t *)item)->name);
}


static bool
prune_keeps(const prune_t *prune, const char *name)
{
    return prune->n != 0
           && bsearch(name, prune->items, prune->n, sizeof(event_item_t),
                      item_compare)
                  != NULL;
}


static int
prune_name(prune_t *prune, const char *name)
{
    mirror_t *m = prune->mirror;

    prune->after = name;

    if (prune_keeps(prune, name)) {
        return OK;
    }

    m->changes++;

    return prune->of == EVENT_TAGS
               ? tag_forget(m, prune->repository_id, name, prune->at, NULL)
               : db_manifest_delete(m->db, prune->repository_id, name);
}


/* *n_r is how many rows there were. */
static int
prune_some(prune_t *prune, size_t *n_r)
{
    db_t *db = prune->mirror->db;
    mirror_name_row_t *rows;
    int rc = prune->of == EVENT_TAGS
                 ? db_tag_range(db, prune->repository_id, prune->after,
                                prune->last, ROWS, &rows, n_r)
                 : db_manifest_range(db, prune->repository_id, prune->after,
                                     prune->last, ROWS, &rows, n_r);

    for (size_t i = 0; rc == OK && i < *n_r; i++) {
        rc = prune_name(prune, rows[i].name);
    }

    return rc;
}


/* DECLINED where there is more than a transaction should do. */
static int
prune_all(prune_t *prune)
{
    size_t n;

    do {
        if (is_over_budget(prune->mirror)) {
            return DECLINED;
        }

        if (prune_some(prune, &n) != OK) {
            return ERROR;
        }
    } while (n == ROWS);

    return OK;
}


/* --- events --------------------------------------------------------------- */

static int
put_manifest(mirror_t *m, uint64_t repository_id, const event_item_t *item,
             const int64_t *pushed_at, const char *pushed_by)
{
    m->changes += 1 + item->n_children;

    if (db_manifest_put(m->db, repository_id, item->digest, item->media_type,
                        item->size, item->content_size, item->artifact_type,
                        item->subject, item->platforms, item->parts, pushed_at,
                        pushed_by)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < item->n_children; i++) {
        const event_child_t *child = &item->children[i];

        if (db_manifest_child_put(m->db, repository_id, item->digest, i,
                                  child->digest, child->media_type, child->size,
                                  child->platform)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* Webhooks get changes, never the findings of a run of reindex. */
static int
emit(mirror_t *m, webhook_event_kind_t kind, uint64_t repository_id,
     const event_t *event)
{
    const webhook_event_t emitted = { .kind = kind,
                                      .repository_id = repository_id,
                                      .actor = event->by,
                                      .tag = event->tag,
                                      .digest = event->manifest.digest,
                                      .media_type = event->manifest.media_type,
                                      .size = event->manifest.size,
                                      .at = event->at };

    return kind == WEBHOOK_PUSH ? webhook_emit_push(m->db, &emitted, m->now)
                                : webhook_emit(m->db, &emitted);
}


/* Feeds get changes of tags. */
static int
note(mirror_t *m, activity_kind_t kind, const repository_t *repository,
     const char *tag, const event_t *event)
{
    const activity_t activity = { .kind = kind,
                                  .namespace_id = repository->namespace_id,
                                  .repository_id = repository->id,
                                  .at = event->at,
                                  .actor = event->by,
                                  .tag = tag };

    return tag == NULL ? OK : activity_add(m->db, &activity);
}


/* The tags of a manifest that goes, or as many of them as a feed names. */
static int
note_untagged(mirror_t *m, const repository_t *repository, const event_t *event)
{
    manifest_tags_row_t *rows;
    size_t n;
    int rc = db_manifest_tags(m->db, repository->id, event->manifest.digest,
                              ACTIVITY_TAGS_MAX, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = note(m, ACTIVITY_DELETE, repository, rows[i].name, event);
    }

    return rc;
}


static int
apply_push(mirror_t *m, const event_t *event)
{
    repository_t repository;
    int rc = repository_need(m, event, &repository);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    if (put_manifest(m, repository.id, &event->manifest, &event->at, event->by)
        != OK) {
        return ERROR;
    }

    if (event->tag != NULL
        && tag_set(m, repository.id, event->tag, event->manifest.digest, event)
               != OK) {
        return ERROR;
    }

    if (db_mirror_repository_pushed(m->db, repository.id, event->at, event->by)
            != OK
        || db_listing_pushed(m->db, repository.id, event->at) != OK
        || note(m, ACTIVITY_PUSH, &repository, event->tag, event) != OK
        || emit(m, WEBHOOK_PUSH, repository.id, event) != OK) {
        return ERROR;
    }

    return repository_set_stored(m, &repository, true);
}


/* The tags of a manifest, up to one. */
static int
untag_until(mirror_t *m, uint64_t repository_id, const char *last,
            const event_t *event)
{
    const char *digest = event->manifest.digest;

    return db_tag_past_put_of(m->db, repository_id, digest, last, event->at,
                              event->by)
                       == OK
                   && db_pull_delete_tags_of(m->db, repository_id, digest, last)
                          == OK
               ? db_tag_delete_of(m->db, repository_id, digest, last)
               : ERROR;
}


/* A manifest may have more tags than a transaction should change.  OK where
 * ROWS or fewer are left, DECLINED where the others wait for the next one. */
static int
untag_most(mirror_t *m, uint64_t repository_id, const event_t *event)
{
    manifest_tags_row_t *rows;
    size_t n;

    for (;;) {
        if (db_manifest_tags(m->db, repository_id, event->manifest.digest,
                             ROWS + 1, &rows, &n)
            != OK) {
            return ERROR;
        }

        if (n <= ROWS) {
            return OK;
        }

        if (is_over_budget(m)) {
            return DECLINED;
        }

        m->changes += ROWS;

        if (untag_until(m, repository_id, rows[ROWS - 1].name, event) != OK) {
            return ERROR;
        }
    }
}


/* A digest may be a blob's: then no row has it. */
static int
apply_delete(mirror_t *m, const event_t *event)
{
    repository_t repository;
    int rc = repository_find(m, event->repository, &repository);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    if (event->tag == NULL) {
        rc = untag_most(m, repository.id, event);

        if (rc != OK) {
            return rc;
        }
    }

    if (emit(m, WEBHOOK_DELETE, repository.id, event) != OK) {
        return ERROR;
    }

    if (event->tag != NULL) {
        return note(m, ACTIVITY_DELETE, &repository, event->tag, event) == OK
                   ? tag_forget(m, repository.id, event->tag, event->at,
                                event->by)
                   : ERROR;
    }

    if (note_untagged(m, &repository, event) != OK
        || untag_until(m, repository.id, EVENT_LAST, event) != OK
        || db_manifest_delete(m->db, repository.id, event->manifest.digest)
               != OK) {
        return ERROR;
    }

    return repository_settle(m, &repository);
}


/* Writes the blobs that were put aside. */
static int
blobs_flush(mirror_t *m)
{
    pool_t *pool = db_pool(m->db);
    const char *text;

    if (m->blobs == NULL) {
        return OK;
    }

    text = json_text(pool, m->blobs);
    m->blobs = NULL;

    return db_blob_put(m->db, m->blobs_id, text);
}


/* Blobs of a repository come one after the other, more of them than of all
 * else: those that follow each other are written together. */
static int
apply_blob_push(mirror_t *m, const event_t *event)
{
    const event_item_t *blob = &event->manifest;
    repository_t repository;
    int rc;

    if (m->blobs != NULL && strcmp(m->blobs_name, event->repository) != 0
        && blobs_flush(m) != OK) {
        return ERROR;
    }

    if (m->blobs == NULL) {
        rc = repository_need(m, event, &repository);

        if (rc != OK) {
            return rc == DECLINED ? OK : ERROR;
        }

        m->blobs = json_pooled(db_pool(m->db), json_array());
        m->blobs_name = event->repository;
        m->blobs_id = repository.id;
    }

    m->changes++;
    json_array_append_new(m->blobs, json_pack("[s, o, I, o]", blob->digest,
                                              json_number_or_null(blob->size),
                                              (json_int_t)event->at,
                                              json_text_or_null(event->by)));

    return OK;
}


/* Those of the same list that the client sends at the end of its push. */
static int
apply_image(mirror_t *m, const event_t *event)
{
    repository_t repository;
    json_t *images;
    int rc = repository_need(m, event, &repository);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    images = json_pooled(db_pool(m->db),
                         json_pack("{s:s}", event->image, event->checksum));
    m->changes++;

    return image_list_put(m->db, repository.id, images);
}


/* All of a request together: a statement a table. */
static int
apply_pull(mirror_t *m, const event_t *event)
{
    m->pulls[m->n_pulls++] = event;

    return OK;
}


static int
apply_blob_delete(mirror_t *m, const event_t *event)
{
    mirror_repository_find_row_t row;
    int rc = db_mirror_repository_find(m->db, event->repository, &row);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    return db_blob_delete(m->db, row.id, event->manifest.digest);
}


static int
put_item(mirror_t *m, uint64_t repository_id, const event_t *page,
         const event_item_t *item)
{
    if (page->of == EVENT_MANIFESTS) {
        return put_manifest(m, repository_id, item, NULL, NULL);
    }

    m->changes++;

    return tag_set(m, repository_id, item->name, item->digest, page);
}


/* A repository that was deleted leaves empty directories in the store, of which
 * reindex reports pages without items: they make none. */
static int
apply_page(mirror_t *m, const event_t *event)
{
    repository_t repository;
    prune_t prune = { .mirror = m,
                      .of = event->of,
                      .after = event->after,
                      .last = event->last,
                      .items = event->items,
                      .n = event->n,
                      .at = event->at };
    int rc = event->n != 0 ? repository_need(m, event, &repository)
                           : repository_find(m, event->repository, &repository);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    prune.repository_id = repository.id;
    rc = prune_all(&prune);

    for (size_t i = 0; rc == OK && i < event->n; i++) {
        rc = put_item(m, repository.id, event, &event->items[i]);
    }

    return rc == OK ? repository_settle(m, &repository) : rc;
}


static int
apply_begin(mirror_t *m, const event_t *event)
{
    m->run = event->run;
    m->generation++;

    return db_mirror_begin(m->db, event->run);
}


static int
forget_of(mirror_t *m, uint64_t repository_id, event_of_t of)
{
    prune_t prune = { .mirror = m,
                      .repository_id = repository_id,
                      .of = of,
                      .after = "",
                      .last = EVENT_LAST,
                      .at = m->now };

    return prune_all(&prune);
}


static int
forget(mirror_t *m, const mirror_repository_unnamed_row_t *row)
{
    const repository_t repository = { row->id, row->namespace_id,
                                      row->is_stored };
    int rc = forget_of(m, row->id, EVENT_TAGS);

    if (rc == OK) {
        rc = forget_of(m, row->id, EVENT_MANIFESTS);
    }

    if (rc == OK && repository_set_stored(m, &repository, false) != OK) {
        rc = ERROR;
    }

    if (rc != OK) {
        return rc;
    }

    m->changes++;

    return db_mirror_repository_name(m->db, row->id, row->namespace_id,
                                     m->generation);
}


/* *n_r is how many repositories there were. */
static int
forget_some(mirror_t *m, size_t *n_r)
{
    mirror_repository_unnamed_row_t *rows;
    int rc =
        db_mirror_repository_unnamed(m->db, m->generation, ROWS, &rows, n_r);

    for (size_t i = 0; rc == OK && i < *n_r; i++) {
        rc = forget(m, &rows[i]);
    }

    return rc;
}


static int
apply_end(mirror_t *m, const event_t *event)
{
    size_t n;
    int rc;

    if (m->run == NULL || strcmp(m->run, event->run) != 0) {
        log_warn("a run of reindex ended that was not the latest");
        return OK;
    }

    do {
        rc = forget_some(m, &n);
    } while (rc == OK && n == ROWS);

    if (rc != OK) {
        return rc;
    }

    m->run = NULL;

    return db_mirror_end(m->db, m->now);
}


static int
apply_nothing(mirror_t *m, const event_t *event)
{
    (void)m;
    (void)event;

    return OK;
}


static int (*const appliers[])(mirror_t *m, const event_t *event) = {
    [EVENT_IGNORED] = apply_nothing,
    [EVENT_PUSH] = apply_push,
    [EVENT_DELETE] = apply_delete,
    [EVENT_PULL] = apply_pull,
    [EVENT_BEGIN] = apply_begin,
    [EVENT_BLOB_PUSH] = apply_blob_push,
    [EVENT_BLOB_DELETE] = apply_blob_delete,
    [EVENT_IMAGE] = apply_image,
    [EVENT_PAGE] = apply_page,
    [EVENT_END] = apply_end,
};


/* --- a request ------------------------------------------------------------ */

/* An event of a blob that comes again changes nothing: those behind it come
 * again as well.  There are many of them, so their ids are not kept. */
static bool
is_of_blob(const event_t *event)
{
    return event->kind == EVENT_BLOB_PUSH || event->kind == EVENT_BLOB_DELETE;
}


static int
apply(mirror_t *m, const event_t *event)
{
    int rc;

    if (is_over_budget(m)) {
        m->is_unfinished = true;
        return OK;
    }

    if (event->kind != EVENT_BLOB_PUSH && blobs_flush(m) != OK) {
        return ERROR;
    }

    if (is_of_blob(event)) {
        return appliers[event->kind](m, event);
    }

    rc = db_event_add(m->db, event->id, m->now);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    rc = appliers[event->kind](m, event);

    if (rc == DECLINED) {
        m->is_unfinished = true;
        rc = db_event_forget(m->db, event->id);
    }

    return rc;
}


static int
apply_in_transaction(void *data)
{
    mirror_t *m = data;
    mirror_hold_row_t row;

    if (db_mirror_hold(m->db, &row) != OK) {
        return ERROR;
    }

    m->generation = row.generation;
    m->run = row.run;
    m->changes = 0;
    m->is_unfinished = false;
    m->blobs = NULL;
    m->n_pulls = 0;

    for (size_t i = 0; i < m->n && !m->is_unfinished; i++) {
        if (apply(m, &m->events[i]) != OK) {
            return ERROR;
        }
    }

    return blobs_flush(m) == OK ? pull_count_add(m->db, m->pulls, m->n_pulls)
                                : ERROR;
}


int
mirror_apply(db_t *db, const event_t *events, size_t n, int64_t now)
{
    mirror_t mirror = {
        .db = db,
        .events = events,
        .n = n,
        .now = now,
        .pulls = pool_alloc(db_pool(db), (n + 1) * sizeof(event_t *)),
    };

    if (db_transaction(db, apply_in_transaction, &mirror) != OK) {
        return ERROR;
    }

    return mirror.is_unfinished ? DECLINED : OK;
}


/* Not worth failing a request for. */
void
mirror_purge(db_t *db, int64_t now, int64_t activity_before, uint64_t max)
{
    if (db_event_purge(db, now - MIRROR_EVENTS_KEPT, max) != OK
        || activity_purge(db, activity_before, max) != OK
        || pull_count_purge(db, now, max) != OK) {
        log_info("old events were not purged this time");
    }
}
