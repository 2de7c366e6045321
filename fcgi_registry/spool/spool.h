/* spool.h: the events that wait for their delivery, on disk (docs/events.md).
 *
 * <root>/slipway/events/0000000001.jsonl ... are segments: text, one event a
 * line, written at the end of the newest by any number of processes, in one
 * order for all.  A lock on the directory keeps writers apart; readers need
 * none.
 *
 * As in file.h, ERROR comes with errno set and nothing is logged. */

#ifndef SPOOL_H
#define SPOOL_H

#include "fcgi_core/lock.h"

#include "fcgi_core/pool.h"

#define SPOOL_LINE_MAX (16 * 1024) /* bytes of an event, with its LF */
#define SPOOL_SIZE_DEFAULT 1024    /* MiB that wait at the most */

typedef struct {
    size_t n;
    uint64_t *numbers; /* ascending, in the pool */
} spool_segments_t;

/* Paths, in the pool: the directory of a store's events, and a segment in it.
 */
char *spool_directory(pool_t *pool, const char *root);
char *spool_segment_path(pool_t *pool, const char *directory, uint64_t number);

/* Whether a store has a spool: the first request with events on creates its
 * directory. */
int spool_check(pool_t *pool, const char *root);

/* The segments in a directory; none where it does not exist. */
int spool_segments(pool_t *pool, const char *directory,
                   spool_segments_t *segments_r);

/* Bytes in all segments, delivered or not. */
int spool_size(pool_t *pool, const char *root, uint64_t *size_r);

/* Bytes that a segment may have where all together may have limit. */
uint64_t spool_segment_size(uint64_t limit);

/* Appends lines, each with its LF, and makes them durable.  Lines of one call
 * stand together.  A segment that has segment_size bytes is not written to
 * any more.  ETIMEDOUT where others keep the directory locked. */
int spool_append(pool_t *pool, const char *root, str_t lines,
                 uint64_t segment_size, lock_wait_t *wait);

#endif
