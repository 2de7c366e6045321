/* removal.c: deletes repositories. */

#include "repository/removal.h"
#include "common/digest.h"
#include "common/verdict.h"
#include "db/db_account.h"
#include "db/db_blob.h"
#include "db/db_mirror.h"
#include "db/db_pull.h"
#include "db/db_removal.h"
#include "db/db_robot.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/json.h"
#include "fcgi_core/log.h"
#include "search/search_index.h"
#include "webhook/webhook.h"

#define BATCH 100
#define BLOBS 1000
#define ROWS 1000
#define KEPT_SECONDS (30 * 86400)
#define FIRST ""
#define LAST "~" /* behind every digest */
#define BODY_MAX 65536
#define TAGS_PATH "tags/list?n=100"

/* One of them, in a run. */
typedef struct {
    removal_run_t *run;
    const removal_row_t *removal;
    pool_t *pool;        /* reset between two batches */
    const char *message; /* why it does not go on; NULL: it does */
    bool is_down;        /* the registry did not answer */
    size_t deleted;      /* what the registry said it had deleted */
    size_t robots;       /* of the last portion */
} work_t;


/* --- the request ---------------------------------------------------------- */

static int
emit(change_t *change)
{
    const webhook_event_t event = {
        .kind = WEBHOOK_REMOVE,
        .repository_id = change->access.facts.repository_id,
        .namespace_id = change->access.facts.namespace_id,
        .actor = change->auditor->login,
        .at = change->now,
    };

    return webhook_emit(change->db, &event);
}


static int
request(change_t *change, void *data)
{
    const access_facts_t *facts = &change->access.facts;
    const char *name = data;

    if (emit(change) != OK
        || db_repository_set_removed(change->db, facts->repository_id,
                                     change->now)
               != OK
        || db_removal_add(change->db, facts->repository_id, facts->namespace_id,
                          name, change->now, change->auditor->login)
               != OK
        || search_update(change->db, facts->repository_id) != OK
        || revoke_repository(change->db, change->revoke, name, 0) != OK) {
        return ERROR;
    }

    return change_audit(change, AUDIT_REPOSITORY_DELETE, facts->repository_id,
                        name, NULL);
}


int
removal_request(change_t *change, const char *name)
{
    return change_run(change, name, CHANGE_ADMIN, request,
                      (void *)(uintptr_t)name);
}


/* --- the registry --------------------------------------------------------- */

/* ERROR with work->message where the registry does not do it.  Who asked for
 * the deletion is who deletes. */
static int
call(work_t *work, const char *method, const char *path,
     http_answer_t *answer_r)
{
    const registry_call_t what = {
        .method = method,
        .repository = work->removal->name,
        .path = path,
        .account = work->removal->requested_by,
        .actions = REG_ACTION_PULL | REG_ACTION_DELETE,
        .wanted = "Docker-Content-Digest",
        .body_max = BODY_MAX,
    };

    if (registry_call(&work->run->site, work->pool, &what, answer_r) == OK
        && (answer_r->status / 100 == 2 || answer_r->status == 404)) {
        return OK;
    }

    work->is_down = answer_r->status == 0;
    work->message = registry_call_error(work->pool, answer_r);

    return ERROR;
}


/* ERROR where another run may have taken the place of this one: what has the
 * name by now may be another repository. */
static int
check_turn(const work_t *work)
{
    removal_is_locked_row_t row;

    if (db_removal_is_locked(work->run->db, &row) != OK) {
        return ERROR;
    }

    if (!row.is_locked) {
        log_error("the connection to the database was lost in the middle of a "
                  "run of removal: the next run goes on");
        return ERROR;
    }

    return OK;
}


static bool
is_stopped(const work_t *work)
{
    return work->run->is_stopped != NULL && *work->run->is_stopped;
}


/* What the registry does not have, the mirror is wrong about. */
static int
forget_manifest(const work_t *work, const char *digest)
{
    db_t *db = work->run->db;
    uint64_t id = work->removal->repository_id;

    return db_pull_delete_tags_of(db, id, digest, LAST) == OK
                   && db_tag_delete_of(db, id, digest, LAST) == OK
                   && db_manifest_delete(db, id, digest) == OK
               ? OK
               : ERROR;
}


/* An event will report what the registry has deleted.  ERROR where the database
 * failed; DECLINED with work->message. */
static int
delete_manifest(work_t *work, const char *digest)
{
    const char *path = pool_printf(work->pool, "manifests/%s", digest);
    http_answer_t answer;

    if (check_turn(work) != OK) {
        return ERROR;
    }

    if (call(work, "DELETE", path, &answer) != OK) {
        return DECLINED;
    }

    work->deleted += answer.status != 404;

    return answer.status == 404 ? forget_manifest(work, digest) : OK;
}


/* What the mirror knows.  DECLINED with work->message. */
static int
delete_known(work_t *work)
{
    char after[REG_DIGEST_MAX + 1] = FIRST;
    mirror_name_row_t *rows;
    size_t n;
    int rc = OK;

    do {
        pool_reset(work->pool);
        db_use(work->run->db, work->pool);

        if (db_manifest_range(work->run->db, work->removal->repository_id,
                              after, LAST, BATCH, &rows, &n)
            != OK) {
            return ERROR;
        }

        for (size_t i = 0; rc == OK && i < n && !is_stopped(work); i++) {
            rc = delete_manifest(work, rows[i].name);
            snprintf(after, sizeof(after), "%s", rows[i].name);
        }
    } while (rc == OK && n == BATCH && !is_stopped(work));

    return rc;
}


/* A tag of which no event has come.  OK also where it is gone. */
static int
delete_tag(work_t *work, const char *tag)
{
    http_answer_t answer;
    const char *path = pool_printf(work->pool, "manifests/%s", tag);

    if (call(work, "HEAD", path, &answer) != OK) {
        return DECLINED;
    }

    /* one that points to nothing goes by its name */
    return delete_manifest(work, answer.status != 404 && answer.header != NULL
                                     ? answer.header
                                     : tag);
}


/* What the registry knows beyond that.  DECLINED with work->message. */
static int
delete_unknown(work_t *work)
{
    http_answer_t answer;
    json_t *tags;
    size_t n, before;
    int rc = OK;

    do {
        before = work->deleted;
        pool_reset(work->pool);
        db_use(work->run->db, work->pool);

        if (call(work, "GET", TAGS_PATH, &answer) != OK) {
            return DECLINED;
        }

        tags = json_object_get(
            json_pooled(work->pool, json_loadb((const char *)answer.body.data,
                                               answer.body.len, 0, NULL)),
            "tags");
        n = answer.status == 404 ? 0 : json_array_size(tags);

        for (size_t i = 0; rc == OK && i < n && !is_stopped(work); i++) {
            rc = delete_tag(work, json_string_value(json_array_get(tags, i)));
        }

        if (rc == OK && n != 0 && work->deleted == before) {
            work->message = "the registry lists tags that it does not have";
            return DECLINED;
        }
    } while (rc == OK && n != 0 && !is_stopped(work));

    return rc;
}


/* --- the end -------------------------------------------------------------- */

/* In portions, or events would wait for all of them. */
static int
forget_blobs(const work_t *work)
{
    db_t *db = work->run->db;
    uint64_t id = work->removal->repository_id;
    blob_list_row_t *rows;
    size_t n;

    do {
        pool_reset(work->pool);
        db_use(db, work->pool);

        if (db_blob_list(db, id, FIRST, BLOBS, &rows, &n) != OK
            || (n != 0
                && db_blob_delete_range(db, id, rows[n - 1].digest) != OK)) {
            return ERROR;
        }
    } while (n == BLOBS);

    return OK;
}


/* What was bought with its secret was good for this repository only, and was
 * revoked with it. */
static int
forget_robot(db_t *db, uint64_t id)
{
    return db_account_forget_access(db, id) == OK
                   && db_robot_delete_tokens(db, id) == OK
                   && db_robot_delete(db, id) == OK
               ? OK
               : ERROR;
}


static int
forget_robot_page(void *data)
{
    work_t *work = data;
    db_t *db = work->run->db;
    robot_item_row_t *rows;
    int rc = db_robot_list_repository(db, work->removal->repository_id, FIRST,
                                      BATCH, &rows, &work->robots);

    for (size_t i = 0; rc == OK && i < work->robots; i++) {
        rc = forget_robot(db, rows[i].id);
    }

    return rc;
}


/* Each portion is whole: a robot has its secret as long as it is there. */
static int
forget_robots(work_t *work)
{
    int rc;

    do {
        pool_reset(work->pool);
        db_use(work->run->db, work->pool);
        rc = db_transaction(work->run->db, forget_robot_page, work);
    } while (rc == OK && work->robots == BATCH);

    return rc;
}


/* What has as many rows as people made. */
static int (*const portions[])(db_t *db, uint64_t id, uint64_t limit) = {
    db_removal_delete_tags,    db_removal_delete_past,
    db_removal_delete_stars,   db_removal_delete_follows,
    db_removal_delete_reports, db_removal_delete_comments,
    db_removal_delete_images,  db_removal_delete_activity,
    db_pull_delete_tags,       db_pull_delete_days,
};

#define PORTIONS_N (sizeof(portions) / sizeof(portions[0]))


/* Each statement is a transaction of its own. */
static int
forget_portions(work_t *work)
{
    db_t *db = work->run->db;

    for (size_t i = 0; i < PORTIONS_N; i++) {
        do {
            if (portions[i](db, work->removal->repository_id, ROWS) != OK) {
                return ERROR;
            }
        } while (db_changed(db) == ROWS && !is_stopped(work));
    }

    return OK;
}


/* What came meanwhile; DECLINED where that is as much again. */
static int
forget_rest(db_t *db, uint64_t id)
{
    for (size_t i = 0; i < PORTIONS_N; i++) {
        if (portions[i](db, id, ROWS) != OK) {
            return ERROR;
        }

        if (db_changed(db) == ROWS) {
            return DECLINED;
        }
    }

    return db_pull_delete_repository(db, id) == OK ? OK : ERROR;
}


/* DECLINED where events of its deletion are still on their way. */
static int
forget(void *data)
{
    const work_t *work = data;
    db_t *db = work->run->db;
    uint64_t id = work->removal->repository_id;
    mirror_hold_row_t mirror;
    mirror_name_row_t *rows;
    size_t n;
    int rc;

    if (db_mirror_hold(db, &mirror) != OK
        || db_manifest_range(db, id, FIRST, LAST, 1, &rows, &n) != OK) {
        return ERROR;
    }

    if (n != 0) {
        return DECLINED;
    }

    rc = forget_rest(db, id);

    if (rc != OK) {
        return rc;
    }

    return db_removal_delete_access(db, id) == OK
                   && db_removal_delete_webhooks(
                          db, work->removal->namespace_id, id)
                          == OK
                   && db_removal_delete_mirror(db, id) == OK
                   && db_removal_delete_repository(db, id) == OK
                   && db_removal_finish(db, work->removal->id, clock_now())
                          == OK
               ? OK
               : ERROR;
}


/* Why it is not done yet, for people. */
static int
note(const work_t *work, const char *message)
{
    return db_removal_tried(work->run->db, work->removal->id, clock_now(),
                            message);
}


static int
work_end(work_t *work)
{
    removal_run_t *run = work->run;
    int rc;

    if (work->message != NULL) {
        log_error("%s cannot be deleted yet: %s", work->removal->name,
                  work->message);
        run->failed++;

        return note(work, work->message);
    }

    rc = check_turn(work) == OK && forget_blobs(work) == OK
                 && forget_robots(work) == OK && forget_portions(work) == OK
             ? db_transaction(run->db, forget, work)
             : ERROR;
    run->finished += rc == OK;
    run->waiting += rc == DECLINED;

    return rc == DECLINED ? note(work, "waits for the events of the registry")
                          : rc;
}


static int
run_one(work_t *work)
{
    int rc = delete_known(work);

    if (rc == OK) {
        rc = delete_unknown(work);
    }

    return rc != ERROR && !is_stopped(work) ? work_end(work) : rc;
}


/* *after_r moves to the last of the page, or behind all. */
static int
run_page(removal_run_t *run, pool_t *pool, uint64_t *after_r)
{
    pool_t *rows_pool = db_pool(run->db);
    removal_row_t *rows;
    size_t n;
    int rc = db_removal_list_open(run->db, *after_r, BATCH, &rows, &n);
    work_t work = { .run = run, .pool = pool };

    for (size_t i = 0; rc == OK && i < n && !work.is_down && !is_stopped(&work);
         i++) {
        work.removal = &rows[i];
        work.message = NULL;
        rc = run_one(&work);
        *after_r = rows[i].id;
    }

    db_use(run->db, rows_pool);
    pool_reset(pool);

    if (n < BATCH || work.is_down || is_stopped(&work)) {
        *after_r = UINT64_MAX;
    }

    return rc == ERROR ? ERROR : OK;
}


static int
run_all(removal_run_t *run)
{
    pool_t *kept = db_pool(run->db), *rows = pool_create(),
           *pool = pool_create();
    uint64_t after = 0;
    int rc = OK;

    while (rc == OK && after != UINT64_MAX) {
        pool_reset(rows);
        db_use(run->db, rows);
        rc = run_page(run, pool, &after);
    }

    db_use(run->db, kept);
    pool_destroy(rows);
    pool_destroy(pool);

    return rc;
}


int
removal_run(removal_run_t *run)
{
    removal_lock_row_t lock;
    removal_unlock_row_t unlock;
    int rc;

    if (db_removal_lock(run->db, &lock) != OK) {
        return ERROR;
    }

    run->is_elsewhere = !lock.is_locked;

    if (run->is_elsewhere) {
        return OK;
    }

    rc = run_all(run);

    if (rc == OK) {
        rc = db_removal_purge(run->db, clock_now() - KEPT_SECONDS, BATCH);
    }

    return db_removal_unlock(run->db, &unlock) == OK ? rc : ERROR;
}
