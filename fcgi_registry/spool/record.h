/* record.h: an event as it is written down: the parts that each has around
 * what happened, and its line in the spool (docs/events.md). */

#ifndef RECORD_H
#define RECORD_H

#include "manifest/manifest_parse.h"

#include "common/event_name.h"

/* Draws the id that events of this program and the processes that it forks
 * carry as their source.  Once, at the start; ERROR is logged. */
int record_open(void);

/* An event with an id of its own, the time and its action; the caller's.  NULL,
 * with errno set, where there are no random numbers. */
json_t *record_make(pool_t *pool, reg_event_t action);

/* Who tells of it: this machine, with a port where that is not "". */
json_t *record_source(pool_t *pool, const char *port);

/* Adds what a manifest says of itself: contentSize, artifactType, subject,
 * where it has them.  A type of more than REG_MEDIA_TYPE_MAX bytes is left
 * out. */
void record_manifest(json_t *object, const manifest_t *manifest);

/* A line with its LF, in the pool.  Takes the reference.  ERROR, logged, where
 * it would be longer than SPOOL_LINE_MAX. */
int record_print(pool_t *pool, json_t *event, str_t *line_r);

/* Lines behind each other, in the pool. */
str_t record_join(pool_t *pool, const str_t *lines, size_t n);

#endif
