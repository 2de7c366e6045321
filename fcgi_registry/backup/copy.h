/* copy.h: copies what a store holds into another one: what `backup` and
 * `restore` share (docs/operations.md, "Backup").
 *
 * Blobs are never changed in place, so they may share their bytes with the
 * store (a clone of the file, else a hard link); links are written again. */

#ifndef COPY_H
#define COPY_H

#include "store/digest_set.h"
#include "store/store.h"

#include <time.h>

/* A blob that has all its bytes, but not its name: they are not durable. */
typedef struct {
    const char *temporary;
    const char *path;
} copy_pending_t;

/* Where a blob may be taken from. */
typedef enum { COPY_REFERENCE, COPY_STORE, COPY_SOURCES } copy_source_t;

typedef struct {
    const char *command; /* that the log names */
    store_t from_store, to_store, links_to_store;
    store_op_t from, to, links_to; /* one pool, reset after each thing */
    const char *reference;         /* root of an older copy, or NULL */
    bool is_verify;                /* every blob is read */
    bool is_copy;                  /* bytes are never shared */
    bool is_adding;                /* a link that is there stays */
    bool is_quiet;
    digest_set_t *done; /* blobs */
    bool cannot_clone[COPY_SOURCES], cannot_link[COPY_SOURCES];
    pool_t *pending_pool;
    size_t pending_n;
    copy_pending_t *pending;
    uint64_t pending_bytes;
    uint64_t repositories, links;
    uint64_t there, shared, copied,
        bytes;        /* blobs, and bytes of those copied */
    uint64_t nothing; /* links of blobs that no tag needs, to nothing */
    uint64_t lost;    /* blobs that are missing or corrupt; logged */
    bool is_over;     /* nothing more can be done; logged */
    time_t reported;
} copy_t;

/* A copy from one root to another.  links_to, below which links are written,
 * is another root for a while in a backup. */
void copy_open(copy_t *copy, const char *command, const char *from,
               const char *to, const char *links_to);
void copy_close(copy_t *copy);

/* Nothing more can be done, because of errno. */
int copy_fail(copy_t *copy, const char *doing, const char *what);

/* Logs how far it is, once a second. */
void copy_progress(copy_t *copy);

/* The last lines, on stdout. */
void copy_summary(const copy_t *copy);

/* Makes all that was written durable. */
int copy_sync(copy_t *copy);

/* --- links --------------------------------------------------------------- */

/* Copies a link, or another small file, with its time.  DECLINED where there
 * is none. */
int copy_link(copy_t *copy, const char *key);

/* Copies all files below a key. */
void copy_tree(copy_t *copy, const char *key);

/* Makes a directory of a repository where the store has it, empty or not. */
void copy_directory(copy_t *copy, str_t name, const char *directory);

/* --- blobs --------------------------------------------------------------- */

/* Copies every blob that a link of a repository of this store leads to; links
 * is one of the three.  What the store has lost is logged. */
int copy_blobs(copy_t *copy, store_op_t *links);

/* A blob that is needed cannot be copied: one line of the log. */
void copy_lost(copy_t *copy, const reg_digest_t *digest, const char *why);

#endif
