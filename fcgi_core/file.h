/* file.h: local files, written so that they survive a crash.
 *
 * Every function returns ERROR with errno set and logs nothing; DECLINED
 * where the path does not exist.  Paths are absolute.
 *
 * Directories that are missing are made, but for one that must be there: in
 * "/srv/tenant//a/b" that is "/srv/tenant/", and ENOENT where it is missing. */

#ifndef FILE_H
#define FILE_H

#include "fcgi_core/lock.h"

#include "fcgi_core/pool.h"
#include "common/hash.h"

#include <time.h>

/* Reads a whole regular file into the pool, EFBIG beyond max bytes.  A
 * symbolic link is not followed. */
int file_get(pool_t *pool, const char *path, size_t max, str_t *content_r);

/* Writes all of it where a descriptor stands. */
int file_write_all(int fd, str_t content);

/* Writes a file in one step: readers see the old content or the new one, and
 * after OK the new one is durable.  Directories that are missing are made. What
 * a crash leaves is a file in the same directory whose name ends in ".tmp". */
int file_put(pool_t *pool, const char *path, str_t content);

/* The first step of file_put(): content in a temporary file, which is being
 * written to disk but is not durable, and its descriptor.  *made_r is the
 * number of directories that were made, the deepest ones, not durable either.
 */
int file_draft(pool_t *pool, const char *path, str_t content,
               char **temporary_r, int *fd_r, int *made_r);

/* Whether the file system of a path keeps the order of names: where a power cut
 * takes one, it takes all that were given later, synced or not.  false where
 * that is not known. */
bool file_keeps_order(const char *path);

/* Whether a name is that of a file that file_put() has not finished. */
bool file_is_leftover(const char *name);

/* As file_put(), but not durable: for what may be lost. */
int file_put_hint(pool_t *pool, const char *path, str_t content);

/* Gives a file another name, replacing what had it; after OK its content and
 * the new name are durable, as after file_sync_content().  Directories that are
 * missing are made. */
int file_move(pool_t *pool, const char *from, const char *to);

/* rename() that reaches another filesystem: there the bytes are copied, and
 * get their name when they are durable, before the old name goes. */
int file_rename(pool_t *pool, const char *from, const char *to);

/* Makes a new empty file; EEXIST where the name is taken.  Not durable. */
int file_make(const char *path);

/* The directory that a path is in, in the pool: "/" is in itself, a name
 * without a slash in ".". */
char *path_parent(pool_t *pool, const char *path);

/* fsync() of the names in a directory, or of a file. */
int file_sync(const char *path);

/* Makes the content of a file durable, and removes the file where that fails:
 * it is unknown which of its bytes are on disk. */
int file_sync_content(const char *path);

/* Makes the name of a file durable, not its content. */
int file_sync_name(pool_t *pool, const char *path);

/* Sets the time of a file's last change to now.  OK says that the file has its
 * name still, after that; DECLINED, that it has gone.  ETIMEDOUT where another
 * process keeps it locked.  A caller that removes a file because it is old must
 * do so by file_del_old(). */
int file_touch(const char *path, lock_wait_t *wait);

/* Removes a file whose last change is before a time, unless it is touched in
 * the meantime: DECLINED where it is, or is gone already.  Not durable. */
int file_del_old(const char *path, const struct timespec *before);

/* OK where a path still names the file that is open, EAGAIN where it names
 * another one by now. */
int file_is_named(int fd, const char *path);

/* Removes a name, durably. */
int file_del(pool_t *pool, const char *path);

/* Hashes on: the bytes of a file between hash->length and size. */
int file_hash(const char *path, uint64_t size, reg_hash_t *hash);

/* Makes a directory and those above it, durably; fine where it exists. */
int directory_make(pool_t *pool, const char *path);

/* The same, but the directory itself may be lost by a crash; those above it may
 * not. */
int directory_make_hint(pool_t *pool, const char *path);

/* The same, durable when the file system is synced.  *made_r is the number of
 * directories made, the deepest ones; made_r may be NULL. */
int directory_make_unsynced(pool_t *pool, const char *path, int *made_r);

/* Removes a directory and all below it; files and directories that others
 * remove or add meanwhile are no error, but may leave it there (ENOTEMPTY). Not
 * durable: it may come back after a crash, in part. */
int directory_del(const char *path);

#endif
