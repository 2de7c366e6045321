/* upkeep.h: what the commands that care for a store share. */

#ifndef UPKEEP_H
#define UPKEEP_H

#include "store/store.h"

#include <time.h>

/* Below the root, unknown to registry:2: a lock, and blobs that were
 * found corrupt. */
#define UPKEEP_DIRECTORY "/slipway"

/* The root of the store that a command's ROOT names, absolute; the process is
 * its owner from here on, if it was root.  DECLINED, logged, where nothing was
 * ever pushed: there is nothing to do, which is no failure. */
int upkeep_root(const char *word, const char **root_r);

/* The absolute path of a store, which must be there. */
int upkeep_find(const char *path, const char **root_r);

/* Takes the lock of commands that change a store, for the life of the process;
 * commands that only read share it.  *now_r is the time by the clock that also
 * sets the times of the store's files.  ERROR, logged, where another process
 * has it. */
int upkeep_lock(const char *root, bool is_shared, struct timespec *now_r);

/* The same for a command that only its like is in the way of: the lock is a
 * file of that name. */
int upkeep_alone(const char *root, const char *name);

/* ERROR, logged, where a store has blobs but no repositories: half of it is on
 * a disk that is not mounted, or it is another directory. */
int upkeep_check(const char *root);

/* True at most once a second, and not in the first one. */
bool upkeep_is_time(time_t *last);

#endif
