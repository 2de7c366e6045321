/* purge.c: the end of uploads that were never finished.
 *
 * An upload is old when it began long ago, by its startedat, as with
 * registry:2; where that is missing or says nothing, when its bytes (or its
 * directory) were last written.  nginx, which answers that an old one is
 * unknown (registry_upload_expiry), tells by the same.  One that receives bytes
 * just now holds a lock, and is left. */

#include "upkeep/purge.h"
#include "fcgi_core/file.h"
#include "upkeep/upkeep.h"
#include "repository/upload_dir.h"
#include "repository/walk.h"

#include "common/name.h"
#include "common/utc.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define AGE_MAX (10L * 365 * 86400)

typedef struct {
    long age;
    bool is_dry_run;
} purge_conf_t;

typedef struct {
    store_t store; /* its pool is reset after each upload */
    bool is_dry_run;
    time_t before;
    str_t name; /* repository */
    uint64_t uploads, bytes, young, busy;
    bool has_failed;
} purge_t;

static const setting_t purge_settings[] = {
    { "age", NULL, SETTING_SECONDS, offsetof(purge_conf_t, age), 0, AGE_MAX,
      "168h", "How long ago an upload must have begun." },
    { "dry-run", NULL, SETTING_FLAG, offsetof(purge_conf_t, is_dry_run), 0, 0,
      NULL, "Remove nothing; say what would go." },
    { .name = NULL },
};


static int
started_read(purge_t *purge, const upload_t *upload, time_t *started_r)
{
    pool_t *pool = purge->store.pool;
    const char *path = pool_printf(pool, "%s/startedat", upload->directory);
    int64_t seconds;
    str_t text;

    if (file_get(pool, path, REG_UTC_MAX, &text) != OK
        || reg_utc_parse(text, &seconds) != OK) {
        return DECLINED;
    }

    *started_r = (time_t)seconds;

    return OK;
}


static int
changed_read(const upload_t *upload, time_t *changed_r)
{
    struct stat st;

    if (lstat(upload->data, &st) != 0 && lstat(upload->directory, &st) != 0) {
        return DECLINED;
    }

    *changed_r = st.st_mtim.tv_sec;

    return OK;
}


static void
upload_tell(purge_t *purge, const upload_t *upload, time_t started)
{
    char text[CLOCK_TEXT_SIZE];

    printf("upload %.*s %.*s, %llu bytes: begun %s\n", (int)upload->name.len,
           upload->name.data, (int)upload->id.len, upload->id.data,
           (unsigned long long)upload->size, clock_print(started, text));

    purge->uploads++;
    purge->bytes += upload->size;
}


/* When it began.  DECLINED where nothing is left of it. */
static int
age_read(purge_t *purge, const upload_t *upload, time_t *started_r)
{
    return started_read(purge, upload, started_r) == OK
               ? OK
               : changed_read(upload, started_r);
}


/* An old one: whoever holds its lock is about to need it, and may have made it
 * younger before the lock was ours.  One without data has no lock and no one
 * who could hold it. */
static void
upload_remove(purge_t *purge, upload_t *upload, time_t started)
{
    int rc = upload_dir_lock(&purge->store, upload->name, upload->id, upload);

    if (rc == OK && upload->lock < 0) {
        purge->busy++;
        return;
    }

    if (rc == OK && age_read(purge, upload, &started) == OK
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
        upload_tell(purge, upload, started);
    }
}


static void
upload_pass(void *data, const char *id)
{
    purge_t *purge = data;
    upload_t upload;
    time_t started;

    if (!reg_upload_id_is_valid(reg_cstr(id))) {
        log_warn("purge: %s in %.*s is no upload and is left", id,
                 (int)purge->name.len, purge->name.data);
        return;
    }

    upload_dir_set(&purge->store, purge->name, reg_cstr(id), &upload);

    if (age_read(purge, &upload, &started) == OK) {
        if (started < purge->before) {
            upload_remove(purge, &upload, started);

        } else {
            purge->young++;
        }
    }

    pool_reset(purge->store.pool);
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    purge_t *purge = data;
    walk_t walk = { &purge->store, purge, NULL };
    char key[REG_PATH_MAX];

    if ((has & WALK_UPLOADS) == 0) {
        return;
    }

    purge->name = name;
    reg_path_repository(key, sizeof(key), NO_ROOT, name, "_uploads");

    if (walk_names(&walk, key, upload_pass) == ERROR) {
        purge->has_failed = true;
    }
}


static int
purge_run(const call_t *call)
{
    const purge_conf_t *conf = call->conf;
    purge_t purge = { .has_failed = false };
    walk_t walk = { &purge.store, &purge, NULL };
    const char *root;
    int rc = upkeep_root(call->words[0], &root);

    if (rc != OK) {
        return rc == DECLINED ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    store_open(&purge.store, pool_create(), root);
    purge.is_dry_run = conf->is_dry_run;
    purge.before = time(NULL) - conf->age;

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        purge.has_failed = true;
    }

    printf("%llu uploads %spurged, %llu bytes; %llu are younger, %llu in use\n",
           (unsigned long long)purge.uploads,
           purge.is_dry_run ? "would be " : "", (unsigned long long)purge.bytes,
           (unsigned long long)purge.young, (unsigned long long)purge.busy);
    pool_destroy(purge.store.pool);

    return purge.has_failed || fflush(stdout) != 0 ? EXIT_FAILURE
                                                   : EXIT_SUCCESS;
}


const command_t purge_commands[] = {
    { .noun = "purge",
      .words = "ROOT",
      .summary = "Remove uploads that were begun and never finished.",
      .detail = "Runs beside a registry that is in use; docs/gc.md.",
      .settings = purge_settings,
      .conf_size = sizeof(purge_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = purge_run },
    { .noun = NULL },
};
