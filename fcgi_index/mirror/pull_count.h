/* pull_count.h: how often repositories and tags are pulled (docs/index.md).
 *
 * The counts stand in tables of their own, so that no pull waits for a lock
 * of a repository or a tag, and no push for one of a count. */

#ifndef PULL_COUNT_H
#define PULL_COUNT_H

#include "db/db.h"
#include "mirror/store_event.h"

/* Adds the pulls of n events, in the transaction of the events and under the
 * mirror's lock.  OK or ERROR. */
int pull_count_add(db_t *db, const event_t *const *events, size_t n);

/* Forgets the days of more than 400 days ago, at most max of them. */
int pull_count_purge(db_t *db, int64_t now, uint64_t max);

#endif
