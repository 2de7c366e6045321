/* image_checksum.c: the end of an image's upload. */

#include "v1/image_checksum.h"
#include "v1/v1_reply.h"
#include "repository/image_v1.h"
#include "request/event.h"

#include "common/hash.h"

/* docker 0.9 computed the sum of the payload in a way of its own. */
#define PAYLOAD_IS_OTHER "docker/0.9."


static bool
json_is_that_of(str_t json, const image_v1_sums_t *sums)
{
    char hex[REG_DIGEST_HEX_MAX + 1], text[REG_DIGEST_MAX + 1];
    reg_digest_t digest = { REG_SHA256, { 0, NULL } };
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, json.data, json.len);
    reg_hash_hex(&hash, hex);
    digest.hex = reg_cstr(hex);
    reg_digest_print(&digest, text);

    return reg_str_eq(sums->json, reg_cstr(text));
}


/* The payload's sum counts where there is one, else that of the tar. */
static str_t
checksum_of(req_t *rq, bool *is_payload_r)
{
    str_t payload = req_param_str(rq, "HTTP_X_DOCKER_CHECKSUM_PAYLOAD");
    str_t tarsum = req_param_str(rq, "HTTP_X_DOCKER_CHECKSUM");
    const char *agent = req_param(rq, "HTTP_USER_AGENT");
    bool is_other =
        strncmp(agent, PAYLOAD_IS_OTHER, sizeof(PAYLOAD_IS_OTHER) - 1) == 0;

    *is_payload_r = payload.len != 0 && !(is_other && tarsum.len != 0);

    return *is_payload_r ? payload : tarsum;
}


static bool
is_match(req_t *rq, const image_v1_sums_t *sums)
{
    bool is_payload;
    str_t checksum = checksum_of(rq, &is_payload);
    str_t known = is_payload ? sums->payload : sums->tarsum;

    return known.len != 0 && reg_str_eq(checksum, known);
}


static int
header_check(req_t *rq)
{
    if (req_param(rq, "HTTP_X_DOCKER_CHECKSUM_PAYLOAD")[0] != '\0'
        || req_param(rq, "HTTP_X_DOCKER_CHECKSUM")[0] != '\0') {
        return OK;
    }

    return req_fail(rq, REG_ERR_MANIFEST_INVALID, "Missing Image's checksum");
}


static int
image_check(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    str_t name = registry->name, id = registry->image_id, json;
    image_v1_sums_t sums;
    int rc = image_v1_is_uploading(op, name, id);

    if (rc == DECLINED) {
        rq->err_status = 409;
        return req_fail(rq, REG_ERR_IMAGE_EXISTS,
                        "Cannot set this image checksum");
    }

    if (rc == OK) {
        rc = image_v1_json(op, name, id, &json);
    }

    if (rc == OK) {
        rc = image_v1_sums(op, name, id, &sums);
    }

    if (rc == ERROR) {
        return ERROR;
    }

    return rc == OK && json_is_that_of(json, &sums) && is_match(rq, &sums)
               ? OK
               : req_fail(rq, REG_ERR_MANIFEST_INVALID, "Checksum mismatch");
}


/* Before the mark goes: with the mark the client may come again. */
static int
image_report(req_t *rq)
{
    bool is_payload;

    return event_spool_image(rq, registry_of(rq)->image_id,
                             checksum_of(rq, &is_payload));
}


int
image_checksum_put(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    store_op_t *op = registry->op;
    str_t name = registry->name, id = registry->image_id, json;
    int rc;

    if (header_check(rq) != OK || event_check(rq) != OK) {
        return ERROR;
    }

    rc = image_v1_json(op, name, id, &json);

    if (rc == OK) {
        rc = image_v1_lock(op, name, id, NULL);
    }

    if (rc != OK) {
        return rc == DECLINED ? req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL)
                              : ERROR;
    }

    return image_check(rq) == OK && image_report(rq) == OK
                   && image_v1_uploading_del(op, name, id) == OK
               ? v1_true(rq)
               : ERROR;
}
