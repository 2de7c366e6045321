/* store_driver.h: what a driver of the store can do, and what drivers share. */

#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "fcgi_core/file_batch.h"
#include "fcgi_core/lock.h"
#include "fcgi_core/pool.h"
#include "store/key.h"

#include <time.h>

typedef struct store_driver_s store_driver_t;

/* Where the bytes are; the same as long as it is open. */
typedef struct {
    const store_driver_t *driver;
    const char *root; /* absolute, without a final slash, or with one where it
                         must be there (file.h); uploads in progress are local
                         files below it with every driver */
    struct s3_s *s3;  /* of store_s3: the bucket */
} store_t;

/* What is done with a store at a time: a request, or the part of a command that
 * has memory of its own. */
typedef struct {
    const store_t *store;
    pool_t *pool;
    lock_wait_t *wait;   /* how long all of its locks are waited for */
    file_batch_t *batch; /* what is put with the next commit; NULL: at once */
    int err;             /* errno of what failed first, 0 for nothing */
} store_op_t;

/* A lock that is held, or not. */
typedef struct {
    const store_driver_t *driver; /* NULL: not held */
    int fd;
} store_lock_t;

typedef struct {
    size_t n;
    char **items; /* sorted byte-wise, NUL-terminated, in the pool */
} store_names_t;

#define STORE_ETAG_MAX 64 /* bytes */

/* What is known of a content without reading it. */
typedef struct {
    uint64_t size;
    struct timespec time;          /* of the last change; for that of the last
                                      touch, see used() */
    char etag[STORE_ETAG_MAX + 1]; /* another one where other content was put;
                                      a touch leaves it */
} store_stat_t;

typedef void (*store_name_fn)(void *data, const char *name);

/* A key, valid during the call. */
typedef void (*store_key_fn)(void *data, const char *key);

/* The next bytes of a content; false ends the reading. */
typedef bool (*store_read_fn)(void *data, const unsigned char *bytes, size_t n);

/* What a driver can do.  Content that is put is durable and visible to all on
 * return, in one step: readers see the old content or the new one.  Where the
 * operation has a batch, a driver with a commit may leave both to that. */
struct store_driver_s {
    const char *name;

    /* The whole content into the pool; ERROR beyond max bytes. */
    int (*get)(store_op_t *op, const char *key, size_t max, str_t *content_r);
    int (*put)(store_op_t *op, const char *key, str_t content);

    /* As put, but a crash may take it, or leave it cut short: for what can be
     * made again.  May be NULL: put does it. */
    int (*put_hint)(store_op_t *op, const char *key, str_t content);

    /* A local file becomes the content of the key and is gone.  Where its
     * bytes turn out to be lost it is gone as well. */
    int (*put_file)(store_op_t *op, const char *key, const char *path);

    /* Makes visible what was put since the batch began, in order, and durable:
     * what comes before a barrier before what comes after it is visible.
     * DECLINED where a local file is gone; it and what follows is not put.
     * May be NULL: puts leave nothing to do. */
    int (*commit)(store_op_t *op);

    /* Gives fn the bytes from an offset on, in portions, all of one content,
     * which is what *stat_r describes. */
    int (*read)(store_op_t *op, const char *key, uint64_t offset,
                store_read_fn fn, void *data, store_stat_t *stat_r);

    /* DECLINED for a directory, too. */
    int (*stat)(store_op_t *op, const char *key, store_stat_t *stat_r);

    /* A URL with which a client may GET content, for so many seconds; NULL,
     * logged.  May be NULL: content is read by the store's users only. */
    const char *(*url)(store_op_t *op, const char *key, unsigned seconds);

    /* The names right below a key, in any order, each passed to fn. */
    int (*list)(store_op_t *op, const char *key, store_name_fn fn, void *data);

    /* Every key below a key, however deep, sorted by its bytes, each given to
     * fn, which may use the store.  May be NULL: list gives them level by
     * level. */
    int (*walk)(store_op_t *op, const char *key, store_key_fn fn, void *data);

    int (*del)(store_op_t *op, const char *key);

    /* As del, but a crash may bring the content back until flush. */
    int (*drop)(store_op_t *op, const char *key);

    /* As drop, but only content that was last changed or touched before a time:
     * DECLINED where it was not, or if another process is touching it. */
    int (*del_old)(store_op_t *op, const char *key,
                   const struct timespec *before);

    /* Removes the directory that a key is in and those above it, so many at
     * the most, as far as they are empty: a put makes them again.  May be NULL:
     * there are no directories. */
    void (*prune)(store_op_t *op, const char *key, int directories);

    /* Makes durable what was dropped below a key.  May be NULL: it is. */
    int (*flush)(store_op_t *op, const char *key);

    /* Gives content another key, which must be free.  DECLINED where the etag
     * is not that of the content any more.  Waits as lock does. */
    int (*move_aside)(store_op_t *op, const char *key, const char *etag,
                      const char *to);

    /* The key itself and all below it. */
    int (*del_tree)(store_op_t *op, const char *key);

    /* Makes a directory that must be there even while it is empty.  May be
     * NULL: there are no directories. */
    int (*make_directory)(store_op_t *op, const char *key);

    /* Marks content as used now, so that garbage collection does not take it
     * for an orphan (docs/gc.md).  DECLINED where it is gone; where it is OK
     * it was still there after the mark.  Waits as lock does.  May be NULL:
     * the driver's times are sufficient. */
    int (*touch)(store_op_t *op, const char *key);

    /* Makes the time in *stat, which stat() has filled, that of the last touch,
     * if that came later.  May be NULL: stat() says so itself. */
    int (*used)(store_op_t *op, const char *key, store_stat_t *stat);

    /* Makes content durable that is there already: the process that put it may
     * be about to do so.  May be NULL: what is visible is durable. */
    int (*sync)(store_op_t *op, const char *key);

    /* Waits until no one else works below key who would be in the way: many
     * may share, or one may be alone.  Held until unlock.  ERROR, op->err being
     * ETIMEDOUT, where that takes longer than op->wait says.  gate is the key
     * of a directory that is locked in the same way while one waits, so that
     * those who share cannot keep out for ever who wants to be alone; NULL
     * where no one waits to be alone.  May be NULL: nothing that takes several
     * steps can be in the way. */
    int (*lock)(store_op_t *op, const char *key, const char *gate,
                bool is_shared, store_lock_t *lock_r);

    /* The same, alone and without waiting.  DECLINED if another process has the
     * lock, or if there is nothing below key.  May be NULL as lock. */
    int (*try_lock)(store_op_t *op, const char *key, store_lock_t *lock_r);
    void (*unlock)(store_lock_t *lock);
};

/* Whether content was changed or touched at a time or later. */
bool store_is_since(const store_stat_t *stat, const struct timespec *time);

/* The local path of a key. */
char *store_path(const store_op_t *op, const char *key);

/* Logs that something failed with errno, remembers it and returns ERROR.
 * doing: "write", "remove". */
int store_error(store_op_t *op, const char *doing, const char *what);

#endif
