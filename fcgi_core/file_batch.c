/* file_batch.c: several files that get their names together. */

#include "fcgi_core/file_batch.h"
#include "fcgi_core/file.h"

#include <errno.h>
#include <unistd.h>

#define RACES_MAX 16 /* directories that vanish before they are used */

typedef enum { PUT, MOVE, SYNC_NAME, BARRIER } kind_t;

typedef struct entry_s {
    struct entry_s *next;
    kind_t kind;
    const char *path;
    const char *from;   /* PUT: the temporary file */
    str_t content;      /* PUT */
    int fd;             /* PUT: of the temporary file, -1 once it is synced */
    int made;           /* directories that are not durable yet */
    bool is_unfinished; /* PUT: the temporary file is there */
} entry_t;

typedef struct directory_s {
    struct directory_s *next;
    const char *path;
} directory_t;

struct file_batch_s {
    pool_t *pool;
    entry_t *first, **last;
    directory_t *directories, **last_directory; /* to be synced */
};


static void
batch_clear(file_batch_t *batch)
{
    batch->first = NULL;
    batch->last = &batch->first;
    batch->directories = NULL;
    batch->last_directory = &batch->directories;
}


static void
entry_drop(entry_t *entry)
{
    if (entry->fd >= 0) {
        close(entry->fd);
        entry->fd = -1;
    }

    if (entry->is_unfinished) {
        unlink(entry->from);
        entry->is_unfinished = false;
    }
}


void
file_batch_drop(file_batch_t *batch)
{
    int saved = errno;

    for (entry_t *entry = batch->first; entry != NULL; entry = entry->next) {
        entry_drop(entry);
    }

    batch_clear(batch);
    errno = saved;
}


static void
batch_cleanup(void *data)
{
    file_batch_drop(data);
}


file_batch_t *
file_batch_create(pool_t *pool)
{
    file_batch_t *batch = pool_new(pool, file_batch_t);

    batch->pool = pool;
    batch_clear(batch);
    pool_cleanup(pool, batch_cleanup, batch);

    return batch;
}


static entry_t *
entry_add(file_batch_t *batch, kind_t kind, const char *path)
{
    entry_t *entry = pool_new(batch->pool, entry_t);

    *entry = (entry_t){ .kind = kind, .path = path, .fd = -1 };
    *batch->last = entry;
    batch->last = &entry->next;

    return entry;
}


int
file_batch_put(file_batch_t *batch, const char *path, str_t content)
{
    pool_t *pool = batch->pool;
    entry_t *entry = entry_add(batch, PUT, pool_strdup(pool, path));
    char *temporary;

    if (file_draft(pool, entry->path, content, &temporary, &entry->fd,
                   &entry->made)
        != OK) {
        return ERROR;
    }

    entry->from = temporary;
    entry->is_unfinished = true;
    entry->content.len = content.len;
    entry->content.data = (unsigned char *)pool_strndup(pool, content);

    return OK;
}


void
file_batch_move(file_batch_t *batch, const char *from, const char *to)
{
    entry_add(batch, MOVE, to)->from = from;
}


void
file_batch_sync_name(file_batch_t *batch, const char *path)
{
    entry_add(batch, SYNC_NAME, path);
}


void
file_batch_barrier(file_batch_t *batch)
{
    entry_add(batch, BARRIER, NULL);
}


/* --- contents ------------------------------------------------------------ */


static int
directory_make_for(file_batch_t *batch, entry_t *entry)
{
    int made;

    if (directory_make_unsynced(batch->pool,
                                path_parent(batch->pool, entry->path), &made)
        != OK) {
        return ERROR;
    }

    entry->made += made;

    return OK;
}


static int
draft_sync(entry_t *entry)
{
    int rc = fsync(entry->fd) == 0 ? OK : ERROR;
    int saved = errno;

    if (close(entry->fd) != 0 && rc == OK) {
        saved = errno; /* as on NFS, which writes late */
        rc = ERROR;
    }

    entry->fd = -1;
    errno = saved;

    return rc;
}


/* The directories come first: the sync of a file then takes them along. */
static int
content_sync(file_batch_t *batch, entry_t *entry)
{
    switch (entry->kind) {
    case PUT:
        return draft_sync(entry);
    case MOVE:
        return directory_make_for(batch, entry) == OK
                   ? file_sync_content(entry->from)
                   : ERROR;
    case SYNC_NAME:
        return file_sync_name(batch->pool, entry->path);
    default:
        return OK;
    }
}


/* --- names --------------------------------------------------------------- */


static void
directory_add(file_batch_t *batch, const char *path)
{
    directory_t *directory;

    for (directory = batch->directories; directory != NULL;
         directory = directory->next) {
        if (strcmp(directory->path, path) == 0) {
            return;
        }
    }

    directory = pool_new(batch->pool, directory_t);
    directory->path = path;
    *batch->last_directory = directory;
    batch->last_directory = &directory->next;
}


/* The directory of a new name, and those above it that were made. */
static void
directories_add(file_batch_t *batch, const entry_t *entry)
{
    const char *path = path_parent(batch->pool, entry->path);

    for (int i = 0; i <= entry->made; i++) {
        directory_add(batch, path);
        path = path_parent(batch->pool, path);
    }
}


static int
directories_sync(file_batch_t *batch, const char **failed_r)
{
    const directory_t *directory = batch->directories;

    batch->directories = NULL;
    batch->last_directory = &batch->directories;

    for (; directory != NULL; directory = directory->next) {
        if (file_sync(directory->path) != OK) {
            *failed_r = directory->path;
            return ERROR;
        }
    }

    return OK;
}


/* ENOENT where the directory was removed with all that was in it. */
static int
draft_name(file_batch_t *batch, entry_t *entry)
{
    if (rename(entry->from, entry->path) == 0) {
        entry->is_unfinished = false;
        return OK;
    }

    return errno == ENOENT ? file_put(batch->pool, entry->path, entry->content)
                           : ERROR;
}


/* DECLINED where not the directory but the file is gone. */
static int
file_name(file_batch_t *batch, entry_t *entry)
{
    int rc = file_rename(batch->pool, entry->from, entry->path);

    for (int i = 0; rc == DECLINED && i < RACES_MAX; i++) {
        if (access(entry->from, F_OK) != 0) {
            return errno == ENOENT || errno == ENOTDIR ? DECLINED : ERROR;
        }

        if (directory_make_for(batch, entry) != OK) {
            return ERROR;
        }

        rc = file_rename(batch->pool, entry->from, entry->path);
    }

    return rc;
}


static int
entry_name(file_batch_t *batch, entry_t *entry, const char **failed_r)
{
    int rc;

    if (entry->kind == BARRIER) {
        return directories_sync(batch, failed_r);
    }

    if (entry->kind == SYNC_NAME) {
        return OK;
    }

    rc =
        entry->kind == PUT ? draft_name(batch, entry) : file_name(batch, entry);

    if (rc == OK) {
        directories_add(batch, entry);
    }

    return rc;
}


static int
entries_commit(file_batch_t *batch, const char **failed_r)
{
    for (entry_t *entry = batch->first; entry != NULL; entry = entry->next) {
        int rc = content_sync(batch, entry);

        if (rc != OK) {
            *failed_r = entry->path;
            return rc;
        }
    }

    for (entry_t *entry = batch->first; entry != NULL; entry = entry->next) {
        int rc;

        *failed_r = entry->path;
        rc = entry_name(batch, entry, failed_r);

        if (rc != OK) {
            return rc;
        }
    }

    return directories_sync(batch, failed_r);
}


int
file_batch_commit(file_batch_t *batch, const char **failed_r)
{
    int rc = entries_commit(batch, failed_r);

    file_batch_drop(batch);

    return rc;
}
