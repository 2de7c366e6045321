/* flat.c: a driver of the store without directories, as an object store has
 * none: the proof that what runs with it reaches keys by the driver alone.
 *
 * STORE_FLAT names a directory outside of the root with a file for each key,
 * which has the key, percent-encoded, as its name: no key can be reached by a
 * path.  What store_driver.h lets a driver leave out is left out.
 * tests/testenv/flat.py moves a store there and back. */

#include "flat.h"

#include "fcgi_core/file.h"
#include "fcgi_registry/store/store.h"
#include "common/encode.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 200 /* of a name: a longer one has directories "PIECE+" */
#define READ_STEP (64 * 1024)
#define KEYS_FIRST 256
#define FILE_MODE 0666
#define DIRECTORY_MODE 0777

/* All keys that there are, sorted, in memory of their own. */
typedef struct {
    pool_t *pool;
    size_t n, size;
    char **items;
    int rc;
} keys_t;

static const char *directory;


/* --- keys ---------------------------------------------------------------- */


static char *
flat_path(pool_t *pool, const char *key)
{
    str_t plain = reg_cstr(key + 1);
    char *name = pool_alloc(pool, 3 * plain.len + 1);
    size_t len = reg_percent_encode(plain, name);
    char *path = pool_strdup(pool, directory);

    for (; len > PIECE; name += PIECE, len -= PIECE) {
        path = pool_printf(pool, "%s/%.*s+", path, PIECE, name);
    }

    return pool_printf(pool, "%s/%s", path, name);
}


static void
keys_add(keys_t *keys, const char *name)
{
    char *key = pool_printf(keys->pool, "/%s", name);
    size_t len;

    if (reg_percent_decode(reg_cstr(key), false, (unsigned char *)key,
                           strlen(key), &len)
        != OK) {
        keys->rc = ERROR;
        return;
    }

    key[len] = '\0';

    if (keys->n == keys->size) {
        char **old = keys->items;

        keys->size = keys->n == 0 ? KEYS_FIRST : keys->n * 2;
        keys->items = pool_alloc(keys->pool, keys->size * sizeof(char *));

        if (keys->n != 0) {
            memcpy(keys->items, old, keys->n * sizeof(char *));
        }
    }

    keys->items[keys->n++] = key;
}


/* before: what the names of a directory continue. */
static void
names_read(keys_t *keys, const char *path, const char *before)
{
    DIR *names = opendir(path);
    const struct dirent *entry = names == NULL ? NULL : readdir(names);

    if (names == NULL) {
        keys->rc = ERROR;
        return;
    }

    for (; entry != NULL; entry = readdir(names)) {
        const char *name = entry->d_name;
        size_t len = strlen(name);
        bool is_piece = name[len - 1] == '+';

        /* "+..." is being put */
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0
            || name[0] == '+') {
            continue;
        }

        if (is_piece) {
            names_read(
                keys, pool_printf(keys->pool, "%s/%s", path, name),
                pool_printf(keys->pool, "%s%.*s", before, (int)len - 1, name));

        } else {
            keys_add(keys, pool_printf(keys->pool, "%s%s", before, name));
        }
    }

    closedir(names);
}


static int
flat_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}


static keys_t
keys_read(void)
{
    keys_t keys = { .pool = pool_create(), .rc = OK };

    names_read(&keys, directory, "");

    if (keys.n != 0) {
        qsort(keys.items, keys.n, sizeof(char *), flat_compare);
    }

    return keys;
}


/* What follows key and a slash in another one, or NULL. */
static const char *
flat_below(const char *key, const char *other)
{
    size_t len = strlen(key);

    len -= len != 0 && key[len - 1] == '/';

    return strncmp(other, key, len) == 0 && other[len] == '/' ? other + len + 1
                                                              : NULL;
}


/* --- content ------------------------------------------------------------- */


static int
flat_error(store_op_t *op, const char *doing, const char *key)
{
    return errno == ENOENT ? DECLINED : store_error(op, doing, key);
}


static int
flat_get(store_op_t *op, const char *key, size_t max, str_t *content_r)
{
    int rc = file_get(op->pool, flat_path(op->pool, key), max, content_r);

    return rc == ERROR ? store_error(op, "read", key) : rc;
}


static int
pieces_make(pool_t *pool, const char *path)
{
    char *piece = pool_strdup(pool, path);

    for (char *p = piece + strlen(directory) + 1; (p = strchr(p, '/')) != NULL;
         *p++ = '/') {
        *p = '\0';

        if (mkdir(piece, DIRECTORY_MODE) != 0 && errno != EEXIST) {
            return ERROR;
        }
    }

    return OK;
}


static int
flat_put(store_op_t *op, const char *key, str_t content)
{
    char *path = flat_path(op->pool, key);
    char *new = pool_printf(op->pool, "%s/+%d", directory, (int)getpid());
    int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    int rc;

    if (fd < 0) {
        return store_error(op, "write", key);
    }

    rc = file_write_all(fd, content);

    if (close(fd) != 0 || rc != OK || pieces_make(op->pool, path) != OK
        || rename(new, path) != 0) {
        return store_error(op, "write", key);
    }

    return OK;
}


static int
flat_put_file(store_op_t *op, const char *key, const char *path)
{
    str_t content;

    if (file_get(op->pool, path, SIZE_MAX, &content) != OK
        || flat_put(op, key, content) != OK || unlink(path) != 0) {
        return store_error(op, "put an upload at", key);
    }

    return OK;
}


/* A put makes another file. */
static store_stat_t
stat_of(const struct stat *st)
{
    store_stat_t stat = { .size = (uint64_t)st->st_size, .time = st->st_mtim };

    snprintf(stat.etag, sizeof(stat.etag), "%llx-%llx.%lx",
             (unsigned long long)st->st_ino,
             (unsigned long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);

    return stat;
}


static int
flat_stat(store_op_t *op, const char *key, store_stat_t *stat_r)
{
    struct stat st;

    if (stat(flat_path(op->pool, key), &st) != 0) {
        return flat_error(op, "check", key);
    }

    *stat_r = stat_of(&st);

    return OK;
}


static int
flat_read(store_op_t *op, const char *key, uint64_t offset, store_read_fn fn,
          void *data, store_stat_t *stat_r)
{
    static unsigned char buf[READ_STEP];
    int fd = open(flat_path(op->pool, key), O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t n;

    if (fd < 0) {
        return flat_error(op, "read", key);
    }

    n = fstat(fd, &st);
    *stat_r = stat_of(&st);

    while (n >= 0 && (n = pread(fd, buf, sizeof(buf), (off_t)offset)) > 0
           && fn(data, buf, (size_t)n)) {
        offset += (uint64_t)n;
    }

    close(fd);

    return n < 0 ? store_error(op, "read", key) : OK;
}


static int
flat_del(store_op_t *op, const char *key)
{
    return unlink(flat_path(op->pool, key)) == 0
               ? OK
               : flat_error(op, "remove", key);
}


static int
flat_del_old(store_op_t *op, const char *key, const struct timespec *before)
{
    store_stat_t stat;
    int rc = flat_stat(op, key, &stat);

    if (rc != OK) {
        return rc;
    }

    return store_is_since(&stat, before) ? DECLINED : flat_del(op, key);
}


static int
flat_move_aside(store_op_t *op, const char *key, const char *etag,
                const char *to)
{
    const char *path = flat_path(op->pool, to);
    store_stat_t stat;
    int rc = flat_stat(op, key, &stat);

    if (rc != OK) {
        return rc;
    }

    if (strcmp(stat.etag, etag) != 0) {
        return DECLINED;
    }

    return pieces_make(op->pool, path) == OK
                   && rename(flat_path(op->pool, key), path) == 0
               ? OK
               : store_error(op, "move aside", key);
}


/* --- many keys ----------------------------------------------------------- */


/* Logs that not all keys could be read, and ends with them. */
static int
keys_end(keys_t *keys, store_op_t *op, const char *key)
{
    int rc = keys->rc;

    pool_destroy(keys->pool);

    return rc == ERROR ? store_error(op, "list", key) : rc;
}


static int
flat_list(store_op_t *op, const char *key, store_name_fn fn, void *data)
{
    keys_t keys = keys_read();
    const char *last = NULL;
    size_t n = 0;

    for (size_t i = 0; i < keys.n; i++) {
        const char *name = flat_below(key, keys.items[i]);
        size_t len = name == NULL ? 0 : strcspn(name, "/");

        if (name == NULL
            || (last != NULL && strncmp(last, name, len) == 0
                && strcspn(last, "/") == len)) {
            continue;
        }

        last = name;
        n++;
        fn(data,
           pool_strndup(keys.pool, (str_t){ len, (unsigned char *)name }));
    }

    if (keys.rc == OK && n == 0) {
        keys.rc = DECLINED;
    }

    return keys_end(&keys, op, key);
}


static int
flat_del_tree(store_op_t *op, const char *key)
{
    keys_t keys = keys_read();
    size_t n = 0;

    for (size_t i = 0; i < keys.n; i++) {
        if (strcmp(key, keys.items[i]) == 0
            || flat_below(key, keys.items[i]) != NULL) {
            n++;
            keys.rc |= flat_del(op, keys.items[i]) == ERROR ? ERROR : OK;
        }
    }

    if (keys.rc == OK && n == 0) {
        keys.rc = DECLINED;
    }

    return keys_end(&keys, op, key);
}


static const store_driver_t flat = {
    .name = "flat",
    .get = flat_get,
    .put = flat_put,
    .put_file = flat_put_file,
    .read = flat_read,
    .stat = flat_stat,
    .list = flat_list,
    .del = flat_del,
    .drop = flat_del,
    .del_old = flat_del_old,
    .move_aside = flat_move_aside,
    .del_tree = flat_del_tree,
};


const store_driver_t *
flat_driver(void)
{
    directory = getenv("STORE_FLAT");

    return directory == NULL ? NULL : &flat;
}
