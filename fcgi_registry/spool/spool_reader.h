/* spool_reader.h: the spool of events as one of its consumers sees it.
 *
 * <root>/slipway/events/consumers/<name>/cursor says how far a consumer is:
 * the number of a segment and the bytes of it that are done.  A lock on that
 * directory lets one process at a time speak for the consumer.  A segment goes
 * when every consumer is past it; one that will not come back is forgotten by
 * removing its directory.
 *
 * Failures are logged. */

#ifndef SPOOL_READER_H
#define SPOOL_READER_H

#include "spool/spool.h"

#define SPOOL_CONSUMER_MAX 64

typedef struct {
    size_t n;
    str_t *lines; /* JSON objects without their LF */
} spool_batch_t;

typedef struct {
    const char *directory;    /* of the spool */
    const char *consumer;     /* directory of this one */
    uint64_t segment, offset; /* where the next event begins */
    uint64_t next;            /* offset behind the batch that was read */
} spool_reader_t;

/* Letters, digits, "-" and "_". */
bool spool_consumer_is_valid(const char *name);

/* Takes the part of a consumer until the process ends, new ones from the
 * oldest event on.  ERROR where another process has it. */
int spool_reader_open(spool_reader_t *reader, pool_t *pool, const char *root,
                      const char *name);

/* Up to max events that come next, in the pool.  They are durable: a crash
 * of the machine cannot put others in their place.  DECLINED where there are
 * none.  Until spool_reader_done() the same ones come again. */
int spool_reader_next(spool_reader_t *reader, pool_t *pool, size_t max,
                      spool_batch_t *batch_r);

/* Goes behind the events that came last.  ERROR where that could not be
 * written down: they may come again in another process. */
int spool_reader_done(spool_reader_t *reader, pool_t *pool);

#endif
