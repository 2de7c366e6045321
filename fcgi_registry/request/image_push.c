/* image_push.c: an image of the original protocol gets a tag. */

#include "request/image_push.h"
#include "request/event.h"
#include "request/manifest_push.h"
#include "repository/blob.h"
#include "repository/image_manifest.h"
#include "repository/image_v1.h"
#include "repository/manifest.h"

#include "common/hash.h"


static int
uploading(req_t *rq)
{
    return req_fail(rq, REG_ERR_IMAGE_UPLOADING, NULL);
}


/* --- the manifest -------------------------------------------------------- */


static int
config_store(req_t *rq, str_t config)
{
    registry_t *registry = registry_of(rq);
    char hex[REG_DIGEST_HEX_MAX + 1];
    const str_t nowhere = { 0, NULL };
    reg_digest_t digest = { REG_SHA256, { 0, NULL } };
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, config.data, config.len);
    reg_hash_hex(&hash, hex);
    digest.hex = reg_cstr(hex);

    return blob_put(registry->op, &digest, config) == OK
                   && blob_link(registry->op, registry->name, &digest, &digest)
                          == OK
               ? event_spool_blob(rq, REG_EVENT_PUSH, &digest, config.len,
                                  nowhere)
               : ERROR;
}


/* The manifest of an image that has none yet. */
static int
manifest_make(req_t *rq, str_t id, str_t *content_r)
{
    registry_t *registry = registry_of(rq);
    const char *error = NULL;
    str_t config;
    int rc = image_manifest_make(registry->op, registry->name, id, &config,
                                 content_r, &error);

    if (rc == DECLINED) {
        return uploading(rq);
    }

    if (rc == ERROR && error != NULL) {
        return req_fail(rq, REG_ERR_MANIFEST_INVALID, "%s", error);
    }

    return rc == OK ? config_store(rq, config) : ERROR;
}


/* Its own manifest, where it has one: it may have come by version 2. */
static int
manifest_find_or_make(req_t *rq, str_t id, manifest_push_t *push)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t digest;
    manifest_t manifest;
    int rc = image_v1_manifest(registry->op, registry->name, id, &digest);

    if (rc == OK) {
        rc = manifest_read(registry->op, registry->name, &digest,
                           &push->content, &manifest);
    }

    if (rc == DECLINED) {
        digest.algorithm = REG_SHA256;
        rc = manifest_make(rq, id, &push->content);
    }

    if (rc == OK) {
        manifest_push_hash(push, digest.algorithm);
    }

    return rc;
}


static int
missing(req_t *rq, int rc)
{
    return rc == DECLINED ? req_fail(rq, REG_ERR_MANIFEST_BLOB_UNKNOWN, NULL)
                          : ERROR;
}


int
image_push(req_t *rq, str_t id, str_t tag)
{
    registry_t *registry = registry_of(rq);
    manifest_push_t push = { .n = 1, .tags = { tag } };
    const char *error = NULL;
    str_t json;
    int rc = image_v1_json(registry->op, registry->name, id, &json);

    if (rc != OK || event_check(rq) != OK) {
        return rc == DECLINED ? DECLINED : ERROR;
    }

    rc = image_v1_is_uploading(registry->op, registry->name, id);

    if (rc != DECLINED) {
        return rc == OK ? uploading(rq) : ERROR;
    }

    rc = manifest_find_or_make(rq, id, &push);

    if (rc != OK) {
        return rc;
    }

    if (manifest_parse(rq->pool, push.content, NULL, &push.manifest, &error)
        != OK) {
        return req_fail(rq, REG_ERR_MANIFEST_INVALID, "%s", error);
    }

    /* before anyone sees the manifest: else a crash would leave a tag whose
     * image has another id */
    if (image_v1_manifest_put(registry->op, registry->name, id, &push.digest)
        != OK) {
        return ERROR;
    }

    rc = manifest_push(rq, &push);

    return rc == OK ? OK : missing(rq, rc);
}
