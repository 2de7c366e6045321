/* backup.c: a copy of a store that is in use: the command.
 *
 * Links first, blobs after: with gc held off, what a link leads to is still
 * there when its blobs are copied.  A tag is copied with the links of all that
 * its manifest needs; where one of them is missing, a client may have moved
 * the tag and deleted its old manifest, and the tag is copied again under the
 * repository's exclusive lock.
 *
 * The links of a run are written next to those of the last one, and take their
 * place in one step when every blob is there.  So a copy is whole at any time,
 * and a run that was killed is simply run again: blobs that it has copied are
 * found. */

#include "backup/backup.h"
#include "repository/blob.h"
#include "backup/copy.h"
#include "fcgi_core/file.h"
#include "repository/link.h"
#include "repository/manifest.h"
#include "manifest/manifest_schema1.h"
#include "repository/tag.h"
#include "store/store_root.h"
#include "upkeep/upkeep.h"
#include "store/store_owner.h"
#include "repository/walk.h"

#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_DONE 0
#define STATUS_LOST 1
#define STATUS_FAILED 2

#define DIRECTORY_MODE 0700 /* a copy holds what is private */
#define PENDING_FIRST 16

typedef struct {
    const char *reference;
    bool is_copy;
    bool is_verify;
    bool is_quiet;
} backup_conf_t;

typedef struct {
    copy_t copy;
    char begun[CLOCK_TEXT_SIZE];
    str_t name;          /* repository */
    digest_set_t *taken; /* its manifests with all links that they need */
} backup_t;

/* The manifests that a tag reaches and that are still to be read: a list, not a
 * recursion, since no one shall choose how deep we go. */
typedef struct {
    backup_t *backup;
    pool_t *pool; /* for as long as the list */
    size_t n, size;
    reg_digest_t *pending;
    bool is_last;  /* what is missing now is missing in the store */
    bool is_whole; /* nothing was missing */
} reach_t;

static const setting_t backup_settings[] = {
    { "reference", NULL, SETTING_STRING, offsetof(backup_conf_t, reference), 0,
      0, NULL,
      "An older copy: its blobs are used, on the same file system without "
      "writing their bytes." },
    { "copy", NULL, SETTING_FLAG, offsetof(backup_conf_t, is_copy), 0, 0, NULL,
      "Copy the bytes of every blob, even if they could be shared with the "
      "store." },
    { "verify", NULL, SETTING_FLAG, offsetof(backup_conf_t, is_verify), 0, 0,
      NULL,
      "Read every blob of the copy and compare its digest, not only those "
      "whose bytes are copied." },
    { "quiet", NULL, SETTING_FLAG, offsetof(backup_conf_t, is_quiet), 0, 0,
      NULL, "Print only what is lost and the summary, no progress." },
    { .name = NULL },
};


/* --- what a tag needs ---------------------------------------------------- */


static void
pending_push(reach_t *reach, const reg_digest_t *digest)
{
    reg_digest_t *slot;

    if (reach->n == reach->size) {
        const reg_digest_t *old = reach->pending;

        reach->size = reach->size == 0 ? PENDING_FIRST : reach->size * 2;
        reach->pending =
            pool_alloc(reach->pool, reach->size * sizeof(reg_digest_t));

        if (reach->n != 0) {
            memcpy(reach->pending, old, reach->n * sizeof(reg_digest_t));
        }
    }

    slot = &reach->pending[reach->n++];
    slot->algorithm = digest->algorithm;
    slot->hex =
        (str_t){ digest->hex.len,
                 (unsigned char *)pool_strndup(reach->pool, digest->hex) };
}


/* The link of a layer or of a revision, and whether it leads to anything. */
static int
link_take(reach_t *reach, const char *key)
{
    copy_t *copy = &reach->backup->copy;
    reg_digest_t stored;
    int rc = copy_link(copy, key);

    if (rc == OK) {
        rc = link_resolve(&copy->from, key, &stored);
    }

    if (rc == ERROR) {
        copy->is_over = true;
    }

    return rc;
}


/* One that is missing is logged once no request can change anything; what the
 * copy still has of before is not lost. */
static void
missing(reach_t *reach, const reg_digest_t *digest)
{
    copy_t *copy = &reach->backup->copy;

    reach->is_whole = false;

    if (reach->is_last && blob_is_stored(&copy->from, digest) == DECLINED
        && blob_is_stored(&copy->to, digest) == DECLINED
        && digest_set_add(copy->done, digest)) {
        copy_lost(copy, digest, "is missing");
    }
}


/* A part of an index may be there as a blob. */
static void
reference_take(reach_t *reach, const descriptor_t *reference, bool is_part,
               bool may_lack)
{
    str_t name = reach->backup->name;
    store_key_t key = key_layer_link(name, &reference->digest);
    int rc = link_take(reach, key.text);

    if (is_part) {
        key = key_revision_link(name, &reference->digest);

        if (link_take(reach, key.text) == OK) {
            pending_push(reach, &reference->digest);
            rc = OK;
        }
    }

    if (rc == DECLINED && !may_lack && !reference->is_optional) {
        missing(reach, &reference->digest);
    }
}


/* What cannot be understood needs whatever digest stands in it, if that is
 * there. */
static void
references_take(reach_t *reach, const reg_digest_t *digest,
                const reg_digest_t *stored)
{
    backup_t *backup = reach->backup;
    copy_t *copy = &backup->copy;
    const char *error;
    manifest_t manifest;
    bool may_lack;
    str_t content;
    store_key_t key = key_revision_sparse(backup->name, digest);

    may_lack = copy_link(copy, key.text) == OK;
    key = key_blob(stored);

    if (store_get(&copy->from, key.text, MANIFEST_BYTES_MAX, &content) != OK) {
        return;
    }

    if (manifest_parse_any(copy->from.pool, content, &manifest, &error) != OK) {
        manifest_named(copy->from.pool, content, &manifest);
        may_lack = true;
    }

    for (size_t i = 0; i < manifest.n && !copy->is_over; i++) {
        const descriptor_t *reference = &manifest.references[i];

        if (reference->is_known) {
            reference_take(reach, reference,
                           manifest.is_index
                               && manifest_is_type(reference->media_type),
                           may_lack);
        }
    }
}


static void
revision_take(reach_t *reach, const reg_digest_t *digest)
{
    backup_t *backup = reach->backup;
    copy_t *copy = &backup->copy;
    reg_digest_t stored;
    store_key_t key = key_revision_link(backup->name, digest);

    if (link_take(reach, key.text) == OK
        && link_get(&copy->from, key.text, &stored) == OK) {
        references_take(reach, digest, &stored);

    } else {
        missing(reach, digest);
    }
}


/* --- tags ---------------------------------------------------------------- */


static void
link_write(copy_t *copy, const char *key, const reg_digest_t *digest)
{
    const char *path = store_path(&copy->links_to, key);
    char text[REG_DIGEST_MAX + 1];
    size_t len = reg_digest_print(digest, text);

    if (file_put_hint(copy->to.pool, path,
                      (str_t){ len, (unsigned char *)text })
        != OK) {
        copy_fail(copy, "write", path);
    }

    copy->links++;
}


/* The tag as it was read before what it needs was copied. */
static void
tag_write(backup_t *backup, str_t tag, const reg_digest_t *digest)
{
    copy_t *copy = &backup->copy;
    store_key_t key = key_tag(backup->name, tag);

    key = key_below(key.text, "index");
    copy_tree(copy, key.text);
    key = key_tag_index(backup->name, tag, digest);

    if (access(store_path(&copy->links_to, key.text), F_OK) != 0) {
        link_write(copy, key.text, digest);
    }

    key = key_tag_current(backup->name, tag);
    link_write(copy, key.text, digest);
    pool_reset(copy->from.pool);
}


/* What the tag points to, with all that it needs. */
static void
tag_reach(reach_t *reach, const reg_digest_t *top)
{
    backup_t *backup = reach->backup;
    copy_t *copy = &backup->copy;

    pending_push(reach, top);

    for (size_t i = 0; i < reach->n && !copy->is_over; i++) {
        reg_digest_t digest = reach->pending[i];

        if (digest_set_add(backup->taken, &digest)) {
            revision_take(reach, &digest);
        }

        pool_reset(copy->from.pool);
        copy_progress(copy);
    }

    /* what was taken lacks something: for the next tag it is read again */
    if (!reach->is_whole) {
        digest_set_clear(backup->taken);
    }
}


/* One whose link is broken is copied as it is: fsck may repair it. */
static void
broken_take(backup_t *backup, str_t tag)
{
    copy_t *copy = &backup->copy;
    store_key_t key;

    if (tag_check(&copy->from, backup->name, tag) == OK) {
        key = key_tag(backup->name, tag);
        copy_tree(copy, key.text);
    }
}


/* False where something was missing and may not be when no one else is at the
 * repository. */
static bool
tag_take(backup_t *backup, str_t tag, bool is_last)
{
    copy_t *copy = &backup->copy;
    reach_t reach = { .backup = backup, .is_last = is_last, .is_whole = true };
    reg_digest_t top;
    int rc = tag_get(&copy->from, backup->name, tag, &top);
    bool is_done;

    if (rc != OK) {
        copy->is_over |= rc == ERROR;
        broken_take(backup, tag);
        pool_reset(copy->from.pool);
        return true;
    }

    reach.pool = pool_create();
    tag_reach(&reach, &top);
    is_done = reach.is_whole || is_last;

    if (is_done && !copy->is_over) {
        tag_write(backup, tag, &reach.pending[0]);
    }

    pool_destroy(reach.pool);

    return is_done || copy->is_over;
}


static void
tag_pass(void *data, const char *name)
{
    backup_t *backup = data;
    copy_t *copy = &backup->copy;
    str_t tag = reg_cstr(name);
    store_lock_t lock;

    if (copy->is_over || !reg_tag_is_valid(tag)
        || tag_take(backup, tag, false)) {
        return;
    }

    if (manifest_lock(&copy->from, backup->name, false, &lock) == OK) {
        tag_take(backup, tag, true);

    } else {
        copy->is_over = true;
    }

    store_unlock(&lock);
}


/* --- links --------------------------------------------------------------- */


/* Tags first: what else there is needs nothing of what is copied before. */
static void
repository_pass(void *data, str_t name, unsigned has)
{
    static const char *const parts[] = { "_manifests/revisions", "_layers",
                                         "_referrers", "_v1" };
    backup_t *backup = data;
    copy_t *copy = &backup->copy;
    walk_t walk = { &copy->from, backup, NULL };
    store_key_t key;

    (void)has; /* by now it may have more */

    if (copy->is_over) {
        return;
    }

    copy->repositories++;
    backup->name = name;
    digest_set_clear(backup->taken);
    copy_directory(copy, name, "_manifests");
    copy_directory(copy, name, "_layers");
    key = key_repository(name, "_manifests/tags");

    if (walk_names(&walk, key.text, tag_pass) == ERROR) {
        copy->is_over = true;
    }

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        key = key_repository(name, parts[i]);
        copy_tree(copy, key.text);
    }
}


static int
links_copy(backup_t *backup)
{
    copy_t *copy = &backup->copy;
    walk_t walk = { &copy->from, backup, NULL };
    const char *path;
    store_key_t key = key_repositories();

    path = store_path(&copy->links_to, key.text);

    if (directory_make_unsynced(copy->to.pool, path, NULL) != OK) {
        return copy_fail(copy, "make", path);
    }

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        copy->is_over = true;
    }

    return copy->is_over ? ERROR : OK;
}


/* --- the copy ------------------------------------------------------------ */


static char *
repositories_path(pool_t *pool, const char *root)
{
    return pool_printf(pool, "%s%s", root, key_repositories().text);
}


/* Where two names cannot change places, a crash may come between: the old links
 * are put back by the next run. */
static int
names_exchange(const char *new, const char *old, const char *aside)
{
    if (renameat2(AT_FDCWD, new, AT_FDCWD, old, RENAME_EXCHANGE) == 0) {
        return OK;
    }

    if (errno == ENOENT) {
        return rename(new, old) == 0 ? OK : ERROR;
    }

    if (errno != EINVAL && errno != ENOSYS) {
        return ERROR;
    }

    return rename(old, aside) == 0 && rename(new, old) == 0 ? OK : ERROR;
}


static int
leftovers_del(backup_t *backup)
{
    copy_t *copy = &backup->copy;
    pool_t *pool = pool_create();
    const char *old = repositories_path(pool, copy->to.store->root);
    const char *directory =
        pool_printf(pool, "%s" BACKUP_DIRECTORY, copy->to.store->root);
    const char *aside = pool_printf(pool, "%s/old", directory);
    int rc = OK;

    if (access(old, F_OK) != 0 && access(aside, F_OK) == 0
        && rename(aside, old) != 0) {
        rc = copy_fail(copy, "put back", old);
    }

    if (rc == OK
        && (directory_del(aside) == ERROR
            || directory_del(copy->links_to.store->root) == ERROR)) {
        rc = copy_fail(copy, "remove what is left in", directory);
    }

    pool_destroy(pool);

    return rc;
}


/* The links of this run become those of the copy, all at once. */
static int
links_place(backup_t *backup)
{
    copy_t *copy = &backup->copy;
    pool_t *pool = pool_create();
    const char *new = repositories_path(pool, copy->links_to.store->root);
    const char *old = repositories_path(pool, copy->to.store->root);
    int rc = copy_sync(copy);

    if (rc == OK
        && (directory_make(pool, pool_printf(pool, "%s" REG_PATH_PREFIX,
                                             copy->to.store->root))
                != OK
            || names_exchange(new, old,
                              pool_printf(pool, "%s" BACKUP_DIRECTORY "/old",
                                          copy->to.store->root))
                   != OK
            || file_put(
                   pool,
                   pool_printf(pool, "%s" BACKUP_BEGUN, copy->to.store->root),
                   reg_cstr(backup->begun))
                   != OK)) {
        rc = copy_fail(copy, "put new links at", old);
    }

    if (rc == OK) {
        rc = copy_sync(copy);
    }

    pool_destroy(pool);

    return rc;
}


static int
store_copy(backup_t *backup)
{
    copy_t *copy = &backup->copy;

    backup->taken = digest_set_create();

    if (leftovers_del(backup) == OK && links_copy(backup) == OK
        && copy_blobs(copy, &copy->links_to) == OK
        && links_place(backup) == OK) {
        leftovers_del(backup);
    }

    copy_summary(copy);
    digest_set_destroy(backup->taken);
    copy_close(copy);

    if (copy->is_over || fflush(stdout) != 0) {
        log_error("backup: not done, and the copy is unchanged; run it again "
                  "to continue");
        return STATUS_FAILED;
    }

    return copy->lost == 0 ? STATUS_DONE : STATUS_LOST;
}


/* --- the command --------------------------------------------------------- */


static bool
is_below(const char *path, const char *above)
{
    size_t len = strlen(above);

    return strncmp(path, above, len) == 0
           && (path[len] == '/' || path[len] == '\0');
}


static int
directory_create(const char *path)
{
    pool_t *pool = pool_create();
    int rc = directory_make(pool, path);

    if (rc != OK) {
        log_error("backup: cannot make %s: %s", path, strerror(errno));
    }

    pool_destroy(pool);

    return rc;
}


/* A store or a home that is named by mistake must not be lost. */
static int
dest_check(const char *root, const char *dest)
{
    char path[PATH_MAX + sizeof(BACKUP_DIRECTORY)];

    if (is_below(root, dest) || is_below(dest, root)) {
        log_error("backup: of %s and %s one contains the other", root, dest);
        return ERROR;
    }

    if (strlen(dest) + sizeof(BACKUP_DIRECTORY "/new") > REG_ROOT_MAX) {
        log_error("backup: %s is too long", dest);
        return ERROR;
    }

    snprintf(path, sizeof(path), "%s" BACKUP_DIRECTORY, dest);

    if (access(path, F_OK) == 0) {
        return OK;
    }

    if (!store_root_is_empty(dest)) {
        log_error("backup: %s is neither empty nor a copy that backup made",
                  dest);
        return ERROR;
    }

    return directory_create(path);
}


/* The two locks last as long as the process. */
static int
backup_open(backup_t *backup, const char *const *words)
{
    copy_t *copy = &backup->copy;
    const char *root, *dest;
    static char links[REG_ROOT_MAX + 1];
    struct timespec now;

    if (upkeep_find_whole(words[0], &root) != OK
        || (copy->reference != NULL
            && upkeep_find(copy->reference, &copy->reference) != OK)
        || store_root_make(words[1], root, DIRECTORY_MODE, &dest) != OK
        || store_owner_become(root) != OK || dest_check(root, dest) != OK
        || upkeep_lock(root, true, &now) != OK
        || upkeep_lock(dest, false, &now) != OK) {
        return ERROR;
    }

    clock_print(time(NULL), backup->begun);
    snprintf(links, sizeof(links), "%s" BACKUP_DIRECTORY "/new", dest);
    copy_open(copy, "backup", root, dest, links);

    return OK;
}


static int
backup_run(const call_t *call)
{
    const backup_conf_t *conf = call->conf;
    backup_t backup = { .taken = NULL };

    json_open();
    backup.copy.reference = conf->reference;
    backup.copy.is_copy = conf->is_copy;
    backup.copy.is_verify = conf->is_verify;
    backup.copy.is_quiet = conf->is_quiet;

    return backup_open(&backup, call->words) == OK ? store_copy(&backup)
                                                   : STATUS_FAILED;
}


const command_t backup_commands[] = {
    { .noun = "backup",
      .words = "ROOT DEST",
      .summary = "Copy a store that is in use.",
      .detail = "Can run while the registry is in use, but not during gc.  "
                "DEST is a store of its own, consistent at any time; a second "
                "run copies new content.  The exit status is 0 if all is "
                "copied, 1 if the store itself has lost something, 2 if DEST "
                "is unchanged; docs/operations.md.",
      .settings = backup_settings,
      .conf_size = sizeof(backup_conf_t),
      .run = backup_run },
    { .noun = NULL },
};
