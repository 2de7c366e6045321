/* image_manifest.c: the config and the manifest of an image of the original
 * protocol. */

#include "repository/image_manifest.h"
#include "repository/image_v1.h"
#include "manifest/image_chain.h"

#define JSONS_MAX ((size_t)(16 * 1024 * 1024)) /* bytes of all jsons */


/* What both need of an image: its json, and its layer, which was unpacked. */
static int
image_read(store_op_t *op, str_t name, str_t id, chain_image_t *image)
{
    char *blob = pool_alloc(op->pool, REG_DIGEST_MAX + 1);
    image_v1_sums_t sums;
    reg_digest_t digest;
    int rc = image_v1_is_uploading(op, name, id);

    if (rc != DECLINED) {
        return rc == OK ? DECLINED : ERROR;
    }

    rc = image_v1_touch(op, name, id);

    if (rc == OK) {
        rc = image_v1_json(op, name, id, &image->json);
    }

    if (rc == OK) {
        rc = image_v1_layer(op, name, id, &digest);
    }

    if (rc == OK) {
        rc = image_v1_sums(op, name, id, &sums);
    }

    if (rc == OK) {
        image->blob =
            (str_t){ reg_digest_print(&digest, blob), (unsigned char *)blob };
        image->diff_id = sums.diff_id;
        image->size = sums.size;
        image->is_plain = sums.is_plain;
    }

    return rc;
}


int
image_manifest_make(store_op_t *op, str_t name, str_t id, str_t *config_r,
                    str_t *manifest_r, const char **error_r)
{
    chain_image_t *images;
    size_t n, total = 0;
    str_t *ids;
    int rc = image_v1_ancestry(op, name, id, &ids, &n);

    *error_r = NULL;

    if (rc != OK) {
        return rc;
    }

    if (n > IMAGE_CHAIN_MAX) {
        *error_r = "the image has too many layers";
        return ERROR;
    }

    images = pool_alloc(op->pool, n * sizeof(chain_image_t));

    for (size_t i = 0; i < n; i++) {
        rc = image_read(op, name, ids[i], &images[n - 1 - i]);

        if (rc != OK) {
            return rc;
        }

        total += images[n - 1 - i].json.len;

        if (total > JSONS_MAX) {
            *error_r = "the jsons of the image and its ancestors are too large";
            return ERROR;
        }
    }

    if (image_chain_config(op->pool, images, n, config_r, error_r) != OK) {
        return ERROR;
    }

    *manifest_r = image_chain_manifest(op->pool, images, n, *config_r);

    return OK;
}
