/* store_fs_walk.h: all that is below a directory of the store. */

#ifndef STORE_FS_WALK_H
#define STORE_FS_WALK_H

#include "store/store_driver.h"

struct stat;

/* What a driver's walk does, on a filesystem: links to directories are
 * followed, and what is neither a directory nor a regular file is left out. */
int store_fs_walk(store_op_t *op, const char *key, store_walk_fn fn,
                  void *data);

/* What the filesystem says of a file.  The etag is the file itself, whatever
 * its name: put makes another one. */
store_stat_t store_fs_stat(const struct stat *st);

#endif
