/* layer_find.c: a layer that nginx did not find. */

#include "v1/layer_find.h"
#include "repository/blob.h"
#include "repository/image_v1.h"


/* Whether nginx will find it: it does not send the request here again then. */
static int
layer_check(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    str_t name = registry->name, id = registry->image_id, json;
    reg_digest_t digest, stored;
    int rc = image_v1_json(op, name, id, &json);

    if (rc == OK) {
        rc = image_v1_is_uploading(op, name, id);

        if (rc != DECLINED) {
            return rc == OK ? req_fail(rq, REG_ERR_IMAGE_UPLOADING, NULL)
                            : ERROR;
        }

        rc = image_v1_layer(op, name, id, &digest);
    }

    return rc == OK ? blob_find(op, name, &digest, &stored) : rc;
}


int
layer_find(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    int rc = layer_check(rq);

    if (rc != OK || !reg_name_is_valid(registry->name)) {
        return rc == ERROR ? ERROR : req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL);
    }

    reply_header(rq, "X-Accel-Redirect",
                 "/v1/images/%.*s/layer?repository=%.*s",
                 STR(registry->image_id), STR(registry->name));

    return reply_empty(rq, 200);
}
