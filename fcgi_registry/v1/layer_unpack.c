/* layer_unpack.c: a layer of the original protocol is unpacked. */

#include "v1/layer_unpack.h"
#include "repository/blob.h"
#include "v1/layer_note.h"

#define TOO_LARGE 413

static const unpack_limit_t *limits;


void
layer_limit_set(const unpack_limit_t *limit)
{
    limits = limit;
}


int
layer_unpack(req_t *rq, store_op_t *op, const char *key, str_t json,
             unpacked_t *unpacked_r)
{
    unpack_t *unpack = unpack_open(op->pool, json, limits);
    const char *error = NULL;
    store_stat_t stat;
    int rc = store_read(op, key, 0, unpack_push, unpack, &stat);

    if (rc != OK) {
        return rc;
    }

    rc = unpack_finish(unpack, unpacked_r, &error);

    if (rc == OK) {
        return OK;
    }

    rq->err_status = rc == DECLINED ? TOO_LARGE : 0;

    return req_fail(rq, REG_ERR_DIGEST_INVALID, "%s", error);
}


/* --- the list of files --------------------------------------------------- */


static int
image_unknown(req_t *rq, int rc)
{
    return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL) : ERROR;
}


/* An image whose upload has ended, and its json. */
static int
image_find(req_t *rq, str_t id, str_t *json_r)
{
    registry_t *registry = registry_of(rq);
    int rc = image_v1_json(registry->op, registry->name, id, json_r);

    if (rc != OK) {
        return image_unknown(rq, rc);
    }

    rc = image_v1_is_uploading(registry->op, registry->name, id);

    if (rc == OK) {
        return req_fail(rq, REG_ERR_IMAGE_UPLOADING, NULL);
    }

    return rc == DECLINED ? OK : ERROR;
}


static int
blob_unpack(req_t *rq, str_t id, str_t json, unpacked_t *unpacked_r)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t digest, stored;
    store_key_t key;
    int rc = image_v1_layer(registry->op, registry->name, id, &digest);

    if (rc == OK) {
        rc = blob_find(registry->op, registry->name, &digest, &stored);
    }

    if (rc == OK) {
        key = key_blob(&stored);
        rc = layer_unpack(rq, registry->op, key.text, json, unpacked_r);
    }

    return rc == OK || rq->is_failed ? rc : image_unknown(rq, rc);
}


int
layer_files_find(req_t *rq, str_t id, str_t *files_r)
{
    registry_t *registry = registry_of(rq);
    image_v1_sums_t sums;
    unpacked_t unpacked;
    str_t json;
    int rc;

    if (image_find(rq, id, &json) != OK) {
        return ERROR;
    }

    rc = image_v1_sums(registry->op, registry->name, id, &sums);

    unpacked.is_tar = rc == OK && sums.tarsum.len != 0;

    if (unpacked.is_tar) {
        rc = image_v1_files(registry->op, registry->name, id, files_r);
    }

    if (rc == DECLINED || (rc == OK && sums.json.len == 0)) {
        rc = blob_unpack(rq, id, json, &unpacked);

        if (rc == OK) {
            *files_r = unpacked.files;
            rc = layer_note(registry->op, registry->name, id, json, &unpacked);
        }
    }

    if (rc == ERROR) {
        return ERROR;
    }

    return unpacked.is_tar ? OK
                           : req_fail(rq, REG_ERR_DIGEST_INVALID,
                                      "Layer format not supported");
}
