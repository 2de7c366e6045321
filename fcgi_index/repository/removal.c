/* removal.c: deletes repositories. */

#include "repository/removal.h"
#include "access/grant.h"
#include "db/db_mirror.h"
#include "db/db_removal.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "search/search_index.h"
#include "token/token.h"

#define BATCH 100
#define TOKEN_SECONDS 300
#define KEPT_SECONDS (30 * 86400)
#define FIRST ""
#define LAST "~" /* behind every digest */

/* One of them, in a run. */
typedef struct {
    removal_run_t *run;
    const removal_row_t *removal;
    const char *message; /* why it does not go on; NULL: it does */
} work_t;


/* --- the request ---------------------------------------------------------- */

static int
request(change_t *change, void *data)
{
    const access_facts_t *facts = &change->access.facts;
    const char *name = data;

    if (db_repository_set_removed(change->db, facts->repository_id, change->now)
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

/* For this repository alone, and signed like any other: who asked for it is
 * who deletes. */
static const char *
token_line(const work_t *work)
{
    pool_t *pool = db_pool(work->run->db);
    grant_list_t *list = pool_new(pool, grant_list_t);
    reg_verdict_t head = { .expires = clock_now() + TOKEN_SECONDS,
                           .service = reg_cstr(work->run->service),
                           .account = reg_cstr(work->removal->requested_by) };
    str_t verdict, token;

    list->grants[0] = (grant_t){
        .scope = { .type = reg_str("repository"),
                   .name = reg_cstr(work->removal->name) },
        .name = work->removal->name,
        .granted = REG_ACTION_PULL | REG_ACTION_DELETE,
    };
    list->n = 1;

    if (grant_list_verdict(pool, list, &head, &verdict) != OK) {
        return NULL;
    }

    token = token_sign(pool, work->run->secret, verdict);

    return pool_printf(pool, "Authorization: Bearer %.*s", STR(token));
}


/* OK where the registry has done it, and an event will report it; DECLINED
 * where it knows no such manifest; ERROR with work->message. */
static int
delete_manifest(work_t *work, const char *digest)
{
    removal_run_t *run = work->run;
    pool_t *pool = db_pool(run->db);
    const char *line = token_line(work);
    http_answer_t answer = { .status = 0 };
    const char *url = pool_printf(pool, "%s/v2/%s/manifests/%s", run->registry,
                                  work->removal->name, digest);

    if (line != NULL && http_delete(run->http, pool, url, line, &answer) == OK
        && (answer.status == 202 || answer.status == 404)) {
        return answer.status == 202 ? OK : DECLINED;
    }

    work->message =
        answer.status != 0
            ? pool_printf(pool, "the registry answered %d", answer.status)
            : pool_printf(pool, "no answer of the registry: %s",
                          answer.error != NULL ? answer.error : "no token");

    return ERROR;
}


/* What the registry does not have, the mirror is wrong about. */
static int
forget_manifest(work_t *work, const char *digest)
{
    db_t *db = work->run->db;
    uint64_t id = work->removal->repository_id;

    return db_tag_delete_of(db, id, digest) == OK
                   && db_manifest_delete(db, id, digest) == OK
               ? OK
               : ERROR;
}


/* Stops where the registry refuses.  ERROR where the database failed. */
static int
delete_manifests(work_t *work)
{
    const char *after = FIRST;
    mirror_name_row_t *rows;
    size_t n;

    do {
        if (db_manifest_range(work->run->db, work->removal->repository_id,
                              after, LAST, BATCH, &rows, &n)
            != OK) {
            return ERROR;
        }

        for (size_t i = 0; i < n; i++) {
            int rc = delete_manifest(work, rows[i].name);

            if (rc == ERROR) {
                return OK;
            }

            if (rc == DECLINED && forget_manifest(work, rows[i].name) != OK) {
                return ERROR;
            }

            after = rows[i].name;
        }
    } while (n == BATCH);

    return OK;
}


/* --- the end -------------------------------------------------------------- */

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

    if (db_mirror_hold(db, &mirror) != OK
        || db_manifest_range(db, id, FIRST, LAST, 1, &rows, &n) != OK) {
        return ERROR;
    }

    if (n != 0) {
        return DECLINED;
    }

    return db_removal_delete_tags(db, id) == OK
                   && db_removal_delete_access(db, id) == OK
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


static int
work_end(work_t *work)
{
    removal_run_t *run = work->run;
    int rc;

    if (work->message != NULL) {
        log_error("%s cannot be deleted yet: %s", work->removal->name,
                  work->message);
        run->failed++;

        return db_removal_tried(run->db, work->removal->id, clock_now(),
                                work->message);
    }

    rc = db_transaction(run->db, forget, work);
    run->finished += rc == OK;
    run->waiting += rc == DECLINED;

    return rc == DECLINED
               ? db_removal_tried(run->db, work->removal->id, clock_now(),
                                  "waits for the events of the "
                                  "registry")
               : rc;
}


static int
run_one(removal_run_t *run, const removal_row_t *removal)
{
    work_t work = { run, removal, NULL };

    return delete_manifests(&work) == OK ? work_end(&work) : ERROR;
}


int
removal_run(removal_run_t *run)
{
    uint64_t after = 0;
    removal_row_t *rows;
    size_t n;

    do {
        if (db_removal_list_open(run->db, after, BATCH, &rows, &n) != OK) {
            return ERROR;
        }

        for (size_t i = 0; i < n; i++) {
            if (run_one(run, &rows[i]) != OK) {
                return ERROR;
            }

            after = rows[i].id;
        }
    } while (n == BATCH);

    return db_removal_purge(run->db, clock_now() - KEPT_SECONDS, BATCH);
}
