/* purge.c: the end of uploads that were never finished.
 *
 * An upload is old if it began long ago (upload_dir_age()), as with registry:2.
 * nginx, which answers that an old one is unknown (registry_upload_expiry),
 * decides by the same.  One that receives bytes just now holds a lock, and is
 * left. */

#include "upkeep/purge.h"
#include "upkeep/upkeep.h"
#include "repository/upload_dir.h"

#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define AGE_MAX (10L * 365 * 86400)

typedef struct {
    const char *store;
    long age;
    bool is_dry_run;
} purge_conf_t;

typedef struct {
    store_t store;
    store_op_t op; /* its pool is reset after each upload */
    bool is_dry_run;
    time_t before;
    uint64_t uploads, bytes, young, busy;
    bool has_failed;
} purge_t;

static const setting_t purge_settings[] = {
    UPKEEP_STORE(purge_conf_t),
    { "age", NULL, SETTING_SECONDS, offsetof(purge_conf_t, age), 0, AGE_MAX,
      "168h", "Minimum age of an upload." },
    { "dry-run", NULL, SETTING_FLAG, offsetof(purge_conf_t, is_dry_run), 0, 0,
      NULL, "Remove nothing; print what would be removed." },
    { .name = NULL },
};


static void
upload_report(purge_t *purge, const upload_t *upload, time_t started)
{
    char text[CLOCK_TEXT_SIZE];

    printf("upload %.*s %.*s, %llu bytes: begun %s\n", STR(upload->name),
           STR(upload->id), (unsigned long long)upload->size,
           clock_print(started, text));

    purge->uploads++;
    purge->bytes += upload->size;
}


/* An old one: the process that holds its lock is about to need it, and may have
 * made it younger before the lock was ours.  One without data has no lock and
 * no one who could hold it. */
static void
upload_remove(purge_t *purge, upload_t *upload, time_t started)
{
    int rc = upload_dir_lock(&purge->op, upload->name, upload->id, upload);

    if (rc == OK && upload->lock < 0) {
        purge->busy++;
        return;
    }

    if (rc == OK && upload_dir_age(upload, &started) == OK
        && started >= purge->before) {
        upload_dir_unlock(upload);
        purge->young++;
        return;
    }

    if (rc != ERROR && !purge->is_dry_run) {
        rc = upload_dir_del(upload);
    }

    upload_dir_unlock(upload);

    if (rc == ERROR) {
        purge->has_failed = true;

    } else {
        upload_report(purge, upload, started);
    }
}


static void
upload_pass(void *data, str_t name, const char *id)
{
    purge_t *purge = data;
    upload_t upload;
    time_t started;

    if (!reg_upload_id_is_valid(reg_cstr(id))) {
        log_warn("purge: %s in %.*s is not an upload and is skipped", id,
                 STR(name));
        return;
    }

    upload_dir_set(&purge->op, name, reg_cstr(id), &upload);

    if (upload_dir_age(&upload, &started) == OK) {
        if (started < purge->before) {
            upload_remove(purge, &upload, started);

        } else {
            purge->young++;
        }
    }

    pool_reset(purge->op.pool);
}


static int
purge_run(const call_t *call)
{
    const purge_conf_t *conf = call->conf;
    purge_t purge = { .has_failed = false };
    int rc = upkeep_open(call->words[0], conf->store, &purge.store);

    if (rc != OK) {
        return rc == DECLINED ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    purge.op = store_op_begin(&purge.store, pool_create());
    purge.is_dry_run = conf->is_dry_run;
    purge.before = time(NULL) - conf->age;

    if (upload_dir_walk(&purge.op, upload_pass, &purge) == ERROR) {
        purge.has_failed = true;
    }

    printf("%llu uploads %spurged, %llu bytes; %llu are younger, %llu in use\n",
           (unsigned long long)purge.uploads,
           purge.is_dry_run ? "would be " : "", (unsigned long long)purge.bytes,
           (unsigned long long)purge.young, (unsigned long long)purge.busy);
    pool_destroy(purge.op.pool);

    return purge.has_failed || fflush(stdout) != 0 ? EXIT_FAILURE
                                                   : EXIT_SUCCESS;
}


const command_t purge_commands[] = {
    { .noun = "purge",
      .words = "ROOT",
      .summary = "Remove uploads that were started and never finished.",
      .detail = "Can run while the registry is in use; docs/gc.md.",
      .settings = purge_settings,
      .conf_size = sizeof(purge_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = purge_run },
    { .noun = NULL },
};
