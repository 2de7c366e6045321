/* restore.c: a store from a copy of one: the command.
 *
 * Blobs first, links after, tags last: whatever can be seen has all that it
 * needs.  What is there already stays, so a restore that was killed is run
 * again, and one into a store that is in use moves no tag. */

#include "backup/restore.h"
#include "backup/backup.h"
#include "backup/copy.h"
#include "fcgi_core/file.h"
#include "repository/link.h"
#include "repository/manifest.h"
#include "repository/tag.h"
#include "store/store_root.h"
#include "upkeep/upkeep.h"
#include "store/store_owner.h"
#include "repository/walk.h"

#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STATUS_DONE 0
#define STATUS_LOST 1
#define STATUS_FAILED 2

#define DIRECTORY_MODE 0777 /* and what the copy's directories have */
#define UNDER_WAY UPKEEP_DIRECTORY "/restore"

typedef struct {
    bool is_merge;
    bool is_copy;
    bool is_verify;
    bool is_quiet;
} restore_conf_t;

typedef struct {
    copy_t copy;
    str_t name; /* repository */
} restore_t;

static const setting_t restore_settings[] = {
    { "merge", NULL, SETTING_FLAG, offsetof(restore_conf_t, is_merge), 0, 0,
      NULL, "Add what is missing to an existing store, and move no tag." },
    { "copy", NULL, SETTING_FLAG, offsetof(restore_conf_t, is_copy), 0, 0, NULL,
      "Copy the bytes of every blob, even if they could be shared with the "
      "copy." },
    { "verify", NULL, SETTING_FLAG, offsetof(restore_conf_t, is_verify), 0, 0,
      NULL,
      "Read every blob and compare its digest, not only those whose bytes are "
      "copied." },
    { "quiet", NULL, SETTING_FLAG, offsetof(restore_conf_t, is_quiet), 0, 0,
      NULL, "Print only what is lost and the summary, no progress." },
    { .name = NULL },
};


/* --- links --------------------------------------------------------------- */


/* Alone with the repository, so that no delete comes between a manifest and
 * its tag. */
static int
tag_restore(restore_t *restore, str_t tag)
{
    copy_t *copy = &restore->copy;
    store_key_t key;
    reg_digest_t digest;
    store_lock_t lock;
    int rc;

    if (tag_get(&copy->from, restore->name, tag, &digest) == OK) {
        key = key_revision_link(restore->name, &digest);

    } else {
        key.text[0] = '\0';
    }

    rc = manifest_lock(&copy->to, restore->name, false, &lock);

    if (rc == OK && key.text[0] != '\0') {
        rc = copy_link(copy, key.text);
    }

    if (rc != ERROR) {
        key = key_tag_current(restore->name, tag);
        rc = copy_link(copy, key.text);
    }

    store_unlock(&lock);

    return rc;
}


static void
tag_pass(void *data, const char *name)
{
    restore_t *restore = data;
    copy_t *copy = &restore->copy;
    store_key_t key;

    if (copy->is_over || !reg_tag_is_valid(reg_cstr(name))) {
        return;
    }

    key = key_tag(restore->name, reg_cstr(name));
    key = key_below(key.text, "index");
    copy_tree(copy, key.text);

    if (!copy->is_over && tag_restore(restore, reg_cstr(name)) == ERROR) {
        copy->is_over = true;
    }

    pool_reset(copy->from.pool);
    copy_progress(copy);
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    static const char *const parts[] = { "_layers", "_manifests/revisions",
                                         "_referrers", "_v1" };
    restore_t *restore = data;
    copy_t *copy = &restore->copy;
    walk_t walk = { &copy->from, restore, NULL };
    store_key_t key;

    (void)has;

    if (copy->is_over) {
        return;
    }

    copy->repositories++;
    restore->name = name;
    copy_directory(copy, name, "_layers");
    copy_directory(copy, name, "_manifests");

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        key = key_repository(name, parts[i]);
        copy_tree(copy, key.text);
    }

    key = key_repository(name, "_manifests/tags");

    if (walk_names(&walk, key.text, tag_pass) == ERROR) {
        copy->is_over = true;
    }
}


static int
links_restore(restore_t *restore)
{
    copy_t *copy = &restore->copy;
    walk_t walk = { &copy->from, restore, NULL };

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        copy->is_over = true;
    }

    return copy->is_over ? ERROR : copy_sync(copy);
}


/* --- the store ----------------------------------------------------------- */


/* Says that a store is not whole yet, or that it is now. */
static int
mark(restore_t *restore, bool is_under_way)
{
    copy_t *copy = &restore->copy;
    pool_t *pool = pool_create();
    const char *path = pool_printf(pool, "%s" UNDER_WAY, copy->to.store->root);
    int rc = is_under_way
                 ? file_put(pool, path, reg_cstr(copy->from.store->root))
                 : file_del(pool, path);

    if (rc == ERROR) {
        copy_fail(copy, "write", path);
    }

    pool_destroy(pool);

    return rc == ERROR ? ERROR : OK;
}


/* What comes next is the operator's. */
static void
next_report(const restore_t *restore)
{
    const copy_t *copy = &restore->copy;

    if (!copy->is_quiet) {
        log_info("restore: %s is complete; start the programs that serve it, "
                 "and then, if events are delivered to an index, "
                 "`slipway-registry reindex %s`",
                 copy->to.store->root, copy->to.store->root);
    }
}


static int
store_restore(restore_t *restore)
{
    copy_t *copy = &restore->copy;

    if (mark(restore, true) == OK && copy_blobs(copy, &copy->from) == OK
        && copy_sync(copy) == OK && links_restore(restore) == OK
        && mark(restore, false) == OK) {
        next_report(restore);
    }

    copy_summary(copy);
    copy_close(copy);

    if (copy->is_over || fflush(stdout) != 0) {
        log_error("restore: not done; run it again to continue");
        return STATUS_FAILED;
    }

    return copy->lost == 0 ? STATUS_DONE : STATUS_LOST;
}


/* --- the command --------------------------------------------------------- */


/* Whether there is such a file, or a directory with anything in it. */
static bool
holds(const char *root, const char *what)
{
    char path[PATH_MAX + sizeof(REG_PATH_PREFIX "/repositories")];

    snprintf(path, sizeof(path), "%s%s", root, what);

    return access(path, F_OK) == 0 && !store_root_is_empty(path);
}


static int
root_check(const char *root, bool is_merge)
{
    if (is_merge || holds(root, UNDER_WAY)
        || (!holds(root, REG_PATH_PREFIX "/blobs")
            && !holds(root, REG_PATH_PREFIX "/repositories"))) {
        return OK;
    }

    log_error("restore: %s holds a store already; --merge adds to it", root);

    return ERROR;
}


/* No one changes a copy that may only be read. */
static int
copy_check(const char *src)
{
    char path[PATH_MAX + sizeof(REG_PATH_PREFIX "/repositories")];
    struct timespec now;

    snprintf(path, sizeof(path), "%s" REG_PATH_PREFIX "/repositories", src);

    if (access(path, R_OK | X_OK) != 0) {
        log_error("restore: cannot read %s as the owner of the new store: %s",
                  path, strerror(errno));
        return ERROR;
    }

    return access(src, W_OK) == 0 ? upkeep_lock(src, true, &now) : OK;
}


/* When the copy was begun: what was acknowledged before is in it. */
static void
begun_report(const copy_t *copy)
{
    pool_t *pool = pool_create();
    const char *path =
        pool_printf(pool, "%s" BACKUP_BEGUN, copy->from.store->root);
    str_t begun;

    if (!copy->is_quiet
        && file_get(pool, path, CLOCK_TEXT_SIZE, &begun) == OK) {
        log_info("restore: from a copy that was begun at %.*s", STR(begun));
    }

    pool_destroy(pool);
}


/* The two locks last as long as the process. */
static int
restore_open(restore_t *restore, const char *const *words, bool is_merge)
{
    copy_t *copy = &restore->copy;
    const char *src, *root;
    struct timespec now;

    if (upkeep_find_whole(words[0], &src) != OK
        || store_root_make(words[1], src, DIRECTORY_MODE, &root) != OK
        || store_owner_become(root) != OK || root_check(root, is_merge) != OK
        || copy_check(src) != OK || upkeep_lock(root, false, &now) != OK) {
        return ERROR;
    }

    copy_open(copy, "restore", src, root, root);
    begun_report(copy);

    return OK;
}


static int
restore_run(const call_t *call)
{
    const restore_conf_t *conf = call->conf;
    restore_t restore = { .copy.is_adding = true };

    restore.copy.is_copy = conf->is_copy;
    restore.copy.is_verify = conf->is_verify;
    restore.copy.is_quiet = conf->is_quiet;

    return restore_open(&restore, call->words, conf->is_merge) == OK
               ? store_restore(&restore)
               : STATUS_FAILED;
}


const command_t restore_commands[] = {
    { .noun = "restore",
      .words = "SRC ROOT",
      .summary = "Make a store of a copy.",
      .detail = "SRC is a copy made by backup, or any other copy of a store.  "
                "ROOT does not exist, is empty, or holds an unfinished "
                "restore.  The exit status is 0 if all is there, 1 if SRC has "
                "lost something, 2 if it is not done; docs/operations.md.",
      .settings = restore_settings,
      .conf_size = sizeof(restore_conf_t),
      .run = restore_run },
    { .noun = NULL },
};
