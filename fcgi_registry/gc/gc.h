/* gc.h: garbage collection during pushes: `slipway-registry gc`.
 *
 * Marks all that manifests refer to, then removes data that is not marked and
 * that no one has used since the cutoff, the grace time before the start.
 * docs/gc.md says what is promised and why it holds. */

#ifndef GC_H
#define GC_H

#include "store/digest_set.h"
#include "repository/walk.h"
#include "spool/record.h"

#include "fcgi_core/command.h"

#include <time.h>

typedef struct {
    uint64_t repositories;
    uint64_t manifests; /* that were read */
    uint64_t unclear;   /* that could not be read or understood */
    uint64_t kept;      /* blobs that are marked */
    uint64_t young;     /* blobs that are not, but were used since the cutoff */
    uint64_t swept;
    uint64_t bytes; /* of those */
    uint64_t revisions;
    uint64_t images; /* of the original protocol, that were removed */
    uint64_t links;
} gc_count_t;

/* Content that some link says is stored under another digest than its own. */
typedef struct {
    reg_digest_t digest;
    reg_digest_t stored;
} gc_alias_t;

typedef struct {
    size_t n, size;
    gc_alias_t *items; /* sorted by digest */
} gc_aliases_t;

typedef struct {
    store_t store;
    store_op_t op; /* its pool is reset whenever something is done with */
    bool is_dry_run;
    bool is_quiet;
    bool has_delete_untagged;
    struct timespec cutoff;
    pool_t *pool; /* for the whole run */
    gc_aliases_t aliases;
    digest_set_t *marked;
    digest_set_t *read;   /* manifests whose references are all marked */
    digest_set_t *others; /* parts of an index that are no manifests */
    digest_set_t *lost;   /* manifests whose bytes no one can have */
    bool is_incomplete;   /* no one knows which manifests there are: nothing is
                             swept */
    bool has_failed;      /* something could not be removed */
    gc_count_t n;
    time_t reported; /* when progress was last reported */
} gc_t;

extern const command_t gc_commands[];

/* Marks every blob that a manifest of any repository needs.  With
 * has_delete_untagged, removes the revisions that nothing keeps. */
void gc_mark(gc_t *gc);

/* Marks a revision of a repository and all that it refers to. */
void gc_mark_revision(gc_t *gc, str_t name, const reg_digest_t *digest);

/* Finds the content that is stored under another name than its own. */
void gc_aliases_find(gc_t *gc);

/* How many aliases a digest has, and the first of them. */
size_t gc_aliases_of(const gc_t *gc, const reg_digest_t *digest,
                     const gc_alias_t **first_r);

/* Marks every blob that is linked in a repository that has a lost manifest:
 * after all others are marked. */
void gc_lost_keep(gc_t *gc);

/* Removes the old revisions of a repository that nothing keeps, and marks
 * those that are left with what they refer to. */
void gc_untagged(gc_t *gc, str_t name);

/* Removes the images of the original protocol that nothing leads to and that
 * were not used since the cutoff, and marks the layers of the others.  After
 * the revisions of their repository are marked, or removed. */
void gc_images_v1(gc_t *gc, str_t name);

/* Removes what is not marked and not young, and the links to what is gone. */
void gc_sweep(gc_t *gc);

/* Writes the events of n revisions and tags that are about to be removed, under
 * the lock of their repository, if the store has a spool of events.  ERROR,
 * logged, if they could not be written. */
int gc_event(gc_t *gc, const record_t *records, size_t n);

/* Reads the link of a revision: what it is stored under.  A link that cannot
 * be read counts as if it held the digest of its own path.  DECLINED where
 * there is none. */
int gc_revision_get(gc_t *gc, str_t name, const reg_digest_t *digest,
                    reg_digest_t *stored_r);

/* Remembers, after an ERROR that was logged, that there may be manifests whose
 * marks are missing. */
void gc_incomplete(gc_t *gc);

/* With its hex in a pool. */
reg_digest_t gc_digest_copy(pool_t *pool, const reg_digest_t *digest);

/* Logs progress, once a second: doing is "marking". */
void gc_progress(gc_t *gc, const char *doing);

/* One line on stdout for what goes, unless it is to be quiet. */
void gc_report(const gc_t *gc, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
