/* store.c: a driver of the store that wraps another one and fails, dies or
 * waits where a test wants it.
 *
 * Linked with all of slipway-registry into slipway-registry-fault: the linker
 * sends calls of the functions in FAULT_WRAPPED (Makefile) here (--wrap), so
 * that the program itself knows nothing of it.  STORE_FAULT_FILE names the
 * plan (plan.h); the driver is that of flat.c where its variable is set.
 * Counted are the calls of the driver and, because they are steps of the same
 * operations but local files with every driver, those that change an upload's
 * directory or the spool of events. */

#include "fcgi_registry/spool/spool.h"
#include "fcgi_registry/repository/upload_dir.h"
#include "flat.h"
#include "plan.h" /* last: <signal.h> defines a REG_ERR, too */

static const store_driver_t *inner;
static store_driver_t faulty; /* inner, each function wrapped */


__attribute__((constructor)) static void
fault_open(void)
{
    plan_open("STORE_FAULT_FILE");
}


static int
does(const char *name)
{
    static const struct {
        const char *name;
        int does;
    } calls[] = {
        { "get", PLAN_LOOKS },      { "stat", PLAN_LOOKS },
        { "list", PLAN_LOOKS },     { "lock", PLAN_LOOKS },
        { "walk", PLAN_LOOKS },     { "used", PLAN_LOOKS },
        { "read", PLAN_LOOKS },     { "try_lock", PLAN_LOOKS },
        { "drop", PLAN_FREES },     { "del_old", PLAN_FREES },
        { "flush", PLAN_FREES },    { "touch", PLAN_FREES },
        { "del", PLAN_FREES },      { "del_tree", PLAN_FREES },
        { "truncate", PLAN_FREES }, { "remove", PLAN_FREES },
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(name, calls[i].name) == 0) {
            return calls[i].does;
        }
    }

    return PLAN_TAKES;
}


/* Only of data: a link has some 70 bytes, which come together. */
static bool
is_cut(int action, const char *key)
{
    return (action & PLAN_SHORT) != 0
           && strncmp(key, PLAN_STORE "/blobs/",
                      sizeof(PLAN_STORE "/blobs/") - 1)
                  == 0;
}


/* What is to become of a call, 0 for nothing special.  It is not made where
 * is_spared(). */
static int
call_begin(const char *name)
{
    int action = plan == NULL ? 0 : plan_next(does(name) | PLAN_OPENS);

    if ((action & PLAN_AFTER) == 0) {
        plan_stop(action);
    }

    return action;
}


static bool
is_spared(int action)
{
    return (action & PLAN_ERRNO) != 0
           && (action & (PLAN_AFTER | PLAN_SHORT)) == 0;
}


/* ERROR and errno where the action is to fail, else what the call returned. */
static int
call_end(int action, int rc, const char *name, const char *key)
{
    if (rc == OK && !is_spared(action)) {
        plan_trace(name, key);
    }

    if ((action & PLAN_AFTER) != 0) {
        plan_stop(action);
    }

    if ((action & PLAN_ERRNO) == 0) {
        return rc;
    }

    errno = action & PLAN_ERRNO;

    return ERROR;
}


/* The same, reported as a driver reports its failures. */
static int
store_end(store_op_t *op, int action, int rc, const char *name, const char *key)
{
    bool is_logged = rc == ERROR;

    rc = call_end(action, rc, name, key);

    return rc == ERROR && !is_logged ? store_error(op, name, key) : rc;
}


/* --- the driver ---------------------------------------------------------- */


#define WRAP(name, params, args)                                               \
    static int fault_##name params                                             \
    {                                                                          \
        int action = call_begin(#name);                                        \
        int rc = is_spared(action) ? OK : inner->name args;                    \
                                                                               \
        return store_end(op, action, rc, #name, key);                          \
    }

WRAP(get, (store_op_t * op, const char *key, size_t max, str_t *content_r),
     (op, key, max, content_r))
WRAP(read,
     (store_op_t * op, const char *key, uint64_t offset, store_read_fn fn,
      void *data, store_stat_t *stat_r),
     (op, key, offset, fn, data, stat_r))
WRAP(stat, (store_op_t * op, const char *key, store_stat_t *stat_r),
     (op, key, stat_r))
WRAP(list, (store_op_t * op, const char *key, store_name_fn fn, void *data),
     (op, key, fn, data))
WRAP(del, (store_op_t * op, const char *key), (op, key))
WRAP(drop, (store_op_t * op, const char *key), (op, key))
WRAP(del_old, (store_op_t * op, const char *key, const struct timespec *before),
     (op, key, before))
WRAP(flush, (store_op_t * op, const char *key), (op, key))
WRAP(move_aside,
     (store_op_t * op, const char *key, const char *etag, const char *to),
     (op, key, etag, to))
WRAP(del_tree, (store_op_t * op, const char *key), (op, key))
WRAP(make_directory, (store_op_t * op, const char *key), (op, key))
WRAP(walk, (store_op_t * op, const char *key, store_key_fn fn, void *data),
     (op, key, fn, data))
WRAP(used, (store_op_t * op, const char *key, store_stat_t *stat),
     (op, key, stat))
WRAP(touch, (store_op_t * op, const char *key), (op, key))
WRAP(sync, (store_op_t * op, const char *key), (op, key))


/* It is a step also where the driver has nothing left to do. */
static int
inner_commit(store_op_t *op)
{
    return inner->commit == NULL ? OK : inner->commit(op);
}


static int
fault_commit(store_op_t *op)
{
    int action = call_begin("commit");
    int rc = is_spared(action) ? OK : inner_commit(op);

    return store_end(op, action, rc, "commit", PLAN_STORE "/the batch");
}


/* A lock that was taken and is refused is not held. */
#define WRAP_LOCK(name, params, args)                                          \
    static int fault_##name params                                             \
    {                                                                          \
        int action = call_begin(#name);                                        \
        int taken = is_spared(action) ? DECLINED : inner->name args;           \
        int rc =                                                               \
            store_end(op, action, is_spared(action) ? OK : taken, #name, key); \
                                                                               \
        if (taken == OK && rc != OK) {                                         \
            inner->unlock(lock_r);                                             \
        }                                                                      \
                                                                               \
        return rc;                                                             \
    }

WRAP_LOCK(lock,
          (store_op_t * op, const char *key, const char *gate, bool is_shared,
           store_lock_t *lock_r),
          (op, key, gate, is_shared, lock_r))
WRAP_LOCK(try_lock, (store_op_t * op, const char *key, store_lock_t *lock_r),
          (op, key, lock_r))


static int
fault_put(store_op_t *op, const char *key, str_t content)
{
    int action = call_begin("put"), rc = OK;

    if (is_cut(action, key)) {
        content.len /= 2;
    }

    if (!is_spared(action)) {
        rc = inner->put(op, key, content);
    }

    if (rc == OK && is_cut(action, key)) {
        rc = inner_commit(op);
    }

    return store_end(op, action, rc, "put", key);
}


WRAP(put_hint, (store_op_t * op, const char *key, str_t content),
     (op, key, content))


static int
fault_put_file(store_op_t *op, const char *key, const char *path)
{
    int action = call_begin("put_file"), rc = OK;

    if (is_cut(action, key)) {
        rc = truncate(path, 1); /* what is left of it */
    }

    if (rc == OK && !is_spared(action)) {
        rc = inner->put_file(op, key, path);
    }

    if (rc == OK && is_cut(action, key)) {
        rc = inner_commit(op);
    }

    return store_end(op, action, rc, "put_file", key);
}


/* What a driver may leave out stays out. */
#define FAULTY(name)                                                           \
    if (inner->name != NULL) {                                                 \
        faulty.name = fault_##name;                                            \
    }

int __real_store_open(store_t *store, const char *root, const char *remote);
int __wrap_store_open(store_t *store, const char *root, const char *remote);

int
__wrap_store_open(store_t *store, const char *root, const char *remote)
{
    int rc = __real_store_open(store, root, remote);

    inner = flat_driver() != NULL ? flat_driver() : store->driver;
    faulty.name = "fault";
    faulty.unlock = inner->unlock;
    faulty.commit = fault_commit;
    faulty.prune = inner->prune; /* it returns nothing that could fail */

    FAULTY(get)
    FAULTY(put)
    FAULTY(put_hint)
    FAULTY(put_file)
    FAULTY(read)
    FAULTY(stat)
    FAULTY(list)
    FAULTY(walk)
    FAULTY(used)
    FAULTY(del)
    FAULTY(drop)
    FAULTY(del_old)
    FAULTY(flush)
    FAULTY(move_aside)
    FAULTY(del_tree)
    FAULTY(make_directory)
    FAULTY(touch)
    FAULTY(sync)
    FAULTY(lock)
    FAULTY(try_lock)

    store->driver = &faulty;

    return rc;
}


store_t __real_store_local(const store_t *store);
store_t __wrap_store_local(const store_t *store);

/* What counts of a store in local files counts of its uploads, too. */
store_t
__wrap_store_local(const store_t *store)
{
    store_t local = __real_store_local(store);

    if (local.driver == inner) {
        local.driver = &faulty;
    }

    return local;
}


/* --- uploads and events -------------------------------------------------- */


/* fn, called name in traces; on: the store, path: what is below its root. */
#define WRAP_LOCAL(fn, name, params, args, on, path)                           \
    int __real_##fn params;                                                    \
    int __wrap_##fn params;                                                    \
                                                                               \
    int __wrap_##fn params                                                     \
    {                                                                          \
        int action = call_begin(name);                                         \
        int rc = is_spared(action) ? OK : __real_##fn args;                    \
                                                                               \
        return store_end(on, action, rc, name, path);                          \
    }

WRAP_LOCAL(upload_dir_make, "begin",
           (store_op_t * op, str_t name, upload_t *upload_r),
           (op, name, upload_r), op,
           is_spared(action) ? "an upload" : upload_r->directory)
WRAP_LOCAL(upload_dir_adopt, "adopt", (const upload_t *upload), (upload),
           upload->op, upload->directory)
WRAP_LOCAL(upload_dir_sync, "sync", (const upload_t *upload, bool is_first),
           (upload, is_first), upload->op, upload->data)
WRAP_LOCAL(upload_dir_keep_state, "state",
           (const upload_t *upload, const reg_hash_t *hash), (upload, hash),
           upload->op, upload->directory)
WRAP_LOCAL(upload_dir_truncate, "truncate",
           (const upload_t *upload, uint64_t size), (upload, size), upload->op,
           upload->data)
WRAP_LOCAL(upload_dir_del, "remove", (const upload_t *upload), (upload),
           upload->op, upload->directory)


int __real_spool_append(pool_t *pool, const char *root, str_t lines,
                        uint64_t segment_size, lock_wait_t *wait);
int __wrap_spool_append(pool_t *pool, const char *root, str_t lines,
                        uint64_t segment_size, lock_wait_t *wait);

int
__wrap_spool_append(pool_t *pool, const char *root, str_t lines,
                    uint64_t segment_size, lock_wait_t *wait)
{
    int action = call_begin("append");
    int rc = is_spared(action)
                 ? OK
                 : __real_spool_append(pool, root, lines, segment_size, wait);

    return call_end(action, rc, "append", PLAN_SPOOL);
}
