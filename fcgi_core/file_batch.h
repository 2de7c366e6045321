/* file_batch.h: several files that get their names together.
 *
 * Each sync waits for the file system's journal.  A batch writes all contents
 * first and syncs them together, gives the names in the order in which they
 * were added, and syncs the directories together: a journal is waited for
 * twice, however many files there are.  What is seen at any time is what a
 * file_put() for each, one after the other, would show.
 *
 * Functions return ERROR with errno set and log nothing, as those of file.h;
 * what they failed at is in failed. */

#ifndef FILE_BATCH_H
#define FILE_BATCH_H

#include "fcgi_core/pool.h"

typedef struct file_batch_s file_batch_t;

/* What is not committed when the pool is reset leaves nothing. */
file_batch_t *file_batch_create(pool_t *pool);

/* As file_put(), at the commit.  The content is written now, to a temporary
 * file. */
int file_batch_put(file_batch_t *batch, const char *path, str_t content);

/* As file_move(), at the commit.  The paths last as long as the pool. */
void file_batch_move(file_batch_t *batch, const char *from, const char *to);

/* As file_sync_name(), before any of the batch gets its name. */
void file_batch_sync_name(file_batch_t *batch, const char *path);

/* What was added so far is durable before what is added later gets its name:
 * for a name that replaces content which readers rely on. */
void file_batch_barrier(file_batch_t *batch);

/* After OK all that was added is visible and durable, and the batch is empty.
 * DECLINED where a file to move is gone: nothing that was added after it has
 * its name.  Where it fails, what has no name yet is dropped. */
int file_batch_commit(file_batch_t *batch, const char **failed_r);

/* Drops what was added, with its temporary files; errno stays. */
void file_batch_drop(file_batch_t *batch);

#endif
