/* mirror.h: what the store holds, kept from its events (docs/index.md).
 *
 * A copy, for the catalogue and for people: never a reason to delete anything
 * in the store, and what is wrong in it a run of reindex makes good. */

#ifndef MIRROR_H
#define MIRROR_H

#include "db/db.h"
#include "mirror/store_event.h"

#define MIRROR_EVENTS_KEPT (7 * 86400) /* ids of events, in seconds */

/* Applies the events in their order, in one transaction; those whose id came
 * before change nothing.  DECLINED where that is more than a request should
 * do: a part of it is done, and the same request sent again continues from
 * there.  ERROR where the database failed: nothing is done. */
int mirror_apply(db_t *db, const event_t *events, size_t n, int64_t now);

/* Makes a repository known before its first push, as that would: with the
 * visibility that its namespace has for new ones.  Runs in a transaction.  OK
 * and its id, of one that is known too; ERROR. */
int mirror_add_repository(db_t *db, const char *name, int64_t now,
                          uint64_t *id_r);

/* Forgets ids of events of before MIRROR_EVENTS_KEPT, what feeds say of before
 * a moment, and counts of pulls of days of long ago, at most max of each. */
void mirror_purge(db_t *db, int64_t now, int64_t activity_before, uint64_t max);

#endif
