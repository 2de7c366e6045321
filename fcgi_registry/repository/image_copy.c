/* image_copy.c: images of the original protocol of one repository become those
 * of another one.  docs/storage.md has the order of writes. */

#include "repository/image_copy.h"
#include "repository/blob.h"
#include "repository/image_v1.h"

/* An image on its way. */
typedef struct {
    store_op_t *op;
    str_t from, to, id;
    str_t *ids; /* itself and its ancestors */
    size_t n;
    str_t json;
    reg_digest_t layer, stored;
} copy_t;


/* What there is of an image whose upload has ended. */
static int
source_read(copy_t *copy)
{
    int rc = image_v1_is_uploading(copy->op, copy->from, copy->id);

    if (rc != DECLINED) {
        return rc == OK ? DECLINED : ERROR;
    }

    rc = image_v1_json(copy->op, copy->from, copy->id, &copy->json);

    if (rc == OK) {
        rc = image_v1_ancestry(copy->op, copy->from, copy->id, &copy->ids,
                               &copy->n);
    }

    if (rc == OK) {
        rc = image_v1_layer(copy->op, copy->from, copy->id, &copy->layer);
    }

    if (rc == OK) {
        rc = blob_find(copy->op, copy->from, &copy->layer, &copy->stored);
    }

    return rc == OK ? blob_touch(copy->op, &copy->stored) : rc;
}


/* The list of its files, which may be long, is not copied: without the digest
 * of the json it counts as never made. */
static int
sums_copy(copy_t *copy)
{
    image_v1_sums_t sums;
    int rc = image_v1_sums(copy->op, copy->from, copy->id, &sums);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    sums.json = reg_str("");

    return image_v1_sums_put(copy->op, copy->to, copy->id, &sums);
}


/* The json last: with it the image is there. */
static int
target_write(copy_t *copy)
{
    store_op_t *op = copy->op;

    if (blob_link(op, copy->to, &copy->layer, &copy->stored) != OK
        || image_v1_layer_put(op, copy->to, copy->id, &copy->layer) != OK
        || sums_copy(copy) != OK
        || image_v1_ancestry_put(op, copy->to, copy->id, copy->ids + 1,
                                 copy->n - 1)
               != OK) {
        return ERROR;
    }

    return image_v1_json_put(op, copy->to, copy->id, copy->json);
}


static int
target_check(copy_t *copy)
{
    store_key_t key = key_image_v1(copy->to, copy->id, "json");

    return store_check(copy->op, key.text);
}


static int
one_copy(copy_t *copy)
{
    store_lock_t lock;
    int rc = target_check(copy);

    if (rc != DECLINED) {
        return rc;
    }

    if (image_v1_lock(copy->op, copy->to, copy->id, &lock) != OK) {
        return ERROR;
    }

    rc = target_check(copy);

    if (rc == DECLINED) {
        rc = source_read(copy);
        rc = rc == OK ? target_write(copy) : rc;
    }

    store_unlock(&lock);

    return rc;
}


int
image_copy(store_op_t *op, str_t from, str_t to, str_t id)
{
    str_t *ids;
    size_t n;
    int rc = image_v1_ancestry(op, from, id, &ids, &n);

    while (rc == OK && n != 0) {
        copy_t copy = { .op = op, .from = from, .to = to, .id = ids[--n] };

        rc = one_copy(&copy);
    }

    return rc;
}
