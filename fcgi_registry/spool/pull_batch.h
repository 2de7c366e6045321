/* pull_batch.h: counts of pulls, which nginx leaves next to the spool
 * (common/pull.h), become events of it.
 *
 * Any number of processes may do this for a store at the same time.  One that
 * ends in the middle leaves the batch where it is, and the next one makes the
 * same events of it, with the same ids. */

#ifndef PULL_BATCH_H
#define PULL_BATCH_H

#include "fcgi_core/pool.h"

/* Moves all batches of a store into its spool, unless half of what may wait
 * there does.  A batch that nginx has not finished within a minute, or that
 * cannot be read, is removed.  Failures are logged; what could not be moved is
 * tried again by the next call. */
void pull_batches_move(pool_t *pool, const char *root);

#endif
