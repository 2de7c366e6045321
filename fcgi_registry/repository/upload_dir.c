/* upload_dir.c: the directory of an upload, _uploads/<id>. */

#include "repository/upload_dir.h"
#include "repository/walk.h"
#include "fcgi_core/file.h"

#include "fcgi_core/clock.h"
#include "fcgi_core/uuid.h"
#include "common/utc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_TRIES 50
#define LOCK_PAUSE_NS (10 * 1000 * 1000L)


void
upload_dir_set(store_op_t *op, str_t name, str_t id, upload_t *upload_r)
{
    store_key_t key;

    *upload_r = (upload_t){ .op = op, .name = name, .id = id, .lock = -1 };

    key = key_upload(name, id, NULL);
    upload_r->directory = store_path(op, key.text);
    upload_r->data = pool_printf(op->pool, "%s/data", upload_r->directory);
}


int
upload_dir_find(store_op_t *op, str_t name, str_t id, upload_t *upload_r)
{
    struct stat st;

    upload_dir_set(op, name, id, upload_r);

    if (lstat(upload_r->data, &st) != 0) {
        return errno == ENOENT || errno == ENOTDIR
                   ? DECLINED
                   : store_error(op, "check", upload_r->data);
    }

    if (!S_ISREG(st.st_mode)) {
        return DECLINED;
    }

    upload_r->size = (uint64_t)st.st_size;

    return OK;
}


/* DECLINED if another process keeps the lock.  Another request's nginx may have
 * it for a moment only to find that its bytes begin elsewhere. */
static int
data_lock(int fd)
{
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK) {
            return ERROR;
        }

        if (i == LOCK_TRIES) {
            return DECLINED;
        }

        nanosleep(&(struct timespec){ 0, LOCK_PAUSE_NS }, NULL);
    }

    return OK;
}


/* Of the file that is locked: the process that had the lock before may have
 * made it a blob, or removed it. */
static int
data_size(int fd, const char *path, uint64_t *size_r)
{
    struct stat st;
    int rc = file_is_named(fd, path);

    if (rc != OK) {
        return errno == EAGAIN ? DECLINED : rc;
    }

    if (fstat(fd, &st) != 0) {
        return ERROR;
    }

    *size_r = (uint64_t)st.st_size;

    return OK;
}


int
upload_dir_lock(store_op_t *op, str_t name, str_t id, upload_t *upload_r)
{
    int rc = upload_dir_find(op, name, id, upload_r);
    int fd;

    if (rc != OK) {
        return rc;
    }

    fd = open(upload_r->data, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? DECLINED
                               : store_error(op, "open", upload_r->data);
    }

    rc = data_lock(fd);

    if (rc != OK) {
        rc = rc == DECLINED ? OK : store_error(op, "lock", upload_r->data);
        close(fd);
        return rc;
    }

    rc = data_size(fd, upload_r->data, &upload_r->size);

    if (rc != OK) {
        rc = rc == ERROR ? store_error(op, "check", upload_r->data) : rc;
        close(fd);
        return rc;
    }

    upload_r->lock = fd;

    return OK;
}


void
upload_dir_unlock(upload_t *upload)
{
    if (upload->lock >= 0) {
        close(upload->lock);
        upload->lock = -1;
    }
}


static char *
started_path(const upload_t *upload)
{
    return pool_printf(upload->op->pool, "%s/startedat", upload->directory);
}


static int
started_read(const upload_t *upload, time_t *started_r)
{
    int64_t seconds;
    str_t text;

    if (file_get(upload->op->pool, started_path(upload), REG_UTC_MAX, &text)
            != OK
        || reg_utc_parse(text, &seconds) != OK) {
        return DECLINED;
    }

    *started_r = (time_t)seconds;

    return OK;
}


int
upload_dir_age(const upload_t *upload, time_t *started_r)
{
    struct stat st;

    if (started_read(upload, started_r) == OK) {
        return OK;
    }

    if (lstat(upload->data, &st) != 0 && lstat(upload->directory, &st) != 0) {
        return DECLINED;
    }

    *started_r = st.st_mtim.tv_sec;

    return OK;
}


typedef struct {
    store_op_t *op;
    upload_dir_fn fn;
    void *data;
    str_t name; /* repository */
    int rc;
} uploads_t;


static void
id_pass(void *data, const char *id)
{
    uploads_t *uploads = data;

    uploads->fn(uploads->data, uploads->name, id);
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    uploads_t *uploads = data;
    walk_t walk = { uploads->op, uploads, NULL };
    store_key_t key;

    if ((has & WALK_UPLOADS) == 0) {
        return;
    }

    uploads->name = name;
    key = key_repository(name, "_uploads");

    if (walk_names(&walk, key.text, id_pass) == ERROR) {
        uploads->rc = ERROR;
    }
}


int
upload_dir_walk(store_op_t *op, upload_dir_fn fn, void *data)
{
    store_t local = store_local(op->store);
    store_op_t local_op = store_op_begin(&local, op->pool);
    uploads_t uploads = { .op = &local_op, .fn = fn, .data = data, .rc = OK };
    walk_t walk = { &local_op, &uploads, NULL };

    return walk_repositories(&walk, repository_pass) == ERROR ? ERROR
                                                              : uploads.rc;
}


int
upload_dir_make(store_op_t *op, str_t name, upload_t *upload_r)
{
    pool_t *pool = op->pool;
    char *id = pool_alloc(pool, UUID_LEN + 1);
    char text[CLOCK_TEXT_SIZE];

    if (uuid_make(id) != OK) {
        return store_error(op, "draw", "a random number");
    }

    upload_dir_set(op, name, reg_cstr(id), upload_r);

    if (directory_make_hint(pool, upload_r->directory) != OK
        || file_make(upload_r->data) != OK
        || file_put_hint(pool, started_path(upload_r),
                         reg_cstr(clock_print(time(NULL), text)))
               != OK) {
        return store_error(op, "begin", upload_r->directory);
    }

    return OK;
}


int
upload_dir_adopt(const upload_t *upload)
{
    size_t top = strlen(upload->op->store->root);
    pool_t *pool = upload->op->pool;
    const char *path = path_parent(pool, upload->directory);

    for (; strlen(path) >= top; path = path_parent(pool, path)) {
        if (file_sync(path) != OK) {
            return store_error(upload->op, "sync", path);
        }
    }

    return OK;
}


/* What upload_dir_make() left to a crash, but for startedat: where a power cut
 * takes it, the time of the data stands for it. */
static int
directory_sync(const upload_t *upload)
{
    if (file_sync(upload->directory) == ERROR
        || file_sync_name(upload->op->pool, upload->directory) == ERROR) {
        return store_error(upload->op, "sync", upload->directory);
    }

    return OK;
}


int
upload_dir_sync(const upload_t *upload, bool is_first)
{
    int rc = file_sync_content(upload->data);

    if (rc != OK) {
        return rc == ERROR ? store_error(upload->op, "sync", upload->data) : rc;
    }

    return is_first ? directory_sync(upload) : OK;
}


/* Removes all states of an algorithm; there are few. */
static int
states_del(const upload_t *upload, const char *directory)
{
    int rc = directory_del(directory);

    return rc == ERROR ? store_error(upload->op, "remove", directory) : OK;
}


int
upload_dir_keep_state(const upload_t *upload, const reg_hash_t *hash)
{
    pool_t *pool = upload->op->pool;
    unsigned char state[REG_HASH_STATE_MAX];
    str_t content = { reg_hash_state_export(hash, state), state };
    const char *directory, *path;

    directory = pool_printf(pool, "%s/hashstates/%s", upload->directory,
                            (char *)reg_algorithm_name(hash->algorithm).data);
    path = pool_printf(pool, "%s/%llu", directory,
                       (unsigned long long)hash->length);

    if (states_del(upload, directory) != OK) {
        return ERROR;
    }

    return file_put_hint(pool, path, content) == OK
               ? OK
               : store_error(upload->op, "write", path);
}


int
upload_dir_truncate(const upload_t *upload, uint64_t size)
{
    if (truncate(upload->data, (off_t)size) == 0) {
        return OK;
    }

    return errno == ENOENT ? DECLINED
                           : store_error(upload->op, "cut", upload->data);
}


int
upload_dir_del(const upload_t *upload)
{
    int rc = unlink(upload->data) == 0 || errno == ENOENT
                 ? directory_del(upload->directory)
                 : ERROR;

    return rc == ERROR ? store_error(upload->op, "remove", upload->directory)
                       : rc;
}
