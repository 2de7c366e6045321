/* copy_blob.c: copies the blobs that a store's links lead to.
 *
 * A blob gets its name when all of its bytes are durable, many of them by one
 * sync: every name in a copy that was killed has all of its bytes. */

#include "backup/copy.h"
#include "fcgi_core/file.h"
#include "repository/link.h"
#include "repository/tag.h"
#include "repository/walk.h"

#include "common/hash.h"
#include "common/name.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FICLONE /* <linux/fs.h> */
#define FICLONE _IOW(0x94, 9, int)
#endif

#define STEP (256 * 1024)
#define PENDING_MAX 512
#define PENDING_BYTES_MAX (256 * 1024 * 1024)
#define UNFINISHED ".tmp" /* as file_is_leftover() has it */
#define FILE_MODE 0666

/* A blob on its way. */
typedef struct {
    copy_t *copy;
    const reg_digest_t *digest;
    uint64_t size;
    const char *path; /* that it is to have */
    const char *temporary;
} blob_t;


void
copy_lost(copy_t *copy, const reg_digest_t *digest, const char *why)
{
    char text[REG_DIGEST_MAX + 1];

    reg_digest_print(digest, text);
    log_error("%s: blob %s %s", copy->command, text, why);
    copy->lost++;
}


/* --- bytes --------------------------------------------------------------- */


/* Reads a blob to its end, and writes it to out, unless that is -1.  DECLINED
 * where the bytes cannot be read, or are not those of the digest; path is that
 * of what is read. */
static int
bytes_pass(const blob_t *blob, const char *path, int in, int out)
{
    static unsigned char buf[STEP];
    copy_t *copy = blob->copy;
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;
    ssize_t n;

    reg_hash_init(&hash, blob->digest->algorithm);

    while ((n = read(in, buf, STEP)) > 0) {
        reg_hash_update(&hash, buf, (size_t)n);

        if (out >= 0 && file_write_all(out, (str_t){ (size_t)n, buf }) != OK) {
            return copy_fail(copy, "write", blob->temporary);
        }

        copy->bytes += out >= 0 ? (uint64_t)n : 0;
        copy_progress(copy);
    }

    reg_hash_hex(&hash, hex);

    if (n < 0) {
        log_error("%s: cannot read %s: %s", copy->command, path,
                  strerror(errno));
        return DECLINED;
    }

    if (!reg_str_eq(reg_cstr(hex), blob->digest->hex)) {
        log_error("%s: %s is corrupt: its bytes have another digest",
                  copy->command, path);
        return DECLINED;
    }

    return OK;
}


static int
file_check(const blob_t *blob, const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc = fd < 0 ? DECLINED : bytes_pass(blob, path, fd, -1);

    if (fd >= 0) {
        close(fd);
    }

    return rc;
}


/* --- names that wait for their bytes ------------------------------------- */


static int
pending_flush(copy_t *copy)
{
    if (copy->pending_n != 0 && copy_sync(copy) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < copy->pending_n; i++) {
        const copy_pending_t *pending = &copy->pending[i];

        if (rename(pending->temporary, pending->path) != 0) {
            return copy_fail(copy, "write", pending->path);
        }
    }

    copy->pending_n = 0;
    copy->pending_bytes = 0;
    pool_reset(copy->pending_pool);

    return OK;
}


static int
pending_add(const blob_t *blob)
{
    copy_t *copy = blob->copy;
    pool_t *pool = copy->pending_pool;

    if (copy->pending_n == 0) {
        copy->pending = pool_alloc(pool, PENDING_MAX * sizeof(copy_pending_t));
    }

    copy->pending[copy->pending_n++] =
        (copy_pending_t){ pool_strdup(pool, blob->temporary),
                          pool_strdup(pool, blob->path) };
    copy->pending_bytes += blob->size;

    return copy->pending_n == PENDING_MAX
                   || copy->pending_bytes > PENDING_BYTES_MAX
               ? pending_flush(copy)
               : OK;
}


/* --- one blob ------------------------------------------------------------ */


static int
temporary_open(const blob_t *blob)
{
    int fd = open(blob->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                  FILE_MODE);

    if (fd < 0) {
        copy_fail(blob->copy, "write", blob->temporary);
    }

    return fd;
}


/* A file of its own that shares the bytes.  DECLINED where the file system
 * cannot do that. */
static int
blob_clone(const blob_t *blob, copy_source_t source, int in)
{
    copy_t *copy = blob->copy;
    int out;
    bool is_cloned;

    if (copy->is_copy || copy->cannot_clone[source]) {
        return DECLINED;
    }

    out = temporary_open(blob);

    if (out < 0) {
        return ERROR;
    }

    is_cloned = ioctl(out, FICLONE, in) == 0;
    copy->cannot_clone[source] = !is_cloned && errno != ENOSPC;
    close(out);

    if (!is_cloned) {
        unlink(blob->temporary);
    }

    return is_cloned ? OK : DECLINED;
}


/* The same file by another name. */
static int
blob_link(const blob_t *blob, copy_source_t source, const char *path)
{
    copy_t *copy = blob->copy;

    if (copy->is_copy || copy->cannot_link[source]) {
        return DECLINED;
    }

    if (link(path, blob->temporary) == 0) {
        return OK;
    }

    copy->cannot_link[source] = errno == EXDEV;

    return DECLINED;
}


static int
blob_write(const blob_t *blob, const char *path, int in)
{
    int out = temporary_open(blob);
    int rc;

    if (out < 0) {
        return ERROR;
    }

    rc = bytes_pass(blob, path, in, out);

    if (close(out) != 0 && rc == OK) {
        rc = copy_fail(blob->copy, "write", blob->temporary);
    }

    return rc;
}


/* The bytes that are linked are durable already. */
static int
linked_name(const blob_t *blob)
{
    blob->copy->shared++;

    return rename(blob->temporary, blob->path) == 0
               ? OK
               : copy_fail(blob->copy, "write", blob->path);
}


/* What is written is always compared with its digest. */
static int
blob_make(const blob_t *blob, copy_source_t source, const char *path, int in)
{
    copy_t *copy = blob->copy;
    int rc = blob_clone(blob, source, in);
    bool is_linked = false, is_shared = rc != DECLINED;

    if (rc == DECLINED) {
        rc = blob_link(blob, source, path);
        is_linked = is_shared = rc == OK;
    }

    if (rc == OK && copy->is_verify) {
        rc = bytes_pass(blob, path, in, -1);
    }

    if (!is_shared) {
        rc = blob_write(blob, path, in);
    }

    if (rc != OK) {
        unlink(blob->temporary);
        return rc;
    }

    if (is_linked) {
        return linked_name(blob);
    }

    copy->shared += is_shared;
    copy->copied += !is_shared;

    return pending_add(blob);
}


/* DECLINED where it is not there, or its bytes are none of the digest. */
static int
blob_take(blob_t *blob, copy_source_t source, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int rc = DECLINED;

    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            log_error("%s: cannot open %s: %s", blob->copy->command, path,
                      strerror(errno));
        }

        return DECLINED;
    }

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && (uint64_t)st.st_size == blob->size) {
        rc = blob_make(blob, source, path, fd);
    }

    close(fd);

    return rc;
}


static char *
blob_path(const copy_t *copy, const char *root, const reg_digest_t *digest)
{
    return pool_printf(copy->from.pool, "%s%s", root, key_blob(digest).text);
}


/* Whether the copy has it.  Without a size, its bytes have to be compared.
 */
static bool
is_there(const blob_t *blob, bool has_size)
{
    struct stat st;

    if (lstat(blob->path, &st) != 0 || !S_ISREG(st.st_mode)
        || (has_size && (uint64_t)st.st_size != blob->size)) {
        return false;
    }

    return (has_size && !blob->copy->is_verify)
           || file_check(blob, blob->path) == OK;
}


static int
blob_fetch(blob_t *blob, const char *from)
{
    copy_t *copy = blob->copy;
    const char *directory = path_parent(copy->from.pool, blob->path);
    int rc = DECLINED;

    if (directory_make_unsynced(copy->from.pool, directory, NULL) != OK) {
        return copy_fail(copy, "make", directory);
    }

    unlink(blob->temporary); /* that a run which was killed has left */

    if (copy->reference != NULL) {
        rc = blob_take(blob, COPY_REFERENCE,
                       blob_path(copy, copy->reference, blob->digest));
    }

    return rc == DECLINED ? blob_take(blob, COPY_STORE, from) : rc;
}


/* OK where the store has it; ERROR, logged, where that cannot be found out. */
static int
size_read(const copy_t *copy, const char *path, uint64_t *size_r)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return DECLINED;
        }

        log_error("%s: cannot check %s: %s", copy->command, path,
                  strerror(errno));
        return ERROR;
    }

    *size_r = (uint64_t)st.st_size;

    return S_ISREG(st.st_mode) ? OK : DECLINED;
}


/* A blob that the store has lost may be whole in the copy. */
static void
blob_copy(copy_t *copy, const reg_digest_t *digest, bool is_layer)
{
    blob_t blob = { .copy = copy, .digest = digest };
    const char *from = blob_path(copy, copy->from.store->root, digest);
    int rc = size_read(copy, from, &blob.size);

    blob.path = blob_path(copy, copy->to.store->root, digest);
    blob.temporary = pool_printf(copy->from.pool, "%s" UNFINISHED, blob.path);

    if (is_there(&blob, rc == OK)) {
        copy->there++;
        return;
    }

    if (rc == OK) {
        rc = blob_fetch(&blob, from) == DECLINED ? ERROR : OK;
    }

    if (rc == ERROR) {
        copy_lost(copy, digest, "cannot be copied");

    } else if (rc == DECLINED && is_layer) {
        copy->nothing++;

    } else if (rc == DECLINED) {
        copy_lost(copy, digest, "is missing");
    }
}


/* --- all of them --------------------------------------------------------- */


typedef struct {
    copy_t *copy;
    store_op_t *links;
    str_t name;
    bool is_layer;
} repository_t;


static void
key_pass(const repository_t *repository, const char *key)
{
    copy_t *copy = repository->copy;
    reg_digest_t stored;
    int rc =
        copy->is_over ? DECLINED : link_get(repository->links, key, &stored);

    copy->is_over |= rc == ERROR;

    if (rc == OK && digest_set_add(copy->done, &stored)) {
        blob_copy(copy, &stored, repository->is_layer);
    }

    pool_reset(copy->from.pool);
    copy_progress(copy);
}


static void
layer_pass(void *data, const reg_digest_t *digest)
{
    const repository_t *repository = data;
    store_key_t key = key_layer_link(repository->name, digest);

    key_pass(repository, key.text);
}


static void
revision_pass(void *data, const reg_digest_t *digest)
{
    const repository_t *repository = data;
    store_key_t key = key_revision_link(repository->name, digest);

    key_pass(repository, key.text);
}


static void
tag_pass(void *data, const char *tag)
{
    const repository_t *repository = data;
    store_key_t key;

    if (reg_tag_is_valid(reg_cstr(tag))) {
        key = key_tag_current(repository->name, reg_cstr(tag));
        key_pass(repository, key.text);
    }
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    copy_t *copy = ((repository_t *)data)->copy;
    repository_t repository = { copy, ((repository_t *)data)->links, name,
                                false };
    walk_t walk = { repository.links, &repository, NULL };
    store_key_t key;
    int rc = OK;

    (void)has;

    key = key_repository(name, "_manifests/tags");
    rc = walk_names(&walk, key.text, tag_pass) == ERROR ? ERROR : rc;
    key = key_repository(name, "_manifests/revisions");
    rc = walk_digests(&walk, key.text, revision_pass) == ERROR ? ERROR : rc;
    repository.is_layer = true;
    key = key_repository(name, "_layers");
    rc = walk_digests(&walk, key.text, layer_pass) == ERROR ? ERROR : rc;
    copy->is_over |= rc == ERROR;
}


int
copy_blobs(copy_t *copy, store_op_t *links)
{
    repository_t all = { .copy = copy, .links = links };
    walk_t walk = { links, &all, NULL };

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        copy->is_over = true;
    }

    /* also where the disk is full: the next run need not copy these */
    return pending_flush(copy) == OK && !copy->is_over ? OK : ERROR;
}
