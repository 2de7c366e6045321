/* store.h: where the bytes are: a driver, seen as keys and contents.
 *
 * A key is a path below the driver's root as common/path.h prints it with an
 * empty root: "/docker/registry/v2/...".  docs/layout.md says what is behind
 * each key, docs/storage.md in which order they are written.
 *
 * Every function returns DECLINED for what is not there.  ERROR is logged
 * once, where it happens, and remembered in op->err: a caller passes it on
 * and does not explain it again. */

#ifndef STORE_H
#define STORE_H

#include "store/store_driver.h"

/* The store at root, which lives as long as it.  remote is the file that says
 * where its content is (docs/object-stores.md), or NULL: below root.  ERROR,
 * logged, which needs a remote. */
int store_open(store_t *store, const char *root, const char *remote);

/* The local files below a store's root, which uploads in progress are with
 * every driver, seen as a store. */
store_t store_local(const store_t *store);

/* Begins an operation that allocates from pool, and waits for locks as a
 * command does. */
store_op_t store_op_begin(const store_t *store, pool_t *pool);

/* A part of an operation, in memory of its own until it ends.  What failed in
 * it has failed in the whole. */
store_op_t store_part_begin(const store_op_t *whole);
void store_part_end(store_op_t *part, store_op_t *whole);

int store_get(store_op_t *op, const char *key, size_t max, str_t *content_r);
int store_put(store_op_t *op, const char *key, str_t content);
void store_put_hint(store_op_t *op, const char *key, str_t content);
int store_put_file(store_op_t *op, const char *key, const char *path);

#define STORE_BATCH_TRIES                                                      \
    3 /* of a batch that needs what is removed meanwhile */

/* Between the two, what is put is collected: store_commit() makes it visible,
 * in order, and durable; DECLINED where content that store_sync() was about is
 * gone by then.  An operation whose puts are to wait for the disk
 * together does so; the batch ends in any case.  store_batch_drop() ends it
 * where the operation has failed before.  A barrier: the end of what must be
 * durable before the rest is visible; nothing without a batch.  store_order():
 * what was put is never lost in a power cut that leaves the rest, which is a
 * barrier on some file systems. */
void store_batch_begin(store_op_t *op);
void store_batch_drop(store_op_t *op);
void store_barrier(store_op_t *op);
void store_order(store_op_t *op);
int store_commit(store_op_t *op);

int store_read(store_op_t *op, const char *key, uint64_t offset,
               store_read_fn fn, void *data, store_stat_t *stat_r);
int store_stat(store_op_t *op, const char *key, store_stat_t *stat_r);
const char *store_url(store_op_t *op, const char *key, unsigned seconds);
int store_del(store_op_t *op, const char *key);
void store_prune(store_op_t *op, const char *key, int directories);
int store_flush(store_op_t *op, const char *key);
int store_move_aside(store_op_t *op, const char *key, const char *etag,
                     const char *to);
int store_del_tree(store_op_t *op, const char *key);
int store_make_directory(store_op_t *op, const char *key);
int store_touch(store_op_t *op, const char *key);
int store_sync(store_op_t *op, const char *key);

/* The driver's functions, and then store_prune(): OK and DECLINED are those of
 * the content.  Of old content the one directory that is its own goes, once it
 * is removed. */
int store_drop(store_op_t *op, const char *key, int directories);
int store_del_old(store_op_t *op, const char *key,
                  const struct timespec *before);

/* Held until store_unlock(), or, where lock_r is NULL, until the operation's
 * pool is reset.  What is not held may be unlocked. */
int store_lock(store_op_t *op, const char *key, const char *gate,
               bool is_shared, store_lock_t *lock_r);
int store_try_lock(store_op_t *op, const char *key, store_lock_t *lock_r);
void store_unlock(store_lock_t *lock);

/* As store_stat(), and the time is that of the last change or touch. */
int store_stat_used(store_op_t *op, const char *key, store_stat_t *stat_r);

/* Whether a key has content: store_stat() of which only that is of interest. */
int store_check(store_op_t *op, const char *key);

/* Whether there is anything below a key: with directories, whether it is
 * one. */
int store_check_below(store_op_t *op, const char *key);

/* store_put_hint() returns nothing: no one needs it to be written.  That it
 * was not is logged, once a minute. */

/* Sorted.  Among tags, digests and repositories there is nothing that a crash
 * leaves unfinished, whatever their names end in. */
int store_list(store_op_t *op, const char *key, store_names_t *names_r);

#endif
