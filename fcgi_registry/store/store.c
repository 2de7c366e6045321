/* store.c: where the bytes are: a driver, and what all drivers share. */

#include "store/store.h"
#include "store/store_fs.h"
#include "store/store_s3.h"
#include "s3/s3.h"

#include "fcgi_core/file.h"
#include "fcgi_core/log.h"

#include <errno.h>

#define NAMES_FIRST 64


int
store_open(store_t *store, const char *root, const char *remote)
{
    *store = (store_t){ &store_fs, root, NULL };

    if (remote == NULL) {
        return OK;
    }

    store->driver = &store_s3;

    return s3_open(remote, &store->s3);
}


store_t
store_local(const store_t *store)
{
    return (store_t){ &store_fs, store->root, NULL };
}


store_op_t
store_op_begin(const store_t *store, pool_t *pool)
{
    static lock_wait_t wait = LOCK_WAIT_UPKEEP;

    return (store_op_t){ .store = store, .pool = pool, .wait = &wait };
}


store_op_t
store_part_begin(const store_op_t *whole)
{
    return (store_op_t){ .store = whole->store,
                         .pool = pool_create(),
                         .wait = whole->wait };
}


void
store_part_end(store_op_t *part, store_op_t *whole)
{
    pool_destroy(part->pool);

    if (whole->err == 0) {
        whole->err = part->err;
    }
}


int
store_get(store_op_t *op, const char *key, size_t max, str_t *content_r)
{
    return op->store->driver->get(op, key, max, content_r);
}


int
store_put(store_op_t *op, const char *key, str_t content)
{
    return op->store->driver->put(op, key, content);
}


void
store_put_hint(store_op_t *op, const char *key, str_t content)
{
    int err = op->err;

    (op->store->driver->put_hint == NULL
         ? op->store->driver->put
         : op->store->driver->put_hint)(op, key, content);
    op->err = err;
}


int
store_put_file(store_op_t *op, const char *key, const char *path)
{
    return op->store->driver->put_file(op, key, path);
}


void
store_batch_begin(store_op_t *op)
{
    op->batch = file_batch_create(op->pool);
}


void
store_batch_drop(store_op_t *op)
{
    if (op->batch != NULL) {
        file_batch_drop(op->batch);
        op->batch = NULL;
    }
}


void
store_barrier(store_op_t *op)
{
    if (op->batch != NULL) {
        file_batch_barrier(op->batch);
    }
}


void
store_order(store_op_t *op)
{
    if (op->batch != NULL && !file_keeps_order(op->store->root)) {
        file_batch_barrier(op->batch);
    }
}


int
store_commit(store_op_t *op)
{
    int rc =
        op->store->driver->commit == NULL ? OK : op->store->driver->commit(op);

    store_batch_drop(op);

    return rc;
}


int
store_read(store_op_t *op, const char *key, uint64_t offset, store_read_fn fn,
           void *data, store_stat_t *stat_r)
{
    return op->store->driver->read(op, key, offset, fn, data, stat_r);
}


int
store_stat(store_op_t *op, const char *key, store_stat_t *stat_r)
{
    return op->store->driver->stat(op, key, stat_r);
}


const char *
store_url(store_op_t *op, const char *key, unsigned seconds)
{
    return op->store->driver->url == NULL
               ? NULL
               : op->store->driver->url(op, key, seconds);
}


int
store_stat_used(store_op_t *op, const char *key, store_stat_t *stat_r)
{
    const store_driver_t *driver = op->store->driver;
    int rc = driver->stat(op, key, stat_r);

    return rc == OK && driver->used != NULL ? driver->used(op, key, stat_r)
                                            : rc;
}


int
store_check(store_op_t *op, const char *key)
{
    store_stat_t stat;

    return op->store->driver->stat(op, key, &stat);
}


static void
name_ignore(void *data, const char *name)
{
    (void)data;
    (void)name;
}


int
store_check_below(store_op_t *op, const char *key)
{
    return op->store->driver->list(op, key, name_ignore, NULL);
}


int
store_del(store_op_t *op, const char *key)
{
    return op->store->driver->del(op, key);
}


int
store_drop(store_op_t *op, const char *key, int directories)
{
    int rc = op->store->driver->drop(op, key);

    if (rc != ERROR) {
        store_prune(op, key, directories);
    }

    return rc;
}


int
store_del_old(store_op_t *op, const char *key, const struct timespec *before)
{
    int rc = op->store->driver->del_old(op, key, before);

    if (rc == OK) {
        store_prune(op, key, 1);
    }

    return rc;
}


void
store_prune(store_op_t *op, const char *key, int directories)
{
    if (op->store->driver->prune != NULL) {
        op->store->driver->prune(op, key, directories);
    }
}


int
store_flush(store_op_t *op, const char *key)
{
    return op->store->driver->flush == NULL ? OK
                                            : op->store->driver->flush(op, key);
}


int
store_move_aside(store_op_t *op, const char *key, const char *etag,
                 const char *to)
{
    return op->store->driver->move_aside(op, key, etag, to);
}


int
store_del_tree(store_op_t *op, const char *key)
{
    return op->store->driver->del_tree(op, key);
}


int
store_make_directory(store_op_t *op, const char *key)
{
    return op->store->driver->make_directory == NULL
               ? OK
               : op->store->driver->make_directory(op, key);
}


int
store_touch(store_op_t *op, const char *key)
{
    return op->store->driver->touch == NULL ? OK
                                            : op->store->driver->touch(op, key);
}


int
store_sync(store_op_t *op, const char *key)
{
    return op->store->driver->sync == NULL ? OK
                                           : op->store->driver->sync(op, key);
}


static void
lock_release(void *data)
{
    store_unlock(data);
}


/* A lock that ends with the operation, unless a caller has one. */
static store_lock_t *
lock_prepare(store_op_t *op, store_lock_t *lock)
{
    if (lock == NULL) {
        lock = pool_new(op->pool, store_lock_t);
        pool_cleanup(op->pool, lock_release, lock);
    }

    lock->driver = NULL;

    return lock;
}


int
store_lock(store_op_t *op, const char *key, const char *gate, bool is_shared,
           store_lock_t *lock_r)
{
    const store_driver_t *driver = op->store->driver;
    store_lock_t *lock = lock_prepare(op, lock_r);
    int rc;

    if (driver->lock == NULL) {
        return OK;
    }

    rc = driver->lock(op, key, gate, is_shared, lock);
    lock->driver = rc == OK ? driver : NULL;

    return rc;
}


int
store_try_lock(store_op_t *op, const char *key, store_lock_t *lock_r)
{
    const store_driver_t *driver = op->store->driver;
    store_lock_t *lock = lock_prepare(op, lock_r);
    int rc;

    if (driver->try_lock == NULL) {
        return OK;
    }

    rc = driver->try_lock(op, key, lock);
    lock->driver = rc == OK ? driver : NULL;

    return rc;
}


void
store_unlock(store_lock_t *lock)
{
    if (lock->driver != NULL) {
        lock->driver->unlock(lock);
        lock->driver = NULL;
    }
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
store_list(store_op_t *op, const char *key, store_names_t *names_r)
{
    lister_t lister = { op->pool, names_r, 0 };
    int rc;

    *names_r = (store_names_t){ 0, NULL };
    rc = op->store->driver->list(op, key, name_add, &lister);

    if (rc == OK && names_r->n > 1) {
        qsort(names_r->items, names_r->n, sizeof(char *), name_compare);
    }

    return rc;
}
