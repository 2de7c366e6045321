/* fsck.c: a check of the whole store: the command and its report. */

#include "fsck/fsck.h"
#include "fcgi_core/file.h"
#include "upkeep/upkeep.h"

#include "common/name.h"
#include "fcgi_core/json.h"
#include "fcgi_core/log.h"

#include <stdio.h>
#include <stdlib.h>

#define STATUS_CLEAN 0
#define STATUS_FINDINGS 1
#define STATUS_FAILED 2

#define LEFTOVER_AGE 3600 /* seconds; nothing is written that slowly */
#define RATE_MAX 1000000  /* MiB a second */
#define MIB (1024 * 1024)

typedef struct {
    const char *store;
    long rate;
    bool is_repair;
    bool is_verify;
    bool is_quiet;
} fsck_conf_t;

static const setting_t fsck_settings[] = {
    UPKEEP_STORE(fsck_conf_t),
    { "repair", NULL, SETTING_FLAG, offsetof(fsck_conf_t, is_repair), 0, 0,
      NULL, "Repair what can be repaired without losing anything." },
    { "verify", NULL, SETTING_FLAG, offsetof(fsck_conf_t, is_verify), 0, 0,
      NULL, "Read every blob and compare its digest." },
    { "rate", NULL, SETTING_NUMBER, offsetof(fsck_conf_t, rate), 0, RATE_MAX,
      "0", "Maximum MiB to read per second, 0 for no limit." },
    { "quiet", NULL, SETTING_FLAG, offsetof(fsck_conf_t, is_quiet), 0, 0, NULL,
      "Print only findings, no progress and no summary." },
    { .name = NULL },
};

static const char *words[FSCK_N] = {
#define FSCK_FINDING(NAME, word) [FSCK_##NAME] = word,
#include "fsck/fsck.def"
#undef FSCK_FINDING
};


bool
fsck_may_repair(const fsck_t *fsck)
{
    return fsck->is_repair && !fsck->is_first_look && fsck->op.err == 0;
}


void
fsck_next(fsck_t *fsck)
{
    if (fsck->op.err != 0) {
        fsck->has_failed = true;
        fsck->op.err = 0;
    }

    pool_reset(fsck->op.pool);
}


void
fsck_report(fsck_t *fsck, fsck_finding_t finding, str_t name, const char *what,
            bool is_repaired, const char *format, ...)
{
    va_list args;

    fsck->found++;

    if (fsck->is_first_look) {
        return;
    }

    fsck->repaired += is_repaired;
    va_start(args, format);

    if (fsck->is_json) {
        json_print(json_pack(
            "{s:s, s:o, s:o, s:b, s:o?}", "finding", words[finding],
            "repository", name.len == 0 ? json_null() : json_str(name),
            "subject", json_str(reg_cstr(what)), "is_repaired", is_repaired,
            "detail", json_vsprintf(format, args)));

    } else {
        printf("%s %.*s %s: ", words[finding],
               name.len == 0 ? 1 : (int)name.len,
               name.len == 0 ? "-" : (char *)name.data, what);
        vprintf(format, args);
        printf("%s\n", is_repaired ? " [repaired]" : "");
    }

    va_end(args);
}


void
fsck_stray(void *data, const char *key)
{
    fsck_report(data, FSCK_UNKNOWN_FILE, (str_t){ 0, NULL }, key, false,
                "does not belong to a store");
}


static void
numbers_print(const fsck_t *fsck)
{
    fprintf(
        stderr,
        "fsck: %llu blobs, %llu MiB read, %llu repositories, %llu "
        "manifests: %llu findings, %llu repaired\n",
        (unsigned long long)fsck->blobs, (unsigned long long)fsck->bytes / MIB,
        (unsigned long long)fsck->repositories,
        (unsigned long long)fsck->manifests, (unsigned long long)fsck->found,
        (unsigned long long)fsck->repaired);
}


void
fsck_progress(fsck_t *fsck)
{
    if (!fsck->is_quiet && upkeep_is_time(&fsck->reported)) {
        numbers_print(fsck);
    }
}


bool
fsck_remove(fsck_t *fsck, const char *key)
{
    return store_drop(&fsck->op, key, 1) != ERROR;
}


/* --- directories -------------------------------------------------------------
 */


typedef struct {
    fsck_t *fsck;
    str_t name;
    const char *key;
    const char *known;
} directory_t;


static void
name_pass(void *data, const char *name)
{
    directory_t *directory = data;
    fsck_t *fsck = directory->fsck;
    const char *key = pool_printf(fsck->op.pool, "%s/%s", directory->key, name);
    store_stat_t stat;

    if (strcmp(name, directory->known) == 0 || strcmp(name, "signatures") == 0
        || strcmp(name, "sparse") == 0 || strcmp(name, "descriptor") == 0
        || strcmp(name, "v1") == 0) {
        return;
    }

    if (!file_is_leftover(name)) {
        fsck_stray(fsck, key);

    } else if (store_stat(&fsck->op, key, &stat) == OK
               && !store_is_since(&stat, &fsck->old)) {
        fsck_report(fsck, FSCK_LEFTOVER, directory->name, key,
                    fsck_may_repair(fsck) && fsck_remove(fsck, key),
                    "an unfinished file");
    }
}


void
fsck_directory(fsck_t *fsck, str_t name, const char *key, const char *known)
{
    directory_t directory = { fsck, name, key, known };
    walk_t walk = { &fsck->op, &directory, NULL };

    if (walk_names(&walk, key, name_pass) == ERROR) {
        fsck->has_failed = true;
    }
}


/* --- the command --------------------------------------------------------- */


static void
repository_pass(void *data, str_t name, unsigned has)
{
    fsck_t *fsck = data;

    if (reg_str_eq(name, reg_str("_v1"))) {
        return; /* uploads whose repository is not known */
    }

    fsck->repositories++;

    if (!reg_name_is_valid(name)) {
        fsck_report(fsck, FSCK_BAD_NAME, name, "-", false,
                    "no client can request it");
        return;
    }

    fsck_repository(fsck, name, has);
    fsck_progress(fsck);
}


static int
check(fsck_t *fsck)
{
    walk_t walk = { &fsck->op, fsck, fsck_stray };

    fsck->good = digest_set_create();
    fsck->bad = digest_set_create();
    clock_gettime(CLOCK_MONOTONIC, &fsck->from);
    upkeep_is_time(&fsck->reported); /* a second from now */

    fsck_blobs(fsck);

    if (upkeep_check(fsck->op.store) != OK) {
        fsck->has_failed = true;
    }

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        fsck->has_failed = true;
    }

    if (!fsck->is_quiet) {
        numbers_print(fsck);
    }

    digest_set_destroy(fsck->bad);
    digest_set_destroy(fsck->good);
    pool_destroy(fsck->op.pool);

    if (fsck->has_failed || fflush(stdout) != 0) {
        return STATUS_FAILED;
    }

    return fsck->found == 0 ? STATUS_CLEAN : STATUS_FINDINGS;
}


static int
fsck_run(const call_t *call)
{
    const fsck_conf_t *conf = call->conf;
    fsck_t fsck = { .found = 0 };

    /* a store that is not there, on a disk that is not mounted, is not clean */
    if (upkeep_open(call->words[0], conf->store, &fsck.store) != OK
        || upkeep_lock(fsck.store.root, !conf->is_repair, &fsck.old) != OK) {
        return STATUS_FAILED;
    }

    json_open();
    fsck.op = store_op_begin(&fsck.store, pool_create());
    fsck.is_repair = conf->is_repair;
    fsck.is_verify = conf->is_verify;
    fsck.is_quiet = conf->is_quiet;
    fsck.is_json = call->is_json;
    fsck.rate = (uint64_t)conf->rate * MIB;
    fsck.old.tv_sec -= LEFTOVER_AGE;

    log_open("slipway-registry", LOG_ERROR); /* what it finds is its report */

    return check(&fsck);
}


const command_t fsck_commands[] = {
    { .noun = "fsck",
      .words = "ROOT",
      .summary = "Check a store, and repair it.",
      .detail = "Can run while the registry is in use; docs/gc.md.  The exit "
                "status is 0 for a store without findings, 1 with findings, 2 "
                "if something could not be checked.",
      .settings = fsck_settings,
      .conf_size = sizeof(fsck_conf_t),
      .has_json = true,
      .run = fsck_run },
    { .noun = NULL },
};
