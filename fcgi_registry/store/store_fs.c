/* store_fs.c: the store as a directory of a filesystem. */

#include "store/store_fs.h"
#include "fcgi_core/file.h"

#include "fcgi_core/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HINT_LOG_MS 60000
#define READ_STEP (256 * 1024)
#define BATCHED_MAX (4 * 1024 * 1024) /* bytes that are synced with others */


static bool
is_absent(void)
{
    return errno == ENOENT || errno == ENOTDIR;
}


/* The path of a key without memory from the pool; "", which no file has, where
 * none could have it. */
static char *
path_print(const store_op_t *op, const char *key, char path[PATH_MAX])
{
    int len = snprintf(path, PATH_MAX, "%s%s", op->store->root, key);

    if (len < 0 || len >= PATH_MAX) {
        path[0] = '\0';
    }

    return path;
}


/* The etag is the file itself, whatever its name: put makes another one. */
static store_stat_t
stat_of(const struct stat *st)
{
    store_stat_t stat = { .size = (uint64_t)st->st_size, .time = st->st_mtim };

    snprintf(stat.etag, sizeof(stat.etag), "%llx-%llx",
             (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);

    return stat;
}


static int
fs_get(store_op_t *op, const char *key, size_t max, str_t *content_r)
{
    const char *path = store_path(op, key);
    int rc = file_get(op->pool, path, max, content_r);

    return rc == ERROR ? store_error(op, "read", path) : rc;
}


static int
fs_put(store_op_t *op, const char *key, str_t content)
{
    const char *path = store_path(op, key);
    int rc = op->batch != NULL ? file_batch_put(op->batch, path, content)
                               : file_put(op->pool, path, content);

    return rc == OK ? OK : store_error(op, "write", path);
}


/* A list of referrers writes a thousand at once, for any client: on a full
 * disk, or a store that may only be read, one line a minute is enough. */
static int
fs_put_hint(store_op_t *op, const char *key, str_t content)
{
    static int64_t next;
    const char *path = store_path(op, key);

    if (file_put_hint(op->pool, path, content) == OK) {
        return OK;
    }

    if (clock_ms() < next) {
        return ERROR;
    }

    next = clock_ms() + HINT_LOG_MS;

    return store_error(op, "write", path);
}


/* The commit is under a lock, which is not to be held for as long as a disk
 * takes for gigabytes. */
static int
large_sync(const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        return is_absent() ? DECLINED : ERROR;
    }

    return st.st_size > BATCHED_MAX ? file_sync_content(path) : OK;
}


static int
fs_put_file(store_op_t *op, const char *key, const char *path)
{
    const char *to = store_path(op, key);
    int rc;

    /* its last bytes may have come long ago, but it is used now; without the
     * lock of file_touch(), which the request that commits an upload holds
     * already */
    if (utimensat(AT_FDCWD, path, NULL, 0) != 0 && !is_absent()) {
        return store_error(op, "touch", path);
    }

    if (op->batch == NULL) {
        rc = file_move(op->pool, path, to);

    } else {
        rc = large_sync(path);
        file_batch_move(op->batch, path, to);
    }

    return rc == ERROR ? store_error(op, "put an upload at", to) : rc;
}


static int
fs_commit(store_op_t *op)
{
    const char *failed = "a batch";
    int rc = op->batch == NULL ? OK : file_batch_commit(op->batch, &failed);

    return rc == ERROR ? store_error(op, "write", failed) : rc;
}


static int
fs_stat(store_op_t *op, const char *key, store_stat_t *stat_r)
{
    char path[PATH_MAX];
    struct stat st;

    if (stat(path_print(op, key, path), &st) != 0) {
        return is_absent() ? DECLINED : store_error(op, "check", path);
    }

    *stat_r = stat_of(&st);

    return S_ISREG(st.st_mode) ? OK : DECLINED;
}


static int
descriptor_read(int fd, uint64_t offset, store_read_fn fn, void *data)
{
    static unsigned char buf[READ_STEP];
    ssize_t n;

    do {
        n = pread(fd, buf, sizeof(buf), (off_t)offset);
        offset += n > 0 ? (uint64_t)n : 0;
    } while (n > 0 && fn(data, buf, (size_t)n));

    return n < 0 ? ERROR : OK;
}


static int
fs_read(store_op_t *op, const char *key, uint64_t offset, store_read_fn fn,
        void *data, store_stat_t *stat_r)
{
    char path[PATH_MAX];
    int fd = open(path_print(op, key, path),
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    int rc;

    if (fd < 0) {
        return is_absent() ? DECLINED : store_error(op, "read", path);
    }

    if (fstat(fd, &st) != 0) {
        rc = ERROR;

    } else {
        *stat_r = stat_of(&st);
        rc = descriptor_read(fd, offset, fn, data);
    }

    if (rc == ERROR) {
        store_error(op, "read", path);
    }

    close(fd);

    return rc;
}


static int
fs_list(store_op_t *op, const char *key, store_name_fn fn, void *data)
{
    const char *path = store_path(op, key);
    DIR *directory = opendir(path);

    if (directory == NULL) {
        return is_absent() ? DECLINED : store_error(op, "list", path);
    }

    for (;;) {
        struct dirent *entry;

        errno = 0;
        entry = readdir(directory);

        if (entry == NULL) {
            break;
        }

        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0) {
            fn(data, entry->d_name);
        }
    }

    if (errno != 0) {
        store_error(op, "list", path);
        closedir(directory);
        return ERROR;
    }

    closedir(directory);

    return OK;
}


static int
fs_del(store_op_t *op, const char *key)
{
    const char *path = store_path(op, key);
    int rc = file_del(op->pool, path);

    return rc == ERROR ? store_error(op, "remove", path) : rc;
}


static int
fs_drop(store_op_t *op, const char *key)
{
    char path[PATH_MAX];

    if (unlink(path_print(op, key, path)) == 0) {
        return OK;
    }

    return is_absent() ? DECLINED : store_error(op, "remove", path);
}


static int
fs_del_old(store_op_t *op, const char *key, const struct timespec *before)
{
    char path[PATH_MAX];
    int rc = file_del_old(path_print(op, key, path), before);

    return rc == ERROR ? store_error(op, "remove", path) : rc;
}


static void
fs_prune(store_op_t *op, const char *key, int directories)
{
    char path[PATH_MAX];
    char *slash = strrchr(path_print(op, key, path), '/');

    for (; directories > 0 && slash != NULL; directories--) {
        *slash = '\0';
        slash = rmdir(path) == 0 ? strrchr(path, '/') : NULL;
    }
}


static int
fs_flush(store_op_t *op, const char *key)
{
    char path[PATH_MAX];
    int fd =
        open(path_print(op, key, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = OK;

    if (fd < 0) {
        return is_absent() ? DECLINED : store_error(op, "sync", path);
    }

    if (syncfs(fd) != 0) {
        rc = store_error(op, "sync", path);
    }

    close(fd);

    return rc;
}


/* Under the file's lock, without which no one marks it as used: a process that
 * has marked it checks the name after that. */
static int
open_move(store_op_t *op, int fd, const char *path, const char *etag,
          const char *to)
{
    struct stat st;
    int rc = file_is_named(fd, path);

    if (rc != OK) {
        return rc == ERROR && errno == EAGAIN ? DECLINED : rc;
    }

    if (fstat(fd, &st) != 0) {
        return ERROR;
    }

    if (strcmp(stat_of(&st).etag, etag) != 0) {
        return DECLINED;
    }

    return file_rename(op->pool, path, to) == OK
                   && file_sync_name(op->pool, to) == OK
                   && file_sync_name(op->pool, path) != ERROR
               ? OK
               : ERROR;
}


static int
fs_move_aside(store_op_t *op, const char *key, const char *etag, const char *to)
{
    const char *path = store_path(op, key);
    const char *to_path = store_path(op, to);
    /* for writing: NFS grants an exclusive lock on no other file */
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc = ERROR;

    if (fd < 0) {
        return is_absent() ? DECLINED : store_error(op, "move", path);
    }

    if (directory_make(op->pool, path_parent(op->pool, to_path)) == OK
        && lock_take(fd, LOCK_EX, op->wait) == OK) {
        rc = open_move(op, fd, path, etag, to_path);
    }

    if (rc == ERROR) {
        store_error(op, "move aside", path);
    }

    close(fd);

    return rc;
}


/* Not in one step: what makes the content visible must be gone before. */
static int
fs_del_tree(store_op_t *op, const char *key)
{
    const char *path = store_path(op, key);
    int rc = directory_del(path);

    return rc == ERROR ? store_error(op, "remove", path) : rc;
}


static int
fs_make_directory(store_op_t *op, const char *key)
{
    const char *path = store_path(op, key);

    return directory_make(op->pool, path) == OK ? OK
                                                : store_error(op, "make", path);
}


static int
fs_touch(store_op_t *op, const char *key)
{
    const char *path = store_path(op, key);
    int rc = file_touch(path, op->wait);

    return rc == ERROR ? store_error(op, "touch", path) : rc;
}


/* Data is synced before it gets its name. */
static int
fs_sync(store_op_t *op, const char *key)
{
    const char *path = store_path(op, key);
    int rc = OK;

    if (op->batch == NULL) {
        rc = file_sync_name(op->pool, path);

    } else {
        file_batch_sync_name(op->batch, path);
    }

    return rc == ERROR ? store_error(op, "sync", path) : rc;
}


static int
directory_lock(store_op_t *op, const char *key, bool is_shared, int *fd_r)
{
    const char *path = store_path(op, key);

    if (fs_make_directory(op, key) != OK) {
        return ERROR;
    }

    *fd_r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (*fd_r < 0) {
        return store_error(op, "open", path);
    }

    if (lock_take(*fd_r, is_shared ? LOCK_SH : LOCK_EX, op->wait) != OK) {
        store_error(op, "lock", path);
        close(*fd_r);
        return ERROR;
    }

    return OK;
}


static int
fs_lock(store_op_t *op, const char *key, const char *gate, bool is_shared,
        store_lock_t *lock_r)
{
    int gate_fd = -1;
    int rc;

    if (gate != NULL && directory_lock(op, gate, is_shared, &gate_fd) != OK) {
        return ERROR;
    }

    rc = directory_lock(op, key, is_shared, &lock_r->fd);

    if (gate != NULL) {
        close(gate_fd);
    }

    return rc;
}


static int
fs_try_lock(store_op_t *op, const char *key, store_lock_t *lock_r)
{
    char path[PATH_MAX];
    int fd =
        open(path_print(op, key, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = OK;

    if (fd < 0) {
        return is_absent() ? DECLINED : store_error(op, "open", path);
    }

    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK ? DECLINED : store_error(op, "lock", path);
        close(fd);
    }

    lock_r->fd = fd;

    return rc;
}


static void
fs_unlock(store_lock_t *lock)
{
    close(lock->fd); /* and the lock with it */
}


const store_driver_t store_fs = {
    .name = "filesystem",
    .get = fs_get,
    .put = fs_put,
    .put_hint = fs_put_hint,
    .put_file = fs_put_file,
    .commit = fs_commit,
    .read = fs_read,
    .stat = fs_stat,
    .list = fs_list,
    .del = fs_del,
    .drop = fs_drop,
    .del_old = fs_del_old,
    .prune = fs_prune,
    .flush = fs_flush,
    .move_aside = fs_move_aside,
    .del_tree = fs_del_tree,
    .make_directory = fs_make_directory,
    .touch = fs_touch,
    .sync = fs_sync,
    .lock = fs_lock,
    .try_lock = fs_try_lock,
    .unlock = fs_unlock,
};
