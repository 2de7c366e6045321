/* gc_sweep.c: removes what no manifest needs and no one has used of late.
 *
 * Between the last look at a blob and its removal somebody may come to rely
 * on it.  Everybody who does so touches its data first (store_touch(), and the
 * module for HEAD) under a shared lock of the file, and then looks whether the
 * name is still there; file_del_old() looks at the time and removes the name
 * while it is alone with that lock.  So one of them is first: either the touch
 * is seen and the blob stays, or the name has gone and whoever wanted it is
 * told so and sends the bytes again.  There is no moment at which a blob that
 * stays is not to be seen, and nothing to repair after a kill: a blob is there
 * or it is not. */

#include "gc/gc.h"
#include "fcgi_core/file.h"
#include "repository/link.h"
#include "upkeep/upkeep.h"

#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>


/* Removes the directory of a path, if it is empty.  Whoever is about to write
 * there makes it again. */
static void
directory_drop(char *path)
{
    *strrchr(path, '/') = '\0';
    rmdir(path);
}


static void
swept_tell(gc_t *gc, const reg_digest_t *digest, const struct stat *st)
{
    char text[REG_DIGEST_MAX + 1], used[CLOCK_TEXT_SIZE];

    gc->n.swept++;
    gc->n.bytes += (uint64_t)st->st_size;

    reg_digest_print(digest, text);
    gc_tell(gc, "blob %s, %llu bytes: no manifest needs it, last used %s", text,
            (unsigned long long)st->st_size,
            clock_print(st->st_mtim.tv_sec, used));
}


static void
blob_sweep(gc_t *gc, const reg_digest_t *digest)
{
    char path[REG_PATH_MAX];
    struct stat st;
    int rc = OK;

    reg_path_blob(path, sizeof(path), reg_cstr(gc->store.root), digest);

    if (lstat(path, &st) != 0) {
        if (!gc->is_dry_run) {
            directory_drop(path); /* what a kill has left */
        }

        return;
    }

    if (upkeep_is_young(path, &gc->cutoff)) {
        gc->n.young++;
        return;
    }

    if (!gc->is_dry_run) {
        rc = file_del_old(path, &gc->cutoff);
    }

    if (rc == OK) {
        swept_tell(gc, digest, &st);

        if (!gc->is_dry_run) {
            directory_drop(path);
        }

    } else if (rc == DECLINED) {
        gc->n.young++; /* touched just now */

    } else {
        log_error("gc: cannot remove %s: %s", path, strerror(errno));
        gc->has_failed = true;
    }
}


static void
blob_pass(void *data, const reg_digest_t *digest)
{
    gc_t *gc = data;

    if (digest_set_has(gc->marked, digest)) {
        gc->n.kept++;

    } else {
        blob_sweep(gc, digest);
    }

    gc_progress(gc, "sweeping");
}


/* --- links to what is gone ----------------------------------------------- */


typedef struct {
    gc_t *gc;
    str_t name;
} repository_t;


/* Whether a link leads to nothing: to what was swept, or would have been. */
static bool
is_dangling(gc_t *gc, const reg_digest_t *stored)
{
    char path[REG_PATH_MAX];
    struct stat st;

    if (digest_set_has(gc->marked, stored)) {
        return false;
    }

    reg_path_blob(path, sizeof(path), reg_cstr(gc->store.root), stored);

    if (lstat(path, &st) != 0) {
        return errno == ENOENT;
    }

    return gc->is_dry_run && !upkeep_is_young(path, &gc->cutoff);
}


/* The repository's links of blobs, alone, until *fd_r is closed, which is -1
 * where there are none.  DECLINED where somebody is writing one: the next run
 * will do. */
static int
layers_lock(const repository_t *repository, int *fd_r)
{
    char path[REG_PATH_MAX];

    reg_path_repository(path, sizeof(path),
                        reg_cstr(repository->gc->store.root), repository->name,
                        "_layers");
    *fd_r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (*fd_r < 0) {
        return errno == ENOENT ? DECLINED : ERROR;
    }

    if (flock(*fd_r, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? DECLINED : ERROR;
    }

    return OK;
}


/* Content comes before its link, and the link under the lock: what is still
 * not there now is not on its way.  The link is read again, since a push may
 * have made it lead elsewhere. */
static int
link_remove(const repository_t *repository, const char *key)
{
    gc_t *gc = repository->gc;
    char *path = store_path(&gc->store, key);
    reg_digest_t stored;
    int fd, rc = layers_lock(repository, &fd);

    if (rc == OK) {
        rc = link_get(&gc->store, key, &stored);
    }

    if (rc == OK) {
        rc = !is_dangling(gc, &stored) ? DECLINED
             : unlink(path) == 0       ? OK
             : errno == ENOENT         ? DECLINED /* deleted just now */
                                       : ERROR;
    }

    if (rc == OK) {
        directory_drop(path);

    } else if (rc == ERROR) {
        log_error("gc: cannot remove %s: %s", path, strerror(errno));
        gc->has_failed = true;
    }

    if (fd >= 0) {
        close(fd);
    }

    return rc;
}


static void
link_sweep(const repository_t *repository, const reg_digest_t *digest)
{
    gc_t *gc = repository->gc;
    char key[REG_PATH_MAX], text[REG_DIGEST_MAX + 1];
    reg_digest_t stored;
    int rc;

    reg_path_layer_link(key, sizeof(key), NO_ROOT, repository->name, digest);

    if (upkeep_is_young(store_path(&gc->store, key), &gc->cutoff)) {
        return;
    }

    rc = link_get(&gc->store, key, &stored);

    if (rc == DECLINED && !gc->is_dry_run) {
        directory_drop(
            store_path(&gc->store, key)); /* what a delete has left */
    }

    if (rc == ERROR) {
        gc->has_failed = true;
    }

    if (rc != OK || !is_dangling(gc, &stored)
        || (!gc->is_dry_run && link_remove(repository, key) != OK)) {
        return;
    }

    gc->n.links++;
    reg_digest_print(digest, text);
    gc_tell(gc, "link %.*s %s: it leads to nothing", (int)repository->name.len,
            repository->name.data, text);
}


static void
link_pass(void *data, const reg_digest_t *digest)
{
    const repository_t *repository = data;
    gc_t *gc = repository->gc;

    if (!digest_set_has(gc->marked, digest)) {
        link_sweep(repository, digest);
        pool_reset(gc->store.pool);
    }

    gc_progress(gc, "removing links");
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    gc_t *gc = data;
    repository_t repository = { gc, name };
    walk_t walk = { &gc->store, &repository, NULL };
    char key[REG_PATH_MAX];

    reg_path_repository(key, sizeof(key), NO_ROOT, name, "_layers");

    if ((has & WALK_LAYERS) != 0
        && walk_digests(&walk, key, link_pass) == ERROR) {
        gc->has_failed = true;
    }
}


/* A crash must not bring back a manifest whose blobs are gone. */
static void
removals_sync(gc_t *gc)
{
    char path[REG_PATH_MAX];
    int fd;

    /* the blobs may be on another filesystem */
    reg_path_repositories(path, sizeof(path), reg_cstr(gc->store.root));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || syncfs(fd) != 0) {
        log_error("gc: cannot sync %s: %s", path, strerror(errno));
        gc->has_failed = true;
    }

    if (fd >= 0) {
        close(fd);
    }
}


void
gc_sweep(gc_t *gc)
{
    walk_t walk = { &gc->store, gc, NULL };

    if (gc->n.revisions != 0 && !gc->is_dry_run) {
        removals_sync(gc);
    }

    if (walk_blobs(&walk, blob_pass) == ERROR
        || walk_repositories(&walk, repository_pass) == ERROR) {
        gc->has_failed = true;
    }
}
