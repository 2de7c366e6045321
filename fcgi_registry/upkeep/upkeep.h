/* upkeep.h: what the commands that care for a store share. */

#ifndef UPKEEP_H
#define UPKEEP_H

#include "store/store.h"

#include <time.h>

/* Below the root, unknown to registry:2: a lock, and blobs that were
 * found corrupt. */
#define UPKEEP_DIRECTORY "/slipway"

/* The flag of a command that names the file of a remote store. */
#define UPKEEP_STORE(conf)                                                     \
    {                                                                          \
        "store", NULL, SETTING_STRING, offsetof(conf, store), 0, 0, NULL,      \
            "File that describes the bucket in which the store is, with ROOT " \
            "for its uploads and locks; docs/object-stores.md."                \
    }

/* The store that a command's ROOT names, and the file of UPKEEP_STORE or NULL.
 * Its root is absolute; the process is its owner from here on, if it was root.
 * DECLINED, logged, where nothing was ever pushed: there is nothing to do,
 * which is no failure. */
int upkeep_open(const char *word, const char *remote, store_t *store_r);

/* The absolute path of a store, which must be there. */
int upkeep_find(const char *path, const char **root_r);

/* The same, and upkeep_check(). */
int upkeep_find_whole(const char *path, const char **root_r);

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
int upkeep_check(const store_t *store);

/* True at most once a second, and not in the first one. */
bool upkeep_is_time(time_t *last);

#endif
