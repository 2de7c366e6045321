/* store_fs_walk.c: all that is below a directory of the store. */

#include "store/store_fs_walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

typedef struct {
    store_op_t *op;
    store_walk_fn fn;
    void *data;
    size_t root_len;
    size_t len; /* of the path of the directory that is listed */
    char path[PATH_MAX];
    int rc;
} walker_t;


static void directory_walk(walker_t *walker);


store_stat_t
store_fs_stat(const struct stat *st)
{
    store_stat_t stat = { .size = (uint64_t)st->st_size, .time = st->st_mtim };

    snprintf(stat.etag, sizeof(stat.etag), "%llx-%llx",
             (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);

    return stat;
}


/* What has gone meanwhile is no error. */
static void
entry_fail(walker_t *walker)
{
    if (errno != ENOENT && errno != ENOTDIR) {
        walker->rc = store_error(walker->op, "check", walker->path);
    }
}


static void
entry_walk(walker_t *walker, int fd, const char *name)
{
    size_t len = walker->len, room = sizeof(walker->path) - len;
    int n = snprintf(walker->path + len, room, "/%s", name);
    store_stat_t stat;
    struct stat st;

    if (n < 0 || (size_t)n >= room) {
        errno = ENAMETOOLONG;
        entry_fail(walker);

    } else if (fstatat(fd, name, &st, 0) != 0) {
        entry_fail(walker);

    } else if (S_ISDIR(st.st_mode)) {
        walker->len += (size_t)n;
        directory_walk(walker);

    } else if (S_ISREG(st.st_mode)) {
        stat = store_fs_stat(&st);
        walker->fn(walker->data, walker->path + walker->root_len, &stat);
    }

    walker->path[len] = '\0';
    walker->len = len;
}


static void
directory_walk(walker_t *walker)
{
    DIR *directory = opendir(walker->path);

    if (directory == NULL) {
        entry_fail(walker);
        return;
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
            entry_walk(walker, dirfd(directory), entry->d_name);
        }
    }

    if (errno != 0) {
        entry_fail(walker);
    }

    closedir(directory);
}


int
store_fs_walk(store_op_t *op, const char *key, store_walk_fn fn, void *data)
{
    walker_t walker = {
        .op = op, .fn = fn, .data = data, .root_len = strlen(op->store->root)
    };
    int len = snprintf(walker.path, sizeof(walker.path), "%s%s",
                       op->store->root, key);

    if (len < 0 || (size_t)len >= sizeof(walker.path)) {
        errno = ENAMETOOLONG;
        return store_error(op, "check", key);
    }

    walker.len = (size_t)len;
    directory_walk(&walker);

    return walker.rc;
}
