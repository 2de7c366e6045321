/* layer_put.c: a layer is received.  docs/storage.md has the order of
 * writes. */

#include "v1/layer_put.h"
#include "request/event.h"
#include "request/received.h"
#include "v1/layer_note.h"
#include "v1/layer_unpack.h"
#include "v1/v1_reply.h"

/* What comes in. */
typedef struct {
    upload_t upload;
    uint64_t offset;
    str_t json;
    unpacked_t unpacked;
    char hex[REG_DIGEST_HEX_MAX + 1];
} layer_t;


/* Layers are taken as long as the image's upload has not ended. */
static int
image_check(req_t *rq, layer_t *layer)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    int rc =
        image_v1_json(op, registry->name, registry->image_id, &layer->json);

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL)
                              : ERROR;
    }

    rc = image_v1_is_uploading(op, registry->name, registry->image_id);

    return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_EXISTS, NULL) : rc;
}


static int
body_lock(req_t *rq, layer_t *layer)
{
    str_t id = req_param_str(rq, "REGISTRY_UPLOAD_ID");
    int rc;

    if (!reg_upload_id_is_valid(id)) {
        return registry_misconfigured(rq, "REGISTRY_UPLOAD_ID");
    }

    rc = received_lock(rq, id, &layer->upload, &layer->offset);

    return rc == DECLINED || (rc == OK && layer->upload.lock < 0)
               ? req_fail(rq, REG_ERR_BLOB_UPLOAD_UNKNOWN, NULL)
               : rc;
}


/* Before it becomes a blob: what exceeds a limit leaves nothing behind. */
static int
body_unpack(req_t *rq, layer_t *layer)
{
    registry_t *registry = registry_of(rq);
    store_t local = store_local(registry->op->store);
    store_op_t op = store_op_begin(&local, rq->pool);
    store_key_t key = key_upload(registry->name, layer->upload.id, "data");
    int rc;

    op.wait = registry->op->wait;
    rc = layer_unpack(rq, &op, key.text, layer->json, &layer->unpacked);

    if (rc == ERROR && !rq->is_failed) {
        registry->op->err = op.err;
    }

    return rc;
}


static int
body_store(req_t *rq, layer_t *layer)
{
    int rc = upload_dir_adopt(&layer->upload);

    if (rc == OK) {
        rc = received_hash(rq, &layer->upload, layer->offset, REG_SHA256,
                           layer->hex);
    }

    return rc != OK ? rc
                    : received_store(
                        rq, &layer->upload,
                        &(reg_digest_t){ REG_SHA256, reg_cstr(layer->hex) });
}


/* Under the image's lock: its json may have been sent again while the layer was
 * unpacked, and sums are over both.  What was known of a layer before goes
 * first. */
static int
image_write(req_t *rq, layer_t *layer)
{
    registry_t *registry = registry_of(rq);
    str_t name = registry->name, id = registry->image_id, json = layer->json;
    const reg_digest_t digest = { REG_SHA256, reg_cstr(layer->hex) };
    store_op_t *op = registry->op;

    if (image_v1_lock(op, name, id, NULL) != OK
        || image_check(rq, layer) != OK) {
        return ERROR;
    }

    if (!reg_str_eq(json, layer->json)) {
        return req_fail(rq, REG_ERR_IMAGE_UPLOADING, NULL);
    }

    return image_v1_sums_del(op, name, id) == OK
                   && image_v1_layer_put(op, name, id, &digest) == OK
                   && layer_note(op, name, id, json, &layer->unpacked) == OK
               ? OK
               : ERROR;
}


static int
room_check(req_t *rq, layer_t *layer)
{
    (void)layer;

    return event_check(rq);
}


static int (*const steps[])(req_t *rq, layer_t *layer) = {
    room_check,  /* is there room for its event? */
    image_check, /* is it being uploaded? */
    body_lock,   /* what nginx has received */
    body_unpack, /* within the limits */
    body_store,  /* a blob of the repository, and its event */
    image_write, /* now it is the image's layer */
};


int
layer_put(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    layer_t layer = { .offset = 0 };
    int rc = OK;

    upload_dir_set(registry->op, registry->name,
                   req_param_str(rq, "REGISTRY_UPLOAD_ID"), &layer.upload);

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == OK; i++) {
        rc = steps[i](rq, &layer);
    }

    if (reg_upload_id_is_valid(layer.upload.id)) {
        upload_dir_del(&layer.upload); /* logged; a purge takes what is left */
    }

    upload_dir_unlock(&layer.upload);

    if (rc == DECLINED) { /* another request has cancelled it */
        return req_fail(rq, REG_ERR_BLOB_UPLOAD_UNKNOWN, NULL);
    }

    return rc == OK ? v1_true(rq) : ERROR;
}
