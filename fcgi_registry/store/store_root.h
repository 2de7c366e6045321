/* store_root.h: the local directory of a store: where it is, who owns it, and
 * the locks of commands.  With every driver there is one: uploads in progress
 * and the spool of events are files in it. */

#ifndef STORE_ROOT_H
#define STORE_ROOT_H

#include "fcgi_core/core.h"

#include <sys/types.h>
#include <time.h>

/* The absolute path of a directory, for the life of the process.  DECLINED
 * where there is none; ERROR, logged. */
int store_root_find(const char *path, const char **root_r);

/* Whether a root is there; ERROR with errno, not logged. */
int store_root_check(const char *root);

/* Makes a directory with no more than a mode, if it is missing, and gives one
 * that is root's and empty to the owner of the store at like, with no more
 * rights than that store has; what a symbolic link leads to stays root's.
 * *path_r is absolute.  Before store_owner_become(). */
int store_root_make(const char *path, const char *like, mode_t mode,
                    const char **path_r);

/* Whether a directory holds nothing; false where it cannot be read. */
bool store_root_is_empty(const char *path);

/* Locks the file of a key below root, which is made where it is missing, for
 * the life of the process; many may share the lock, or one may be alone.
 * *now_r is the time by the clock that also sets the times of the files there.
 * DECLINED if another process has the lock; ERROR, logged.  What may only be
 * read is shared without a lock. */
int store_root_lock(const char *root, const char *key, bool is_shared,
                    struct timespec *now_r);

#endif
