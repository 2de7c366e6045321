/* store_fs.c: the store as a directory of a filesystem. */

#include "store/store_fs.h"
#include "fcgi_core/file.h"

#include "fcgi_core/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HINT_LOG_MS 60000


static bool
is_absent(void)
{
    return errno == ENOENT || errno == ENOTDIR;
}


static int
fs_get(store_t *store, const char *key, size_t max, str_t *content_r)
{
    const char *path = store_path(store, key);
    int rc = file_get(store->pool, path, max, content_r);

    return rc == ERROR ? store_error(store, "read", path) : rc;
}


static int
fs_put(store_t *store, const char *key, str_t content)
{
    const char *path = store_path(store, key);

    return file_put(store->pool, path, content) == OK
               ? OK
               : store_error(store, "write", path);
}


/* A list of referrers writes a thousand at once, for anybody: on a full disk,
 * or a store that may only be read, one line a minute is enough. */
static int
fs_put_hint(store_t *store, const char *key, str_t content)
{
    static int64_t next;
    const char *path = store_path(store, key);

    if (file_put_hint(store->pool, path, content) == OK) {
        return OK;
    }

    if (clock_ms() < next) {
        return ERROR;
    }

    next = clock_ms() + HINT_LOG_MS;

    return store_error(store, "write", path);
}


static int
fs_put_file(store_t *store, const char *key, const char *path)
{
    const char *to = store_path(store, key);
    int rc;

    /* its last bytes may have come long ago, but it is used now; without the
     * lock of file_touch(), which whoever commits an upload holds himself */
    if (utimensat(AT_FDCWD, path, NULL, 0) != 0 && !is_absent()) {
        return store_error(store, "touch", path);
    }

    rc = file_move(store->pool, path, to);

    return rc == ERROR ? store_error(store, "put an upload at", to) : rc;
}


static int
fs_stat(store_t *store, const char *key, uint64_t *size_r)
{
    const char *path = store_path(store, key);
    struct stat st;

    if (stat(path, &st) != 0) {
        return is_absent() ? DECLINED : store_error(store, "look at", path);
    }

    *size_r = (uint64_t)st.st_size;

    return S_ISREG(st.st_mode) ? OK : DECLINED;
}


static int
fs_list(store_t *store, const char *key,
        void (*fn)(void *data, const char *name), void *data)
{
    const char *path = store_path(store, key);
    DIR *directory = opendir(path);

    if (directory == NULL) {
        return is_absent() ? DECLINED : store_error(store, "list", path);
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
        store_error(store, "list", path);
        closedir(directory);
        return ERROR;
    }

    closedir(directory);

    return OK;
}


static int
fs_del(store_t *store, const char *key)
{
    const char *path = store_path(store, key);
    int rc = file_del(store->pool, path);

    return rc == ERROR ? store_error(store, "remove", path) : rc;
}


/* Not in one step: what makes the content visible must be gone before. */
static int
fs_del_tree(store_t *store, const char *key)
{
    const char *path = store_path(store, key);
    int rc = directory_del(path);

    return rc == ERROR ? store_error(store, "remove", path) : rc;
}


static int
fs_make_directory(store_t *store, const char *key)
{
    const char *path = store_path(store, key);

    return directory_make(store->pool, path) == OK
               ? OK
               : store_error(store, "make", path);
}


static int
fs_touch(store_t *store, const char *key)
{
    const char *path = store_path(store, key);
    int rc = file_touch(path, &store->wait);

    return rc == ERROR ? store_error(store, "touch", path) : rc;
}


/* Data is synced before it gets its name. */
static int
fs_sync(store_t *store, const char *key)
{
    const char *path = store_path(store, key);
    int rc = file_sync_name(store->pool, path);

    return rc == ERROR ? store_error(store, "sync", path) : rc;
}


static void
lock_release(void *data)
{
    close(*(int *)data); /* and the lock with it */
}


static int
directory_lock(store_t *store, const char *key, bool is_shared, int *fd_r)
{
    const char *path = store_path(store, key);

    if (fs_make_directory(store, key) != OK) {
        return ERROR;
    }

    *fd_r = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (*fd_r < 0) {
        return store_error(store, "open", path);
    }

    if (lock_take(*fd_r, is_shared ? LOCK_SH : LOCK_EX, &store->wait) != OK) {
        store_error(store, "lock", path);
        close(*fd_r);
        return ERROR;
    }

    return OK;
}


static int
fs_lock(store_t *store, const char *key, const char *gate, bool is_shared)
{
    int *fd = pool_new(store->pool, int);
    int gate_fd = -1;
    int rc;

    if (gate != NULL
        && directory_lock(store, gate, is_shared, &gate_fd) != OK) {
        return ERROR;
    }

    rc = directory_lock(store, key, is_shared, fd);

    if (gate != NULL) {
        close(gate_fd);
    }

    if (rc == OK) {
        pool_cleanup(store->pool, lock_release, fd);
    }

    return rc;
}


const store_driver_t store_fs = {
    .name = "filesystem",
    .get = fs_get,
    .put = fs_put,
    .put_hint = fs_put_hint,
    .put_file = fs_put_file,
    .stat = fs_stat,
    .list = fs_list,
    .del = fs_del,
    .del_tree = fs_del_tree,
    .make_directory = fs_make_directory,
    .touch = fs_touch,
    .sync = fs_sync,
    .lock = fs_lock,
};
