/* layer_note.c: what was found in a layer is kept with its image. */

#include "v1/layer_note.h"

#include "common/hash.h"


int
layer_note(store_op_t *op, str_t name, str_t id, str_t json,
           const unpacked_t *unpacked)
{
    char hex[REG_DIGEST_HEX_MAX + 1], digest[REG_DIGEST_MAX + 1];
    image_v1_sums_t sums = { .size = unpacked->size,
                             .uncompressed = unpacked->uncompressed,
                             .payload = reg_cstr(unpacked->payload),
                             .tarsum = reg_cstr(unpacked->tarsum),
                             .diff_id = reg_cstr(unpacked->diff_id),
                             .is_plain = unpacked->is_plain };
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, json.data, json.len);
    reg_hash_hex(&hash, hex);
    reg_digest_print(&(reg_digest_t){ REG_SHA256, reg_cstr(hex) }, digest);
    sums.json = reg_cstr(digest);

    if (unpacked->is_tar
        && image_v1_files_put(op, name, id, unpacked->files) != OK) {
        return ERROR;
    }

    return image_v1_sums_put(op, name, id, &sums);
}
