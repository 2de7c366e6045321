/* webhook_hold.c: webhooks get what a push of the original protocol did when
 * the client says that it is at its end. */

#include "webhook/webhook_hold.h"
#include "db/db_webhook_hold.h"

#define BATCH 100

typedef struct {
    db_t *db;
    int64_t now;
    size_t n;
} release_t;


int
webhook_hold_begin(db_t *db, uint64_t repository_id, const char *actor,
                   int64_t now)
{
    return db_webhook_hold_begin(db, repository_id, actor,
                                 now + WEBHOOK_HOLD_SECONDS);
}


static int
emit_held(db_t *db, const webhook_held_row_t *row)
{
    const webhook_event_t event = { .kind = WEBHOOK_PUSH,
                                    .repository_id = row->repository_id,
                                    .actor = row->actor,
                                    .tag = row->tag,
                                    .digest = row->digest,
                                    .media_type = row->media_type,
                                    .size = row->size,
                                    .at = row->at };

    return webhook_emit(db, &event) == OK ? db_webhook_held_delete(db, row->id)
                                          : ERROR;
}


static int
emit_all(db_t *db, const webhook_held_row_t *rows, size_t n)
{
    int rc = OK;

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = emit_held(db, &rows[i]);
    }

    return rc;
}


int
webhook_hold_end(db_t *db, uint64_t repository_id, const char *actor)
{
    webhook_held_row_t *rows;
    size_t n;

    if (db_webhook_hold_end(db, repository_id, actor) != OK
        || db_webhook_held_list(db, repository_id, actor, BATCH, &rows, &n)
               != OK
        || emit_all(db, rows, n) != OK) {
        return ERROR;
    }

    return n == BATCH ? db_webhook_held_release(db, repository_id, actor) : OK;
}


int
webhook_emit_push(db_t *db, const webhook_event_t *event, int64_t now)
{
    webhook_hold_find_row_t row;
    int rc = event->actor != NULL ? db_webhook_hold_find(
                 db, event->repository_id, event->actor, now, &row)
                                  : DECLINED;

    if (rc != OK) {
        return rc == DECLINED ? webhook_emit(db, event) : ERROR;
    }

    return db_webhook_held_add(db, event->repository_id, event->actor,
                               event->tag, event->digest, event->media_type,
                               event->size, event->at, row.until_at);
}


static int
release_in_transaction(void *data)
{
    release_t *release = data;
    webhook_held_row_t *rows;

    return db_webhook_held_due(release->db, release->now, BATCH, &rows,
                               &release->n)
                   == OK
               ? emit_all(release->db, rows, release->n)
               : ERROR;
}


int
webhook_hold_release(db_t *db, int64_t now, size_t *n_r)
{
    release_t release = { .db = db, .now = now };
    int rc = db_transaction(db, release_in_transaction, &release);

    *n_r = rc == OK ? release.n : 0;

    return rc == OK ? db_webhook_hold_purge(db, now, BATCH) : ERROR;
}
