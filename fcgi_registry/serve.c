/* serve.c: which handler answers an action. */

#include "serve.h"
#include "request/policy.h"
#include "token/jwt_verdict.h"
#include "v1/image_checksum.h"
#include "v1/image_json.h"
#include "v1/image_repository.h"
#include "v1/image_tag.h"
#include "v1/layer_find.h"
#include "v1/layer_get.h"
#include "v1/layer_put.h"
#include "v1/properties.h"
#include "v1/pusher.h"
#include "v1/standalone.h"
#include "v1/standalone_search.h"
#include "v1/unnamed.h"
#include "v2/blob_delete.h"
#include "v2/catalog.h"
#include "v2/manifest_delete.h"
#include "v2/manifest_list.h"
#include "v2/manifest_put.h"
#include "v2/referrer_list.h"
#include "v2/tag_list.h"
#include "v2/upload.h"

#include <errno.h>

#define RETRY_AFTER 5
#define V1_ACTION "v1_"     /* how actions of the original protocol begin */
#define WAITING_FOR_LOCKS 1 /* one owner for all locks of all stores */

typedef int (*handler_fn)(req_t *rq);

static long lock_timeout; /* milliseconds */


void
registry_lock_timeout_set(long seconds)
{
    lock_timeout = seconds * 1000;
}


/* GET /v2/ */
static int
base_get(req_t *rq)
{
    return reply_json(rq, 200, json_object());
}


/* nginx serves these from files, and passes on only what is not there. */
static int
blob_unknown(req_t *rq)
{
    return req_fail_detail(rq, REG_ERR_BLOB_UNKNOWN, registry_of(rq)->reference,
                           NULL);
}


static const handler_fn handlers[REG_ACT_NONE] = {
    [REG_ACT_BASE] = base_get,
    [REG_ACT_CATALOG] = catalog_list,
    [REG_ACT_TAG_LIST] = tag_list,
    [REG_ACT_MANIFEST_GET] = manifest_list_get,
    [REG_ACT_MANIFEST_HEAD] = manifest_list_get,
    [REG_ACT_MANIFEST_PUT] = manifest_put,
    [REG_ACT_MANIFEST_DELETE] = manifest_delete,
    [REG_ACT_BLOB_GET] = blob_unknown,
    [REG_ACT_BLOB_HEAD] = blob_unknown,
    [REG_ACT_BLOB_DELETE] = blob_delete,
    [REG_ACT_UPLOAD_START] = upload_start,
    [REG_ACT_UPLOAD_STATUS] = upload_status,
    [REG_ACT_UPLOAD_PATCH] = upload_patch,
    [REG_ACT_UPLOAD_PUT] = upload_put,
    [REG_ACT_UPLOAD_CANCEL] = upload_cancel,
    [REG_ACT_REFERRER_LIST] = referrer_list,
    [REG_ACT_V1_IMAGE_JSON_GET] = image_json_get,
    [REG_ACT_V1_IMAGE_JSON_PUT] = image_json_put,
    [REG_ACT_V1_IMAGE_CHECKSUM_PUT] = image_checksum_put,
    [REG_ACT_V1_IMAGE_ANCESTRY_GET] = image_ancestry_get,
    [REG_ACT_V1_TAG_LIST] = image_tag_list,
    [REG_ACT_V1_TAG_GET] = image_tag_get,
    [REG_ACT_V1_TAG_PUT] = image_tag_put,
    [REG_ACT_V1_TAG_DELETE] = image_tag_delete,
    [REG_ACT_V1_TAG_LIST_DELETE] = image_repository_delete,
    [REG_ACT_V1_REPOSITORY_DELETE] = image_repository_delete,
    [REG_ACT_V1_IMAGE_LAYER_GET] = layer_find,
    [REG_ACT_V1_IMAGE_LAYER_HEAD] = layer_find,
    [REG_ACT_V1_TAG_JSON_GET] = pusher_get,
    [REG_ACT_V1_REPOSITORY_JSON_GET] = pusher_latest_get,
    [REG_ACT_V1_PROPERTIES_GET] = properties_get,
    [REG_ACT_V1_PROPERTIES_PUT] = properties_put,
    [REG_ACT_V1_USER_GET] = standalone_user_get,
    [REG_ACT_V1_USER_POST] = standalone_user_post,
    [REG_ACT_V1_USER_PUT] = standalone_user_put,
    [REG_ACT_V1_ALLOCATE] = standalone_allocate,
    [REG_ACT_V1_IMAGE_LIST_GET] = standalone_images_get,
    [REG_ACT_V1_IMAGE_LIST_PUT] = standalone_images_put,
    [REG_ACT_V1_IMAGE_LIST_DELETE] = standalone_images_delete,
    [REG_ACT_V1_AUTH_PUT] = standalone_auth,
    [REG_ACT_V1_LAYER_ACCESS_GET] = standalone_access,
    [REG_ACT_V1_SEARCH] = standalone_search,
};


/* What the processes of serve-layers answer: all of it may read a whole
 * layer. */
static const handler_fn layer_handlers[REG_ACT_NONE] = {
    [REG_ACT_V1_IMAGE_LAYER_PUT] = layer_put,
    [REG_ACT_V1_IMAGE_FILES_GET] = layer_files_get,
    [REG_ACT_V1_IMAGE_DIFF_GET] = layer_diff_get,
};


/* What the store could not do, to a client: to come again helps where room or
 * descriptors ran out. */
static void
store_fail(req_t *rq, const store_op_t *op)
{
    switch (op->err) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ETIMEDOUT: /* another process keeps a lock */
        rq->retry_after = RETRY_AFTER;
        req_fail(rq, REG_ERR_UNAVAILABLE,
                 "the registry's storage cannot do that at present");
        return;
    default:
        req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }
}


/* All that the request may wait for belongs to its repository. */
static lock_wait_t
wait_of(const registry_t *registry)
{
    return (lock_wait_t){
        .each = lock_timeout,
        .all = lock_timeout * LOCK_ALL_PERCENT / 100,
        .what = { waiting_key(reg_cstr(registry->root), registry->name),
                  WAITING_FOR_LOCKS },
    };
}


/* The switches of what changes the store are read here, before its body. */
static int
door_pass(req_t *rq, registry_t *registry, policy_t *policy)
{
    if (registry_read(rq, registry) != OK) {
        return ERROR;
    }

    if (!registry_is_change(registry)) {
        return OK;
    }

    registry->policy = policy;

    return policy_read(rq, policy);
}


static int
answer(req_t *rq, handler_fn handler)
{
    if (handler == NULL) {
        return req_fail(rq, REG_ERR_UNSUPPORTED, NULL);
    }

    return unnamed_find(rq) == OK ? handler(rq) : ERROR;
}


static void
store_serve(req_t *rq, const handler_fn *table)
{
    store_t store;
    store_op_t op;
    lock_wait_t wait;
    registry_t registry = { .op = &op };
    policy_t policy;

    rq->ctx = &registry;

    if (strncmp(req_param(rq, "REGISTRY_ACTION"), V1_ACTION,
                sizeof(V1_ACTION) - 1)
        == 0) {
        reply_flat_errors(rq);
    }

    if (door_pass(rq, &registry, &policy) != OK) {
        rq->ctx = NULL;
        return;
    }

    store_open(&store, registry.root, NULL);
    wait = wait_of(&registry);
    op = store_op_begin(&store, rq->pool);
    op.wait = &wait;

    if (answer(rq, table[registry.act]) != OK && !rq->is_failed) {
        store_fail(rq, &op);
    }

    rq->ctx = NULL;
}


/* Of requests to /v2/ nginx says what they ask for; all others have a route. */
void
registry_serve(req_t *rq)
{
    const char *route = req_param(rq, "REGISTRY_ROUTE");

    if (route[0] == '\0') {
        store_serve(rq, handlers);

    } else if (strcmp(route, "verdict") == 0) {
        jwt_verdict(rq);

    } else {
        registry_misconfigured(rq, "REGISTRY_ROUTE");
    }
}


void
layers_serve(req_t *rq)
{
    store_serve(rq, layer_handlers);
}
