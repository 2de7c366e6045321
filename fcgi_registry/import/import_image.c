/* import_image.c: an image of the first registry's storage. */

#include "import/import_image.h"
#include "repository/blob.h"
#include "repository/upload_dir.h"
#include "v1/layer_note.h"

#include "common/hash.h"
#include "common/name.h"
#include "fcgi_core/file.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define NOTE_MAX ((size_t)(128 * 1024)) /* bytes of all other files */
#define PORTION ((size_t)(256 * 1024))
#define GIB ((uint64_t)1024 * 1024 * 1024)

/* Of a layer: what an operator imports is no stranger's, so these only end what
 * would never end. */
static const unpack_limit_t limit = { .output = 1024 * GIB,
                                      .ratio = 1000000,
                                      .entries = 10000000,
                                      .seconds = 86400 };


/* --- files of the storage ------------------------------------------------ */


static const char *
image_path(import_t *import, str_t id, const char *file)
{
    return pool_printf(import->op.pool, "%s/images/%.*s/%s", import->from,
                       STR(id), file);
}


static int
read_fail(const char *path)
{
    log_error("cannot read %s: %s", path, strerror(errno));

    return ERROR;
}


static int
image_file(import_t *import, str_t id, const char *file, size_t max,
           str_t *content_r)
{
    const char *path = image_path(import, id, file);
    int rc = file_get(import->op.pool, path, max, content_r);

    return rc == ERROR ? read_fail(path) : rc;
}


/* The ids of an image, its parent and so on. */
static int
ancestry_read(import_t *import, str_t id, str_t **ids_r, size_t *n_r,
              const char **why_r)
{
    const char *error;
    json_t *list, *item;
    str_t content;
    size_t i;
    int rc = image_file(import, id, "ancestry", NOTE_MAX, &content);

    if (rc == ERROR) {
        return ERROR;
    }

    *why_r = "its ancestry is missing or broken";

    if (rc == DECLINED
        || json_parse(import->op.pool, content, &list, &error) != OK
        || json_array_size(list) == 0
        || json_array_size(list) > IMAGE_V1_ANCESTRY_MAX) {
        return DECLINED;
    }

    *n_r = json_array_size(list);
    *ids_r = pool_alloc(import->op.pool, *n_r * sizeof(str_t));

    json_array_foreach(list, i, item)
    {
        (*ids_r)[i] =
            reg_cstr(json_is_string(item) ? json_string_value(item) : "");

        if (!reg_image_id_is_valid((*ids_r)[i])) {
            return DECLINED;
        }
    }

    return reg_str_eq((*ids_r)[0], id) ? OK : DECLINED;
}


static int
json_read(import_t *import, str_t id, str_t *json_r, const char **why_r)
{
    const char *error;
    str_t has, mark;
    json_t *json;
    int rc = image_file(import, id, "json", IMAGE_V1_JSON_MAX, json_r);

    if (rc == ERROR) {
        return ERROR;
    }

    *why_r = "an image has no json, or one of another image";

    if (rc == DECLINED
        || json_parse(import->op.pool, *json_r, &json, &error) != OK
        || json_member_string(json, "id", &has) != OK || !reg_str_eq(has, id)) {
        return DECLINED;
    }

    *why_r = "the upload of an image never ended";
    rc = image_file(import, id, "_inprogress", NOTE_MAX, &mark);

    return rc == OK ? DECLINED : rc == DECLINED ? OK : ERROR;
}


/* --- checksums ----------------------------------------------------------- */


/* 1: it is the layer's; 0: it is another one; -1: of a kind that no one can
 * check. */
static int
sum_compare(const json_t *sum, const unpacked_t *unpacked)
{
    const char *text = json_string_value(sum);

    if (text != NULL && strncmp(text, "sha256:", 7) == 0) {
        return strcmp(text, unpacked->payload) == 0;
    }

    if (text != NULL && unpacked->is_tar
        && strncmp(text, TARSUM_PREFIX, sizeof(TARSUM_PREFIX) - 1) == 0) {
        return strcmp(text, unpacked->tarsum) == 0;
    }

    return -1;
}


/* One of the sums must be right: docker 0.9 sent a payload's that was computed
 * otherwise.  The first registries wrote a bare string. */
static int
sums_check(import_t *import, str_t id, const unpacked_t *unpacked)
{
    int n_right = 0, n_wrong = 0;
    const char *error;
    json_t *sums, *sum;
    str_t content;
    size_t i;
    int rc = image_file(import, id, "_checksum", NOTE_MAX, &content);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    if (json_parse(import->op.pool, content, &sums, &error) != OK
        || !json_is_array(sums)) {
        while (content.len != 0 && content.data[content.len - 1] == '\n') {
            content.len--;
        }

        sums =
            json_pooled(import->op.pool, json_pack("[o]", json_str(content)));
    }

    json_array_foreach(sums, i, sum)
    {
        int is_right = sum_compare(sum, unpacked);

        n_right += is_right == 1;
        n_wrong += is_right == 0;
    }

    import->n.verified += n_right != 0;

    return n_right != 0 || n_wrong == 0 ? OK : DECLINED;
}


/* --- a layer ------------------------------------------------------------- */


/* Copies the bytes from one descriptor to another, and reads them on the way.
 * ERROR with errno. */
static int
bytes_copy(pool_t *pool, int from, int to, unpack_t *unpack, reg_hash_t *hash)
{
    unsigned char *portion = pool_alloc(pool, PORTION);
    bool is_wanted = true;

    for (;;) {
        ssize_t n = read(from, portion, PORTION);

        if (n <= 0) {
            return n == 0 ? OK : ERROR;
        }

        reg_hash_update(hash, portion, (size_t)n);
        is_wanted = is_wanted && unpack_push(unpack, portion, (size_t)n);

        if (file_write_all(to, (str_t){ (size_t)n, portion }) != OK) {
            return ERROR;
        }
    }
}


static int
layer_copy(import_t *import, str_t id, const upload_t *upload, unpack_t *unpack,
           char *hex)
{
    const char *path = image_path(import, id, "layer");
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(upload->data, O_WRONLY | O_CLOEXEC);
    reg_hash_t hash;
    int rc = ERROR;

    reg_hash_init(&hash, REG_SHA256);

    if (from >= 0 && to >= 0) {
        rc = bytes_copy(import->op.pool, from, to, unpack, &hash);
    }

    if (rc != OK) {
        rc = from < 0 && errno == ENOENT ? DECLINED : read_fail(path);
    }

    if (from >= 0) {
        close(from);
    }

    if (to >= 0 && close(to) != 0 && rc == OK) {
        rc = read_fail(upload->data);
    }

    reg_hash_hex(&hash, hex);

    return rc;
}


static int
layer_check(import_t *import, str_t id, unpack_t *unpack,
            unpacked_t *unpacked_r, const char **why_r)
{
    int rc = unpack_finish(unpack, unpacked_r, why_r) == OK ? OK : DECLINED;

    if (rc == OK) {
        rc = sums_check(import, id, unpacked_r);
        *why_r = "a layer has another checksum than it was pushed with";
    }

    return rc;
}


static int
layer_store(import_t *import, str_t id, const upload_t *upload, str_t json,
            const unpacked_t *unpacked, const char *hex)
{
    const reg_digest_t digest = { REG_SHA256, reg_cstr(hex) };
    store_op_t *op = &import->op;

    return blob_put_file(op, &digest, upload->data, unpacked->size) == OK
                   && blob_link(op, import->name, &digest, &digest) == OK
                   && image_v1_layer_put(op, import->name, id, &digest) == OK
                   && layer_note(op, import->name, id, json, unpacked) == OK
               ? OK
               : ERROR;
}


static int
layer_import(import_t *import, str_t id, str_t json, const char **why_r)
{
    unpack_t *unpack = unpack_open(import->op.pool, json, &limit);
    char hex[REG_DIGEST_HEX_MAX + 1];
    unpacked_t unpacked;
    upload_t upload;
    int rc;

    if (upload_dir_make(&import->op, import->name, &upload) != OK) {
        return ERROR;
    }

    *why_r = "an image has no layer";
    rc = layer_copy(import, id, &upload, unpack, hex);

    if (rc == OK) {
        rc = layer_check(import, id, unpack, &unpacked, why_r);
    }

    if (rc == OK) {
        rc = layer_store(import, id, &upload, json, &unpacked, hex);
        import->n.bytes += unpacked.size;
    }

    upload_dir_del(&upload); /* logged; a purge takes what is left */

    return rc;
}


/* --- an image ------------------------------------------------------------ */


/* OK where it is there, as a whole; DECLINED where it is to be imported; ERROR
 * with *why_r where another image has its id. */
static int
there_check(import_t *import, str_t id, str_t json, const char **why_r)
{
    store_op_t *op = &import->op;
    image_v1_sums_t sums;
    str_t there;
    int rc = image_v1_json(op, import->name, id, &there);

    *why_r = NULL;

    if (rc != OK) {
        return rc;
    }

    rc = image_v1_is_uploading(op, import->name, id);

    if (rc == DECLINED && !reg_str_eq(there, json)) {
        *why_r = "another image of the repository has the id of one of it";
        return ERROR;
    }

    if (rc != DECLINED) {
        return rc == OK ? DECLINED : ERROR;
    }

    return image_v1_sums(op, import->name, id, &sums);
}


/* Whether no other tag of the repository has led to the image: an id looks like
 * a digest, or is the short one of a test. */
static bool
is_first(const import_t *import, str_t id)
{
    return id.len != reg_algorithm_hex_len(REG_SHA256)
           || digest_set_add(import->seen, &(reg_digest_t){ REG_SHA256, id });
}


/* An image is marked as not whole until it is. */
static int
image_import(import_t *import, const str_t *ids, size_t n, const char **why_r)
{
    store_op_t *op = &import->op;
    str_t name = import->name, id = ids[0], json;
    bool is_new;
    int rc = json_read(import, id, &json, why_r);

    if (rc != OK) {
        return rc;
    }

    is_new = is_first(import, id);
    rc = there_check(import, id, json, why_r);

    if (rc == OK) {
        import->n.there += is_new;
        return OK;
    }

    if (rc == ERROR) {
        return *why_r != NULL ? DECLINED : ERROR;
    }

    if (image_v1_uploading_put(op, name, id) != OK
        || image_v1_ancestry_put(op, name, id, ids + 1, n - 1) != OK
        || image_v1_json_put(op, name, id, json) != OK) {
        return ERROR;
    }

    rc = layer_import(import, id, json, why_r);

    if (rc == OK) {
        import->n.images++;
        rc = image_v1_uploading_del(op, name, id);
    }

    return rc;
}


int
import_chain(import_t *import, str_t id, const char **why_r)
{
    store_op_t whole = import->op;
    str_t *ids;
    size_t n;
    int rc = ancestry_read(import, id, &ids, &n, why_r);

    for (size_t i = n; rc == OK && i-- > 0;) {
        import->op = store_part_begin(&whole);
        rc = image_import(import, ids + i, n - i, why_r);
        store_part_end(&import->op, &whole);
        import->op = whole;

        if (rc == DECLINED) {
            *why_r =
                pool_printf(whole.pool, "%s: image %.*s", *why_r, STR(ids[i]));
        }
    }

    return rc;
}
