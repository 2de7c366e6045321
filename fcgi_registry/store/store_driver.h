/* store_driver.h: what a driver of the store can do, and what drivers share. */

#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "fcgi_core/lock.h"
#include "fcgi_core/pool.h"
#include "common/path.h"

/* The root of a key. */
#define NO_ROOT ((str_t){ 0, (unsigned char *)"" })

typedef struct store_s store_t;

typedef struct {
    size_t n;
    char **items; /* sorted byte-wise, NUL-terminated, in the pool */
} store_names_t;

/* What a driver can do.  Content that is put is durable and visible to all on
 * return, in one step: readers see the old content or the new one. */
typedef struct {
    const char *name;

    /* The whole content into the pool; ERROR beyond max bytes. */
    int (*get)(store_t *store, const char *key, size_t max, str_t *content_r);
    int (*put)(store_t *store, const char *key, str_t content);

    /* As put, but a crash may take it, or leave it cut short: for what can be
     * made again.  May be NULL: put does it. */
    int (*put_hint)(store_t *store, const char *key, str_t content);

    /* A local file becomes the content of the key and is gone.  Where its
     * bytes turn out to be lost it is gone as well. */
    int (*put_file)(store_t *store, const char *key, const char *path);

    /* DECLINED for a directory, too. */
    int (*stat)(store_t *store, const char *key, uint64_t *size_r);

    /* The names right below a key, in any order, each given to fn. */
    int (*list)(store_t *store, const char *key,
                void (*fn)(void *data, const char *name), void *data);
    int (*del)(store_t *store, const char *key);

    /* The key itself and all below it. */
    int (*del_tree)(store_t *store, const char *key);

    /* Makes a directory that must be there even while it is empty.  May be
     * NULL: there are no directories. */
    int (*make_directory)(store_t *store, const char *key);

    /* Marks content as used now, so that no cleaning takes it for an orphan
     * (docs/gc.md).  DECLINED where it is gone; where it is OK it was still
     * there after the mark.  Waits as lock does.  May be NULL: content is as
     * young as it looks. */
    int (*touch)(store_t *store, const char *key);

    /* Makes content durable that is there already: whoever put it may be
     * about to do so.  May be NULL: what is visible is durable. */
    int (*sync)(store_t *store, const char *key);

    /* Waits until no one else works below key who would be in the way: many
     * may share, or one may be alone.  Held until the pool is reset.  ERROR,
     * store->err being ETIMEDOUT, where that takes longer than store->wait
     * says.  gate is the key of a directory that is locked in the same way
     * while one waits, so that those who share cannot keep out for ever who
     * wants to be alone; NULL where no one waits to be alone.  May be NULL:
     * nothing that takes several steps can be in the way. */
    int (*lock)(store_t *store, const char *key, const char *gate,
                bool is_shared);
} store_driver_t;

struct store_s {
    const store_driver_t *driver;
    pool_t *pool;
    const char *root; /* absolute, without a final slash, or with one where it
                         must be there (file.h); uploads in progress are local
                         files below it with every driver */
    int err;          /* errno of what failed first, 0 for nothing */
    lock_wait_t wait; /* for locks */
};

/* The local path of a key. */
char *store_path(const store_t *store, const char *key);

/* Logs that something failed with errno, remembers it and returns ERROR.
 * doing: "write", "remove". */
int store_error(store_t *store, const char *doing, const char *what);

#endif
