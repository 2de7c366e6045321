/* image_json.c: the json of an image, and who its ancestors are.
 * docs/storage.md has the order of writes. */

#include "v1/image_json.h"
#include "v1/v1_reply.h"
#include "repository/blob.h"
#include "repository/image_v1.h"

/* What comes in. */
typedef struct {
    str_t text;
    json_t *model;
    str_t *ancestors; /* of the parent, itself first */
    size_t n;
} image_t;


/* --- GET ----------------------------------------------------------------- */


/* The json of an image whose upload has ended; ERROR is recorded. */
static int
complete_find(req_t *rq, str_t *json_r)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    int rc = image_v1_json(op, registry->name, registry->image_id, json_r);

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL)
                              : ERROR;
    }

    rc = image_v1_is_uploading(op, registry->name, registry->image_id);

    if (rc == OK) {
        return req_fail(rq, REG_ERR_IMAGE_UPLOADING, NULL);
    }

    return rc == DECLINED ? OK : ERROR;
}


/* A client that may push relies on the image and its layer from now on, as with
 * HEAD of a blob.  DECLINED where the layer is not there. */
static int
layer_stat(req_t *rq, store_stat_t *stat_r)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    reg_digest_t digest, stored;
    store_key_t key;
    int rc = image_v1_layer(op, registry->name, registry->image_id, &digest);

    if (rc == OK) {
        rc = blob_find(op, registry->name, &digest, &stored);
    }

    if (rc == OK) {
        rc = blob_touch(op, &stored);
    }

    if (rc == OK) {
        rc = image_v1_touch(op, registry->name, registry->image_id);
    }

    if (rc != OK) {
        return rc;
    }

    key = key_blob(&stored);

    return store_stat(op, key.text, stat_r);
}


static int
sums_print(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    image_v1_sums_t sums;
    int rc =
        image_v1_sums(registry->op, registry->name, registry->image_id, &sums);

    if (rc == OK && sums.payload.len != 0) {
        reply_header(rq, "X-Docker-Checksum-Payload", "%.*s",
                     STR(sums.payload));
    }

    if (rc == OK && sums.tarsum.len != 0) {
        reply_header(rq, "X-Docker-Checksum", "%.*s", STR(sums.tarsum));
    }

    return rc == ERROR ? ERROR : OK;
}


int
image_json_get(req_t *rq)
{
    store_stat_t layer;
    str_t json;
    int rc;

    if (complete_find(rq, &json) != OK) {
        return ERROR;
    }

    rc = layer_stat(rq, &layer);

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL)
                              : ERROR;
    }

    reply_header(rq, "X-Docker-Size", "%llu", (unsigned long long)layer.size);

    return sums_print(rq) == OK ? reply_bytes(rq, 200, "application/json", json)
                                : ERROR;
}


int
image_ancestry_get(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    json_t *list;
    str_t json, *ids;
    size_t n;
    int rc;

    if (complete_find(rq, &json) != OK) {
        return ERROR;
    }

    rc = image_v1_ancestry(registry->op, registry->name, registry->image_id,
                           &ids, &n);

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL)
                              : ERROR;
    }

    list = json_array();

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, json_str(ids[i]));
    }

    return reply_json(rq, 200, list);
}


/* --- PUT ----------------------------------------------------------------- */


static int
bad(req_t *rq, const char *message)
{
    return req_fail(rq, REG_ERR_MANIFEST_INVALID, "%s", message);
}


static int
json_receive(req_t *rq, image_t *image)
{
    str_t id = { 0, NULL };
    const char *error;
    int rc;

    if (req_body(rq, IMAGE_V1_JSON_MAX, &image->text) != OK) {
        return ERROR;
    }

    if (json_parse(rq->pool, image->text, &image->model, &error) != OK
        || !json_is_object(image->model)) {
        return bad(rq, "Invalid JSON");
    }

    rc = json_member_string(image->model, "id", &id);

    if (rc == DECLINED) {
        return bad(rq, "Missing key `id' in JSON");
    }

    return rc == OK && reg_str_eq(id, registry_of(rq)->image_id)
               ? OK
               : bad(rq, "JSON data contains invalid id");
}


/* A parent that is in progress itself is good enough; one of another repository
 * is none. */
static int
parent_find(req_t *rq, image_t *image)
{
    registry_t *registry = registry_of(rq);
    str_t parent = { 0, NULL }, json;
    int rc = json_member_string(image->model, "parent", &parent);

    if (rc == DECLINED || (rc == OK && parent.len == 0)) {
        return OK;
    }

    rc = rc == OK && reg_image_id_is_valid(parent)
                 && !reg_str_eq(parent, registry->image_id)
             ? image_v1_json(registry->op, registry->name, parent, &json)
             : DECLINED;

    if (rc == OK) {
        rc = image_v1_ancestry(registry->op, registry->name, parent,
                               &image->ancestors, &image->n);
    }

    if (rc == DECLINED) {
        return bad(rq, "Image depends on a non existing parent");
    }

    return rc == OK && image->n >= IMAGE_V1_ANCESTRY_MAX
               ? bad(rq, "Image has too many ancestors")
               : rc;
}


/* An image is complete, or may be replaced.  One whose layer is gone is as if
 * it were not there: its bytes may come again. */
static int
replace_check(req_t *rq, image_t *image)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    store_stat_t layer;
    str_t json;
    int rc = image_v1_lock(op, registry->name, registry->image_id, NULL);

    (void)image;

    if (rc == OK) {
        rc = image_v1_json(op, registry->name, registry->image_id, &json);
    }

    if (rc == OK) {
        rc = image_v1_is_uploading(op, registry->name, registry->image_id);

        if (rc != DECLINED) {
            return rc;
        }

        rc = layer_stat(rq, &layer);

        if (rc == OK) {
            return req_fail(rq, REG_ERR_IMAGE_EXISTS, NULL);
        }
    }

    return rc == DECLINED ? OK : rc;
}


/* The mark first: until the checksum has come, no one reads the rest.  An image
 * that lost its layer may have a manifest, which names that layer. */
static int
image_write(req_t *rq, image_t *image)
{
    registry_t *registry = registry_of(rq);
    str_t name = registry->name, id = registry->image_id;
    store_op_t *op = registry->op;

    return image_v1_uploading_put(op, name, id) == OK
                   && image_v1_manifest_del(op, name, id) == OK
                   && image_v1_ancestry_put(op, name, id, image->ancestors,
                                            image->n)
                          == OK
                   && image_v1_json_put(op, name, id, image->text) == OK
               ? OK
               : ERROR;
}


static int (*const steps[])(req_t *rq, image_t *image) = {
    json_receive,  /* is it one, and that of this image? */
    parent_find,   /* does the repository have its parent? */
    replace_check, /* alone from here: is the image complete already? */
    image_write,   /* in progress */
};


int
image_json_put(req_t *rq)
{
    image_t image = { .n = 0 };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i](rq, &image) != OK) {
            return ERROR;
        }
    }

    return v1_true(rq);
}
