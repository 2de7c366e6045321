/* reindex.c: writes into the spool of events what the store holds.
 *
 * A repository is read, and what it holds is written down, under its lock, so
 * that the pages stand in one order with the events of changes.  Nothing is
 * remembered between two runs: one that was killed has no "end", and the next
 * one reports everything again. */

#include "reindex/reindex.h"
#include "repository/manifest.h"
#include "spool/record.h"
#include "reindex/snapshot.h"
#include "spool/spool.h"
#include "upkeep/upkeep.h"
#include "repository/walk.h"

#include "common/name.h"
#include "fcgi_core/log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB ((uint64_t)1024 * 1024)
#define SIZE_MAX_MIB (1024L * 1024 * 1024)
#define PART_MAX MIB /* of a repository's pages that are written at once */
#define LOOK_MS 100  /* how often a full spool is checked */

typedef struct {
    const char *store;
    long events_size;
    bool is_quiet;
} reindex_conf_t;

typedef struct {
    store_t store;
    store_op_t op;  /* its pool is reset with each thing that is read */
    uint64_t limit; /* of the spool, in bytes */
    bool is_quiet;
    snapshot_t snapshot;
    uint64_t repositories;
    bool is_partial; /* there may be a repository that was not named */
    bool is_over;    /* nothing more can be written */
    time_t reported;
} reindex_t;

static const setting_t reindex_settings[] = {
    UPKEEP_STORE(reindex_conf_t),
    { "events-size", NULL, SETTING_NUMBER,
      offsetof(reindex_conf_t, events_size), 1, SIZE_MAX_MIB, "1024",
      "The value of registry_events_size in nginx.conf, in MiB: while more "
      "than half of it waits for delivery, nothing is added." },
    { "quiet", NULL, SETTING_FLAG, offsetof(reindex_conf_t, is_quiet), 0, 0,
      NULL, "Print only what could not be read and the summary, no progress." },
    { .name = NULL },
};


/* --- the spool ----------------------------------------------------------- */


static void
progress_report(reindex_t *reindex, uint64_t waiting)
{
    const snapshot_t *snapshot = &reindex->snapshot;

    if (reindex->is_quiet || !upkeep_is_time(&reindex->reported)) {
        return;
    }

    log_info("reindex: %llu repositories, %llu manifests, %llu tags; %llu MiB "
             "of events wait%s",
             (unsigned long long)reindex->repositories,
             (unsigned long long)snapshot->manifests,
             (unsigned long long)snapshot->tags,
             (unsigned long long)(waiting / MIB),
             waiting < reindex->limit / 2
                 ? ""
                 : ", which is more than half of --events-size: waiting until "
                   "slipway-registry deliver has delivered some");
}


/* Waits until the spool is less than half full: the other half is for what is
 * pushed meanwhile.  Nothing may be locked. */
static int
room_wait(reindex_t *reindex)
{
    store_op_t *op = &reindex->op;

    for (;; poll(NULL, 0, LOOK_MS)) {
        uint64_t size;

        if (spool_size(op->pool, op->store->root, &size) != OK) {
            return store_error(op, "check",
                               spool_directory(op->pool, op->store->root));
        }

        pool_reset(op->pool);
        progress_report(reindex, size);

        if (size < reindex->limit / 2) {
            return OK;
        }
    }
}


static int
part_write(reindex_t *reindex)
{
    store_op_t *op = &reindex->op;
    int rc = spool_append(op->pool, op->store->root, reindex->snapshot.part,
                          spool_segment_size(reindex->limit), op->wait);

    if (rc != OK) {
        store_error(op, "write to", spool_directory(op->pool, op->store->root));
    }

    pool_reset(op->pool);

    return rc;
}


static int
mark_write(reindex_t *reindex, reg_snapshot_t of)
{
    return room_wait(reindex) == OK
                   && snapshot_mark(&reindex->snapshot, of) == OK
                   && part_write(reindex) == OK
               ? OK
               : ERROR;
}


/* --- repositories -------------------------------------------------------- */


/* Whether a repository is still there: a lock would make it again. */
static int
repository_check(reindex_t *reindex, str_t name)
{
    store_key_t key = key_repository(name, "_manifests");

    return store_check_below(&reindex->op, key.text);
}


/* Writes the next part of a repository.  DECLINED where it cannot be locked;
 * that is logged. */
static int
part_report(reindex_t *reindex, str_t name)
{
    store_lock_t lock;
    int rc =
        manifest_lock(&reindex->op, name, false, &lock) == OK ? OK : DECLINED;

    if (rc == OK) {
        rc = snapshot_next(&reindex->snapshot);
    }

    if (rc == OK) {
        rc = part_write(reindex);
    }

    store_unlock(&lock);

    return rc;
}


/* One that has gone meanwhile is not to be remembered. */
static void
repository_report(reindex_t *reindex, str_t name)
{
    snapshot_t *snapshot = &reindex->snapshot;
    int rc = OK;

    snapshot_begin(snapshot, name);

    while (rc == OK && !snapshot->is_done) {
        rc = room_wait(reindex);

        if (rc == OK) {
            int there = repository_check(reindex, name);

            if (there == DECLINED) {
                return;
            }

            rc = there == OK ? part_report(reindex, name) : DECLINED;
        }
    }

    reindex->repositories++;
    snapshot->has_failed |= rc != OK;
    reindex->is_over = rc == ERROR;
    reindex->is_partial |= rc != OK || !snapshot->is_named;
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    reindex_t *reindex = data;

    if ((has & WALK_MANIFESTS) == 0 || reindex->is_over) {
        return;
    }

    if (reg_name_is_valid(name)) {
        repository_report(reindex, name);

    } else {
        log_warn(
            "reindex: %.*s is not a repository name: no client can request it",
            STR(name));
    }
}


/* --- the command --------------------------------------------------------- */


/* Everything between "begin" and "end", which is written where every
 * repository was named. */
static int
store_report(reindex_t *reindex)
{
    snapshot_t *snapshot = &reindex->snapshot;
    walk_t walk = { &reindex->op, reindex, NULL };

    if (mark_write(reindex, REG_SNAPSHOT_BEGIN) != OK) {
        return ERROR;
    }

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        reindex->is_partial = true;
    }

    if (reindex->is_over) {
        return ERROR;
    }

    if (reindex->is_partial) {
        log_error("reindex: not every repository could be read: the index does "
                  "not forget those that are missing");
        return ERROR;
    }

    return mark_write(reindex, REG_SNAPSHOT_END) == OK && !snapshot->has_failed
               ? OK
               : ERROR;
}


static int
report(reindex_t *reindex)
{
    const snapshot_t *snapshot = &reindex->snapshot;
    uint64_t part = spool_segment_size(reindex->limit);
    pool_t *pool = pool_create();
    int rc;

    rc = snapshot_open(&reindex->snapshot, pool, &reindex->op,
                       (size_t)(part < PART_MAX ? part : PART_MAX));

    if (rc == OK) {
        rc = store_report(reindex);
    }

    printf("%llu repositories, %llu manifests, %llu tags%s\n",
           (unsigned long long)reindex->repositories,
           (unsigned long long)snapshot->manifests,
           (unsigned long long)snapshot->tags,
           rc == OK ? "" : "; not everything could be reported");
    pool_destroy(reindex->op.pool);
    pool_destroy(pool);

    return rc == OK && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}


static int
reindex_run(const call_t *call)
{
    const reindex_conf_t *conf = call->conf;
    reindex_t reindex = { .is_over = false };
    int rc = upkeep_open(call->words[0], conf->store, &reindex.store);

    if (rc != OK || upkeep_check(&reindex.store) != OK
        || upkeep_alone(reindex.store.root, "reindex") != OK
        || record_open() != OK) {
        return rc == DECLINED ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    json_open();
    reindex.op = store_op_begin(&reindex.store, pool_create());
    reindex.limit = (uint64_t)conf->events_size * MIB;
    reindex.is_quiet = conf->is_quiet;

    return report(&reindex);
}


const command_t reindex_commands[] = {
    { .noun = "reindex",
      .words = "ROOT",
      .summary = "Report the contents of a store to receivers of events.",
      .detail = "For receivers that get snapshots (deliver --snapshots).  Can "
                "run while the registry is in use; docs/events.md.  The exit "
                "status is 1 if something could not be reported.",
      .settings = reindex_settings,
      .conf_size = sizeof(reindex_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = reindex_run },
    { .noun = NULL },
};
