/* store_s3.c: the store as objects of a bucket of the S3 protocol.
 *
 * Each put is one step, and durable when it is answered.  Keys are those that
 * registry:2 and 3 write.  Uploads in progress and locks are local files. */

#include "store/store_s3.h"
#include "store/store_mark.h"
#include "store/store_object.h"

#include "common/encode.h"
#include "common/hash.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/file.h"
#include "fcgi_core/log.h"
#include "s3/s3_batch.h"
#include "s3/s3_list.h"
#include "s3/s3_multipart.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SWEEP_MS 60000 /* from the mark to the removal, store_mark.c */
#define LOCKS "/slipway/locks"
#define LOCK_MODE 0666
#define READ_TRIES 5

/* What 2.8 needs to know a repository by that has no blobs of its own. */
#define LAYERS "/_layers"
#define NO_LAYER "none"


/* What all objects below a key begin with. */
static char *
object_prefix(const store_op_t *op, const char *key)
{
    char *prefix = object_key(op, key);
    size_t len = strlen(prefix);

    return len == 0 || prefix[len - 1] == '/'
               ? prefix
               : pool_printf(op->pool, "%s/", prefix);
}


/* The digest of a sha256 blob, which is that of its bytes; NULL for any other
 * key. */
static const char *
sha256_of(const store_op_t *op, const char *key)
{
    static const char prefix[] = REG_PATH_PREFIX "/blobs/sha256/";
    size_t len = sizeof(prefix) - 1;
    const char *slash;

    if (!object_is_blob(key) || strncmp(key, prefix, len) != 0) {
        return NULL;
    }

    slash = strchr(key + len, '/');

    return slash == NULL || strcspn(slash + 1, "/") != SHA256_DIGEST_LENGTH * 2
               ? NULL
               : pool_printf(op->pool, "%.*s", SHA256_DIGEST_LENGTH * 2,
                             slash + 1);
}


/* --- one object ----------------------------------------------------------- */


/* Bytes that come, up to a number of them. */
typedef struct {
    pool_t *pool;
    str_t content;
    size_t size, max;
    bool is_too_long;
} getter_t;


static bool
bytes_keep(void *data, const unsigned char *bytes, size_t n)
{
    getter_t *getter = data;
    str_t *content = &getter->content;

    if (n > getter->max - content->len) {
        getter->is_too_long = true;
        return false;
    }

    /* with a NUL behind them */
    if (content->len + n >= getter->size) {
        const unsigned char *old = content->data;

        getter->size = (content->len + n) * 2;
        content->data = pool_alloc(getter->pool, getter->size);

        if (content->len != 0) {
            memcpy(content->data, old, content->len);
        }
    }

    memcpy(content->data + content->len, bytes, n);
    content->len += n;

    return true;
}


/* Bytes that are passed on, of an object that is read in several pieces where
 * connections break. */
typedef struct {
    store_read_fn fn;
    void *data;
    uint64_t offset;
    bool is_ended;
} read_t;


static bool
bytes_pass(void *data, const unsigned char *bytes, size_t n)
{
    read_t *read = data;

    read->offset += n;
    read->is_ended = !read->fn(read->data, bytes, n);

    return !read->is_ended;
}


static int
piece_read(store_op_t *op, const char *key, read_t *read, const char *etag,
           s3_answer_t *answer)
{
    s3_call_t call = { .method = "GET",
                       .key = object_key(op, key),
                       .is_part = read->offset != 0,
                       .fn = bytes_pass,
                       .data = read };
    size_t n = 0;
    int rc;

    if (call.is_part) {
        call.headers[n++] = (reg_sigv4_pair_t){
            reg_str("range"),
            reg_cstr(pool_printf(op->pool, "bytes=%llu-",
                                 (unsigned long long)read->offset))
        };
    }

    /* the rest of what the first piece was of */
    if (etag[0] != '\0') {
        call.headers[n++] =
            (reg_sigv4_pair_t){ reg_str("if-match"), reg_cstr(etag) };
    }

    rc = s3_send(op->store->s3, op->pool, &call, answer);

    return rc == OK && call.is_part && answer->status == 200
               ? object_refused(op, "read a part of", key, answer->status)
               : rc;
}


static int
remote_read(store_op_t *op, const char *key, uint64_t offset, store_read_fn fn,
            void *data, store_stat_t *stat_r)
{
    read_t read = { fn, data, offset, false };
    s3_answer_t answer = { .etag = "" };
    char etag[S3_ETAG_SIZE] = "";
    int rc = ERROR;

    for (int i = 0; i < READ_TRIES && rc != OK; i++) {
        rc = piece_read(op, key, &read, etag, &answer);

        if (rc == ERROR && !answer.is_begun) {
            return object_failed(op); /* it was sent several times */
        }

        if (i == 0) {
            *stat_r = object_stat(&answer);
            stat_r->size += offset; /* of the rest */
            memcpy(etag, answer.etag, sizeof(etag));
        }
    }

    if (rc != OK) {
        return object_failed(op);
    }

    switch (answer.status) {
    case 200:
    case 206:
        return OK;
    case 404:
        return DECLINED;
    case 416: /* there is nothing from the offset on */
        return object_head(op, key, stat_r);
    default: /* 412: other content was put meanwhile */
        return object_refused(op, "read", key, answer.status);
    }
}


static int
remote_get(store_op_t *op, const char *key, size_t max, str_t *content_r)
{
    getter_t getter = { .pool = op->pool, .max = max };
    store_stat_t stat;
    int rc = remote_read(op, key, 0, bytes_keep, &getter, &stat);

    if (getter.is_too_long) {
        errno = EFBIG;
        return store_error(op, "read", key);
    }

    if (rc == OK) {
        *content_r = getter.content.data != NULL
                         ? getter.content
                         : (str_t){ 0, pool_alloc(op->pool, 1) };
    }

    return rc;
}


static int
remote_put(store_op_t *op, const char *key, str_t content)
{
    if (object_is_blob(key) && mark_use_wait(op, key) != OK) {
        return ERROR;
    }

    return object_put(op, key, content);
}


static int
file_send(store_op_t *op, const char *key, int fd, uint64_t size)
{
    s3_call_t call = {
        .is_file = true, .fd = fd, .size = size, .sha256 = sha256_of(op, key)
    };

    if (size <= S3_PART_SIZE) {
        return object_call_put(op, key, &call);
    }

    object_headers(op, key, call.headers);

    return s3_multipart_put(op->store->s3, object_key(op, key), call.headers,
                            fd, size)
                   == OK
               ? OK
               : object_failed(op);
}


/* Content that is stored already is not sent again: its digest is its name. */
static int
file_put_open(store_op_t *op, const char *key, int fd, uint64_t size)
{
    store_stat_t stat;
    int rc = object_is_blob(key) ? object_head(op, key, &stat) : DECLINED;

    return rc == DECLINED || (rc == OK && stat.size != size)
               ? file_send(op, key, fd, size)
               : rc;
}


static int
remote_put_file(store_op_t *op, const char *key, const char *path)
{
    int fd, rc = ERROR;
    struct stat st;

    if (object_is_blob(key) && mark_use_wait(op, key) != OK) {
        return ERROR;
    }

    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? DECLINED : store_error(op, "read", path);
    }

    if (fstat(fd, &st) != 0) {
        store_error(op, "read", path);

    } else {
        rc = file_put_open(op, key, fd, (uint64_t)st.st_size);
    }

    close(fd);

    if (rc == OK && unlink(path) != 0 && errno != ENOENT) {
        return store_error(op, "remove", path);
    }

    return rc;
}


static const char *
remote_url(store_op_t *op, const char *key, unsigned seconds)
{
    return s3_presign(op->store->s3, op->pool, object_key(op, key), seconds);
}


static int
remote_used(store_op_t *op, const char *key, store_stat_t *stat)
{
    store_stat_t used;
    int rc = object_is_blob(key) ? mark_check(op, key, &used) : DECLINED;

    if (rc == OK && store_is_since(&used, &stat->time)) {
        stat->time = used.time;
    }

    return rc == ERROR ? ERROR : OK;
}


static int
remote_del(store_op_t *op, const char *key)
{
    store_stat_t stat;
    int rc = object_head(op, key, &stat);

    return rc == OK ? object_remove(op, key) : rc;
}


/* The time is checked before there is a mark, and the mark of other processes
 * after it. */
static int
remote_del_old(store_op_t *op, const char *key, const struct timespec *before)
{
    int64_t began = clock_ms();
    store_stat_t stat;
    int rc = object_head(op, key, &stat);

    if (rc == OK) {
        rc = remote_used(op, key, &stat);
    }

    if (rc != OK) {
        return rc;
    }

    if (store_is_since(&stat, before)) {
        return DECLINED;
    }

    if (!object_is_blob(key)) {
        return object_remove(op, key);
    }

    rc = mark_doom(op, key, before);

    if (rc != OK) {
        return rc;
    }

    if (clock_ms() - began > SWEEP_MS) {
        return mark_end(op, key, false) == OK ? DECLINED : ERROR;
    }

    /* where it is unknown whether it was removed, the mark stays */
    return object_remove(op, key) == OK ? mark_end(op, key, true) : ERROR;
}


static int
object_copy(store_op_t *op, const char *key, const char *etag, const char *to)
{
    const s3_conf_t *conf = s3_conf(op->store->s3);
    str_t from = reg_cstr(
        pool_printf(op->pool, "%s/%s", conf->bucket, object_key(op, key)));
    char *encoded = pool_alloc(op->pool, 3 * from.len + 1);
    s3_call_t call = { .method = "PUT",
                       .key = object_key(op, to),
                       .has_body = true,
                       .is_checked = true };
    s3_answer_t answer;

    reg_percent_encode(from, encoded);
    call.headers[0] =
        (reg_sigv4_pair_t){ reg_str("x-amz-copy-source"), reg_cstr(encoded) };
    call.headers[1] = (reg_sigv4_pair_t){ reg_str("x-amz-copy-source-if-match"),
                                          reg_cstr(etag) };

    if (s3_send(op->store->s3, op->pool, &call, &answer) != OK) {
        return object_failed(op);
    }

    if (answer.status == 404 || answer.status == 412) {
        return DECLINED;
    }

    return answer.status == 200
               ? OK
               : object_refused(op, "move aside", key, answer.status);
}


/* As for a removal: a process that is about to rely on the blob must see that
 * it goes, and the one that puts it again waits. */
static int
remote_move_aside(store_op_t *op, const char *key, const char *etag,
                  const char *to)
{
    const struct timespec never = { (time_t)(INT64_MAX / 2), 0 };
    bool is_blob = object_is_blob(key);
    store_stat_t stat;
    int rc = is_blob ? mark_doom(op, key, &never) : OK;

    if (rc != OK) {
        return rc;
    }

    rc = object_head(op, key, &stat);

    if (rc == OK && strcmp(stat.etag, etag) != 0) {
        rc = DECLINED;
    }

    if (rc == OK) {
        rc = object_copy(op, key, etag, to);
    }

    if (rc == OK) {
        rc = object_remove(op, key);
    }

    if (is_blob && mark_end(op, key, rc == OK) != OK) {
        return ERROR;
    }

    return rc;
}


/* --- many objects --------------------------------------------------------- */


static bool
ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}


typedef struct {
    const char *prefix;
    bool has_none; /* among the names is one that only 2.8 needs */
    store_name_fn fn;
    void *data;
    size_t n;
} lister_t;


/* A key that ends in a slash is a directory that some tool has made. */
static bool
name_pass(void *data, const s3_object_t *object)
{
    lister_t *lister = data;
    const char *name = object->key + strlen(lister->prefix);
    size_t len = strlen(name);
    char text[NAME_MAX + 1];

    len -= object->is_prefix && len != 0;

    if (len == 0) {
        return true;
    }

    lister->n++;

    if (len < sizeof(text)
        && !(lister->has_none && strcmp(name, NO_LAYER) == 0)) {
        memcpy(text, name, len);
        text[len] = '\0';
        lister->fn(lister->data, text);
    }

    return true;
}


static int
remote_list(store_op_t *op, const char *key, store_name_fn fn, void *data)
{
    lister_t lister = { .prefix = object_prefix(op, key),
                        .has_none = ends_in(key, LAYERS),
                        .fn = fn,
                        .data = data };

    /* the memory of the operation may be reset by fn */
    pool_t *pool = pool_create();
    int rc;

    lister.prefix = pool_strdup(pool, lister.prefix);
    rc = s3_list(op->store->s3, lister.prefix, false, name_pass, &lister);
    pool_destroy(pool);

    if (rc != OK) {
        return object_failed(op);
    }

    return lister.n == 0 ? DECLINED : OK;
}


typedef struct {
    size_t skip; /* bytes of a key that are the store's root */
    store_key_fn fn;
    void *data;
    size_t n;
} walker_t;


static bool
key_pass(void *data, const s3_object_t *object)
{
    walker_t *walker = data;
    char key[REG_PATH_MAX + 1];
    int len = snprintf(key, sizeof(key), "/%s", object->key + walker->skip);

    /* directories that some tool has made, and what is none of ours */
    if (len > 0 && (size_t)len < sizeof(key) && key[len - 1] != '/'
        && !ends_in(key, LAYERS "/" NO_LAYER)) {
        walker->n++;
        walker->fn(walker->data, key);
    }

    return true;
}


static int
remote_walk(store_op_t *op, const char *key, store_key_fn fn, void *data)
{
    walker_t walker = { .skip = strlen(object_key(op, "")),
                        .fn = fn,
                        .data = data };

    if (s3_list(op->store->s3, object_prefix(op, key), true, key_pass, &walker)
        != OK) {
        return object_failed(op);
    }

    return walker.n == 0 ? DECLINED : OK;
}


typedef struct {
    s3_batch_t *batch;
    size_t n;
    int rc;
} deleter_t;


static bool
object_delete(void *data, const s3_object_t *object)
{
    deleter_t *deleter = data;

    deleter->n++;

    if (s3_batch_add(deleter->batch, object->key) != OK) {
        deleter->rc = ERROR;
    }

    return deleter->rc == OK;
}


static int
remote_del_tree(store_op_t *op, const char *key)
{
    deleter_t deleter = { .rc = OK };
    int rc = remote_del(op, key);

    if (rc == ERROR) {
        return ERROR;
    }

    deleter.batch = s3_batch_begin(op->store->s3);
    deleter.n = rc == OK;
    rc = s3_list(op->store->s3, object_prefix(op, key), true, object_delete,
                 &deleter);

    if (s3_batch_end(deleter.batch) != OK || deleter.rc != OK || rc != OK) {
        return object_failed(op);
    }

    return deleter.n == 0 ? DECLINED : OK;
}


/* 2.8 takes a directory for a repository if there is anything in _layers. */
static int
remote_make_directory(store_op_t *op, const char *key)
{
    const char *none;
    store_stat_t stat;
    int rc;

    if (!ends_in(key, LAYERS)) {
        return OK;
    }

    none = pool_printf(op->pool, "%s/" NO_LAYER, key);
    rc = object_head(op, none, &stat);

    return rc == DECLINED ? object_put(op, none, reg_str("")) : rc;
}


static int
remote_touch(store_op_t *op, const char *key)
{
    store_stat_t stat;
    int rc = object_is_blob(key) ? mark_use(op, key) : OK;

    return rc == OK ? object_head(op, key, &stat) : rc;
}


/* --- locks ---------------------------------------------------------------- */


/* Of all processes of this host: writes of a repository go to one host. */
static int
lock_open(store_op_t *op, const char *key, const char **path_r)
{
    char *directory = store_path(op, LOCKS);
    char name[REG_DIGEST_HEX_MAX + 1];
    int fd;

    reg_token_hash(reg_cstr(key), name);
    *path_r = pool_printf(op->pool, "%s/%s", directory, name);

    if (directory_make_hint(op->pool, directory) != OK) {
        store_error(op, "make", directory);
        return -1;
    }

    fd = open(*path_r, O_RDWR | O_CREAT | O_CLOEXEC, LOCK_MODE);

    if (fd < 0) {
        store_error(op, "open", *path_r);
    }

    return fd;
}


static int
key_lock(store_op_t *op, const char *key, bool is_shared, int *fd_r)
{
    const char *path;

    *fd_r = lock_open(op, key, &path);

    if (*fd_r < 0) {
        return ERROR;
    }

    if (lock_take(*fd_r, is_shared ? LOCK_SH : LOCK_EX, op->wait) != OK) {
        store_error(op, "lock", path);
        close(*fd_r);
        return ERROR;
    }

    return OK;
}


static int
remote_lock(store_op_t *op, const char *key, const char *gate, bool is_shared,
            store_lock_t *lock_r)
{
    int gate_fd = -1;
    int rc;

    if (gate != NULL && key_lock(op, gate, is_shared, &gate_fd) != OK) {
        return ERROR;
    }

    rc = key_lock(op, key, is_shared, &lock_r->fd);

    if (gate != NULL) {
        close(gate_fd);
    }

    return rc;
}


static int
remote_try_lock(store_op_t *op, const char *key, store_lock_t *lock_r)
{
    const char *path;
    int rc = OK;

    lock_r->fd = lock_open(op, key, &path);

    if (lock_r->fd < 0) {
        return ERROR;
    }

    if (flock(lock_r->fd, LOCK_EX | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK ? DECLINED : store_error(op, "lock", path);
        close(lock_r->fd);
    }

    return rc;
}


static void
remote_unlock(store_lock_t *lock)
{
    close(lock->fd); /* and the lock with it */
}


const store_driver_t store_s3 = {
    .name = "s3",
    .get = remote_get,
    .put = remote_put,
    .put_file = remote_put_file,
    .read = remote_read,
    .stat = object_head,
    .url = remote_url,
    .list = remote_list,
    .walk = remote_walk,
    .del = remote_del,
    .drop = remote_del,
    .del_old = remote_del_old,
    .move_aside = remote_move_aside,
    .del_tree = remote_del_tree,
    .make_directory = remote_make_directory,
    .touch = remote_touch,
    .used = remote_used,
    .lock = remote_lock,
    .try_lock = remote_try_lock,
    .unlock = remote_unlock,
};
