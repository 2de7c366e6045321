/* fsck.h: a check of the whole store, and what can be repaired without losing
 * anything: `slipway-registry fsck`.
 *
 * A repository is checked while it is in use.  If something is found, it is
 * checked again under its exclusive lock: only the findings of the second
 * check are reported and repaired. */

#ifndef FSCK_H
#define FSCK_H

#include "store/digest_set.h"
#include "repository/walk.h"

#include "fcgi_core/command.h"

#include <time.h>

typedef enum {
#define FSCK_FINDING(NAME, word) FSCK_##NAME,
#include "fsck/fsck.def"
#undef FSCK_FINDING
    FSCK_N
} fsck_finding_t;

typedef struct {
    store_t store;
    store_op_t op; /* its pool is reset whenever something is done with */
    bool is_repair;
    bool is_verify;
    bool is_first_look;   /* findings only count */
    struct timespec old;  /* leftovers are older than that */
    uint64_t rate;        /* bytes a second to read at the most; 0: any */
    struct timespec from; /* when reading began */
    uint64_t bytes;       /* read since then */
    digest_set_t *good;   /* content that was read and is right, */
    digest_set_t *bad;    /* and what was reported as corrupt */
    uint64_t blobs, repositories, manifests;
    uint64_t found, repaired;
    bool is_quiet;
    bool is_json;
    bool has_failed; /* something could not be checked */
    time_t reported; /* when progress was last reported */
} fsck_t;

extern const command_t fsck_commands[];

/* Whether findings may be repaired now: not while a part could not be checked,
 * and may exist. */
bool fsck_may_repair(const fsck_t *fsck);

/* Ends the check of one thing: frees its memory, and records a failure in the
 * run; the next check is not affected. */
void fsck_next(fsck_t *fsck);

/* One line of the report: the word, a repository ("-" where name is empty),
 * what of it, and a sentence. */
void fsck_report(fsck_t *fsck, fsck_finding_t finding, str_t name,
                 const char *what, bool is_repaired, const char *format, ...)
    PRINTF_LIKE(6, 7);

/* The same of a path with no place in the layout; for walk_t. */
void fsck_stray(void *fsck, const char *key);

/* Logs progress, once a second. */
void fsck_progress(fsck_t *fsck);

/* Removes a name; false, logged, where that cannot be done. */
bool fsck_remove(fsck_t *fsck, const char *key);

/* Looks through the directory of a blob or of a link: leftovers of a crash are
 * reported and removed, names other than known and "signatures" are
 * reported. */
void fsck_directory(fsck_t *fsck, str_t name, const char *key,
                    const char *known);

/* Every blob: its directory, whether it is empty that must not be, and with
 * is_verify its content. */
void fsck_blobs(fsck_t *fsck);

/* Reads the content of a blob.  OK where it is right; DECLINED where it is not,
 * which is reported, and repaired by moving it aside, or where there is none;
 * ERROR, logged. */
int fsck_blob(fsck_t *fsck, const reg_digest_t *digest);

/* Whether a blob was moved aside: links to it are left for the push that will
 * bring it again. */
bool fsck_is_aside(fsck_t *fsck, const reg_digest_t *digest);

/* A repository: manifests, tags, links of blobs, referrers. */
void fsck_repository(fsck_t *fsck, str_t name, unsigned has);

#endif
