/* upload_dir.h: the directory of an upload, _uploads/<id>: local files with
 * every driver, because nginx writes to one of them. */

#ifndef UPLOAD_DIR_H
#define UPLOAD_DIR_H

#include "store/store.h"

#include "common/hash.h"

#include <time.h>

typedef struct {
    store_op_t *op;
    str_t name; /* repository */
    str_t id;
    const char *directory;
    const char *data; /* path of the bytes so far */
    uint64_t size;    /* how many there are */
    int lock;         /* descriptor of the data, -1 while it is not ours */
} upload_t;

/* Sets the paths of the upload called id; does not access the store. */
void upload_dir_set(store_op_t *op, str_t name, str_t id, upload_t *upload_r);

/* Finds an upload and its size.  DECLINED where there is none. */
int upload_dir_find(store_op_t *op, str_t name, str_t id, upload_t *upload_r);

/* Finds an upload and locks its bytes, as nginx does while it receives some: a
 * process that works on them holds an exclusive flock() on data.  DECLINED
 * where there is none; where another process holds it, OK with upload->lock
 * still -1. */
int upload_dir_lock(store_op_t *op, str_t name, str_t id, upload_t *upload_r);

/* Lets others at it again, if it was locked.  Before the answer is sent: the
 * client's next request may come at once. */
void upload_dir_unlock(upload_t *upload);

/* When an upload began, by its startedat, or, where that is missing or says
 * nothing, when its bytes or its directory were last written.  DECLINED where
 * nothing is left of it. */
int upload_dir_age(const upload_t *upload, time_t *started_r);

typedef void (*upload_dir_fn)(void *data, str_t name, const char *id);

/* Every name in the _uploads of every repository, whether or not it is the id
 * of an upload.  The operation's pool is not used: fn may reset it.  ERROR,
 * logged, where a directory could not be read, after all others were. */
int upload_dir_walk(store_op_t *op, upload_dir_fn fn, void *data);

/* Begins an upload with a new random id.  A crash may take it as long as it
 * has no bytes; its repository's directory stays. */
int upload_dir_make(store_op_t *op, str_t name, upload_t *upload_r);

/* Makes the directories of an upload durable that nginx made. */
int upload_dir_adopt(const upload_t *upload);

/* Makes the bytes so far durable, or removes them: see file_sync_content().
 * is_first: the upload itself is not durable yet. */
int upload_dir_sync(const upload_t *upload, bool is_first);

/* Keeps the state of the hash after the first bytes, hash->length of them, and
 * no other one of its algorithm.  A state that is missing only costs a
 * rehash. */
int upload_dir_keep_state(const upload_t *upload, const reg_hash_t *hash);

/* Cuts the bytes back to size, as if those behind had never come. */
int upload_dir_truncate(const upload_t *upload, uint64_t size);

/* Removes the upload, first of all its bytes. */
int upload_dir_del(const upload_t *upload);

#endif
