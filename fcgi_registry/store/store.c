/* store.c: where the bytes are: a driver, and what all drivers share. */

#include "store/store.h"
#include "store/store_fs.h"

#include "fcgi_core/log.h"

#include <errno.h>

#define NAMES_FIRST 64


void
store_open(store_t *store, pool_t *pool, const char *root)
{
    *store = (store_t){ .driver = &store_fs,
                        .pool = pool,
                        .root = root,
                        .wait = LOCK_WAIT_UPKEEP };
}


store_t
store_local(const store_t *store)
{
    store_t local = *store;

    local.driver = &store_fs;

    return local;
}


int
store_get(store_t *store, const char *key, size_t max, str_t *content_r)
{
    return store->driver->get(store, key, max, content_r);
}


int
store_put(store_t *store, const char *key, str_t content)
{
    return store->driver->put(store, key, content);
}


void
store_put_hint(store_t *store, const char *key, str_t content)
{
    int err = store->err;

    (store->driver->put_hint == NULL
         ? store->driver->put
         : store->driver->put_hint)(store, key, content);
    store->err = err;
}


int
store_put_file(store_t *store, const char *key, const char *path)
{
    return store->driver->put_file(store, key, path);
}


int
store_read(store_t *store, const char *key, uint64_t offset, store_read_fn fn,
           void *data, store_stat_t *stat_r)
{
    return store->driver->read(store, key, offset, fn, data, stat_r);
}


int
store_stat(store_t *store, const char *key, store_stat_t *stat_r)
{
    return store->driver->stat(store, key, stat_r);
}


int
store_check(store_t *store, const char *key)
{
    store_stat_t stat;

    return store->driver->stat(store, key, &stat);
}


static void
name_ignore(void *data, const char *name)
{
    (void)data;
    (void)name;
}


int
store_check_below(store_t *store, const char *key)
{
    return store->driver->list(store, key, name_ignore, NULL);
}


bool
store_is_since(const store_stat_t *stat, const struct timespec *time)
{
    return stat->time.tv_sec != time->tv_sec
               ? stat->time.tv_sec > time->tv_sec
               : stat->time.tv_nsec >= time->tv_nsec;
}


int
store_walk(store_t *store, const char *key, store_walk_fn fn, void *data)
{
    return store->driver->walk(store, key, fn, data);
}


int
store_del(store_t *store, const char *key)
{
    return store->driver->del(store, key);
}


int
store_drop(store_t *store, const char *key, int directories)
{
    int rc = store->driver->drop(store, key);

    if (rc != ERROR) {
        store_prune(store, key, directories);
    }

    return rc;
}


int
store_del_old(store_t *store, const char *key, const struct timespec *before)
{
    int rc = store->driver->del_old(store, key, before);

    if (rc == OK) {
        store_prune(store, key, 1);
    }

    return rc;
}


void
store_prune(store_t *store, const char *key, int directories)
{
    if (store->driver->prune != NULL) {
        store->driver->prune(store, key, directories);
    }
}


int
store_flush(store_t *store, const char *key)
{
    return store->driver->flush == NULL ? OK : store->driver->flush(store, key);
}


int
store_move_aside(store_t *store, const char *key, const char *etag,
                 const char *to)
{
    return store->driver->move_aside(store, key, etag, to);
}


int
store_del_tree(store_t *store, const char *key)
{
    return store->driver->del_tree(store, key);
}


int
store_make_directory(store_t *store, const char *key)
{
    return store->driver->make_directory == NULL
               ? OK
               : store->driver->make_directory(store, key);
}


int
store_touch(store_t *store, const char *key)
{
    return store->driver->touch == NULL ? OK : store->driver->touch(store, key);
}


int
store_sync(store_t *store, const char *key)
{
    return store->driver->sync == NULL ? OK : store->driver->sync(store, key);
}


int
store_lock(store_t *store, const char *key, const char *gate, bool is_shared)
{
    return store->driver->lock == NULL
               ? OK
               : store->driver->lock(store, key, gate, is_shared);
}


int
store_try_lock(store_t *store, const char *key)
{
    return store->driver->try_lock == NULL
               ? OK
               : store->driver->try_lock(store, key);
}


/* --- names --------------------------------------------------------------- */


typedef struct {
    pool_t *pool;
    store_names_t *names;
    size_t size; /* of items */
} lister_t;


static void
name_add(void *data, const char *name)
{
    lister_t *lister = data;
    store_names_t *names = lister->names;

    if (names->n == lister->size) {
        char **items;

        lister->size = names->n == 0 ? NAMES_FIRST : names->n * 2;
        items = pool_alloc(lister->pool, lister->size * sizeof(char *));

        if (names->n != 0) {
            memcpy(items, names->items, names->n * sizeof(char *));
        }

        names->items = items;
    }

    names->items[names->n++] = pool_strdup(lister->pool, name);
}


static int
name_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}


int
store_list(store_t *store, const char *key, store_names_t *names_r)
{
    lister_t lister = { store->pool, names_r, 0 };
    int rc;

    *names_r = (store_names_t){ 0, NULL };
    rc = store->driver->list(store, key, name_add, &lister);

    if (rc == OK && names_r->n > 1) {
        qsort(names_r->items, names_r->n, sizeof(char *), name_compare);
    }

    return rc;
}
