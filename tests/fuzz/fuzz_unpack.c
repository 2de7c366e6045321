/* fuzz_unpack.c: a layer, whatever the portions in which it comes: its
 * compression, its tar headers, its sums and the list of its files. */

#include "reg_fuzz.h"
#include "fcgi_registry/layer/unpack.h"

#include "fcgi_core/json.h"

#define OUTPUT_MAX (4 * 1024 * 1024)
#define ENTRIES_MAX 10000
#define SECONDS_MAX 3600

static const unpack_limit_t limit = {
    .output = OUTPUT_MAX,
    .ratio = OUTPUT_MAX,
    .entries = ENTRIES_MAX,
    .seconds = SECONDS_MAX,
};


static int
unpack(pool_t *pool, str_t layer, size_t portion, unpacked_t *unpacked_r)
{
    unpack_t *unpack = unpack_open(pool, reg_str("{}"), &limit);
    const char *error = NULL;
    int rc;

    for (size_t at = 0; at < layer.len; at += portion) {
        size_t left = layer.len - at;

        if (!unpack_push(unpack, layer.data + at,
                         left < portion ? left : portion)) {
            break;
        }
    }

    rc = unpack_finish(unpack, unpacked_r, &error);
    must(rc == OK || error != NULL);

    return rc;
}


static void
files_check(pool_t *pool, str_t files)
{
    const char *error = NULL;
    json_t *list;

    must(json_parse(pool, files, &list, &error) == OK);
    must(json_is_array(list));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t portion = fuzz_byte(&data, &size) + 1;
    str_t layer = fuzz_str(data, size);
    pool_t *pool = pool_create();
    unpacked_t whole, parts;
    int rc = unpack(pool, layer, size + 1, &whole);

    /* a limit may be exceeded sooner, or found broken sooner, in parts */
    if (rc == OK && unpack(pool, layer, portion, &parts) == OK) {
        must(whole.is_tar == parts.is_tar);
        must(strcmp(whole.payload, parts.payload) == 0);
        must(strcmp(whole.diff_id, parts.diff_id) == 0);
        must(strcmp(whole.tarsum, parts.tarsum) == 0);
        must(whole.uncompressed <= OUTPUT_MAX);

        if (whole.is_tar) {
            must(reg_str_eq(whole.files, parts.files));
            files_check(pool, whole.files);
        }

    } else {
        must(rc != OK);
    }

    pool_destroy(pool);

    return 0;
}
