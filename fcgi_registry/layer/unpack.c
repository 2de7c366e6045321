/* unpack.c: a layer is read once.
 *
 *     bytes ──► payload's sum
 *           ──► decompress ──► diff_id
 *                          ──► tar ──► tarsum
 *                                  ──► list of files
 */

#include "layer/unpack.h"
#include "layer/decompress.h"
#include "layer/layer_files.h"
#include "layer/tar.h"

#include "fcgi_core/clock.h"
#include "common/hash.h"

#include <stdio.h>

#define RATIO_FREE ((uint64_t)(64 * 1024 * 1024))
#define MS 1000

struct unpack_s {
    pool_t *pool;
    str_t json;
    const unpack_limit_t *limit;
    int64_t deadline;     /* of clock_ms() */
    const char *exceeded; /* which limit; NULL: none */
    uint64_t input, output, content, n_entries;
    reg_hash_t payload, diff_id;
    decompress_t *decompress;
    tar_t *tar;
    tarsum_t *tarsum;
    layer_files_t *files;
};


static bool
exceed(unpack_t *unpack, const char *what)
{
    unpack->exceeded = what;

    return false;
}


static bool
is_in_time(unpack_t *unpack)
{
    return clock_ms() < unpack->deadline
           || exceed(unpack, "the layer takes too long to unpack");
}


/* --- of the archive ------------------------------------------------------ */


static bool
entry_take(void *data, const tar_entry_t *entry)
{
    unpack_t *unpack = data;

    if (++unpack->n_entries > unpack->limit->entries) {
        return exceed(unpack, "the layer has too many files");
    }

    tarsum_entry(unpack->tarsum, entry);

    return layer_files_add(unpack->files, entry) == OK
           || exceed(unpack, "the names of the layer's files are too long");
}


/* Whether so many bytes may come of what was read of the layer. */
static bool
is_in_proportion(const unpack_t *unpack, uint64_t bytes)
{
    return bytes <= RATIO_FREE || bytes / unpack->limit->ratio <= unpack->input;
}


static bool
content_take(void *data, const unsigned char *bytes, size_t n)
{
    unpack_t *unpack = data;

    unpack->content += n;

    if (unpack->content > unpack->limit->output) {
        return exceed(unpack, "the layer's files are too large");
    }

    if (!is_in_proportion(unpack, unpack->content)) {
        return exceed(unpack, "the layer's files have too large holes");
    }

    tarsum_content(unpack->tarsum, bytes, n);

    return is_in_time(unpack);
}


static bool
entry_end_take(void *data)
{
    unpack_t *unpack = data;

    tarsum_entry_end(unpack->tarsum);

    return true;
}


static const tar_handler_t handler = {
    .entry = entry_take,
    .content = content_take,
    .entry_end = entry_end_take,
};


/* --- of the layer -------------------------------------------------------- */


static bool
output_take(void *data, const unsigned char *bytes, size_t n)
{
    unpack_t *unpack = data;

    unpack->output += n;

    if (unpack->output > unpack->limit->output) {
        return exceed(unpack, "the layer is too large without compression");
    }

    if (!is_in_proportion(unpack, unpack->output)) {
        return exceed(unpack, "the layer is compressed too much");
    }

    reg_hash_update(&unpack->diff_id, bytes, n);
    tar_push(unpack->tar, bytes, n); /* where it is no tar, that is kept */

    return unpack->exceeded == NULL && is_in_time(unpack);
}


unpack_t *
unpack_open(pool_t *pool, str_t json, const unpack_limit_t *limit)
{
    unpack_t *unpack = pool_new(pool, unpack_t);

    unpack->pool = pool;
    unpack->json = json;
    unpack->limit = limit;
    unpack->deadline = clock_ms() + limit->seconds * MS;
    unpack->decompress = decompress_open(pool, output_take, unpack);
    unpack->tar = tar_open(pool, &handler, unpack);
    unpack->tarsum = tarsum_open(pool);
    unpack->files = layer_files_open(pool);

    reg_hash_init(&unpack->payload, REG_SHA256);
    reg_hash_update(&unpack->payload, json.data, json.len);
    reg_hash_update(&unpack->payload, "\n", 1);
    reg_hash_init(&unpack->diff_id, REG_SHA256);

    return unpack;
}


bool
unpack_push(void *data, const unsigned char *bytes, size_t n)
{
    unpack_t *unpack = data;

    unpack->input += n;
    reg_hash_update(&unpack->payload, bytes, n);

    return decompress_push(unpack->decompress, bytes, n) == OK
           && is_in_time(unpack);
}


static void
sum_print(const reg_hash_t *hash, char *buf)
{
    char hex[REG_DIGEST_HEX_MAX + 1];

    reg_hash_hex(hash, hex);
    reg_digest_print(&(reg_digest_t){ REG_SHA256, reg_cstr(hex) }, buf);
}


int
unpack_finish(unpack_t *unpack, unpacked_t *unpacked_r, const char **error_r)
{
    int rc = decompress_finish(unpack->decompress);

    if (rc == OK) {
        rc = tar_finish(unpack->tar);
        unpacked_r->is_tar = rc == OK;
        rc = OK;
    }

    if (unpack->exceeded != NULL) { /* also by the last bytes */
        *error_r = unpack->exceeded;
        return DECLINED;
    }

    if (rc != OK) {
        *error_r = "the layer's compression is broken";
        return ERROR;
    }

    unpacked_r->size = unpack->input;
    unpacked_r->uncompressed = unpack->output;
    unpacked_r->is_plain = decompress_is_plain(unpack->decompress);
    sum_print(&unpack->payload, unpacked_r->payload);
    sum_print(&unpack->diff_id, unpacked_r->diff_id);
    unpacked_r->tarsum[0] = '\0';

    if (unpacked_r->is_tar) {
        tarsum_print(unpack->tarsum, unpack->json, unpacked_r->tarsum);
        unpacked_r->files = layer_files_text(unpack->files);
    }

    return OK;
}
