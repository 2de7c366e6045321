/* search_index.h: what search finds, and the place of a repository in lists,
 * kept up to date.
 *
 * A repository that is made, and a change of one that search or a list can see
 * (its name, description, topics or visibility, whether the store holds
 * something of it, its stars, its deletion) ends in search_update(), in the
 * transaction of the change. */

#ifndef SEARCH_INDEX_H
#define SEARCH_INDEX_H

#include "db/db.h"

#define SEARCH_SCOPE_PUBLIC 0
#define SEARCH_SCOPE_INTERNAL UINT64_MAX

#define SEARCH_BATCH 200 /* repositories that a rebuild does at a time */

/* Makes the postings of a repository what they should be, and its row in the
 * lists; a repository that search does not show has no postings.  Holds the
 * repository and its postings until the transaction ends.  OK or ERROR: the
 * database failed. */
int search_update(db_t *db, uint64_t repository_id);

/* The same of SEARCH_BATCH repositories behind *after, which becomes the last
 * one's; *n_r is their number.  Begins and ends a transaction. */
int search_rebuild(db_t *db, uint64_t *after, size_t *n_r);

#endif
