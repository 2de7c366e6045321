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
#include "v2/content_get.h"
#include "v2/manifest_delete.h"
#include "v2/manifest_put.h"
#include "v2/referrer_list.h"
#include "v2/tag_list.h"
#include "v2/upload.h"

#include "common/range.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/semaphore.h"

#include <errno.h>

#define RETRY_AFTER 5
#define PLACE_WAIT_MS 10000
#define COMMIT_LARGE (16 * 1024 * 1024) /* bytes */
#define V1_ACTION "v1_"     /* how actions of the original protocol begin */
#define WAITING_FOR_LOCKS 1 /* one owner for all locks of all stores */

typedef int (*handler_fn)(req_t *rq);

static long lock_timeout; /* milliseconds */
static const char *stores_directory;
static semaphore_t *stores;  /* of processes that work for a bucket */
static semaphore_t *commits; /* of those that put a large blob into it */


void
registry_lock_timeout_set(long seconds)
{
    lock_timeout = seconds * 1000;
}


int
registry_stores_open(pool_t *pool, const char *directory, long processes)
{
    long most = processes - (processes + 3) / 4;

    stores_directory = directory;
    stores = semaphore_create(pool, most > 0 ? most : 1);
    commits = semaphore_create(pool, most > 1 ? most / 2 : 1);

    return stores != NULL && commits != NULL ? OK : ERROR;
}


/* GET /v2/ */
static int
base_get(req_t *rq)
{
    return reply_json(rq, 200, json_object());
}


static const handler_fn handlers[REG_ACT_NONE] = {
    [REG_ACT_BASE] = base_get,
    [REG_ACT_CATALOG] = catalog_list,
    [REG_ACT_TAG_LIST] = tag_list,
    [REG_ACT_MANIFEST_GET] = content_manifest_get,
    [REG_ACT_MANIFEST_HEAD] = content_manifest_get,
    [REG_ACT_MANIFEST_PUT] = manifest_put,
    [REG_ACT_MANIFEST_DELETE] = manifest_delete,
    [REG_ACT_BLOB_GET] = content_blob_get,
    [REG_ACT_BLOB_HEAD] = content_blob_get,
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
    case EAGAIN:    /* a bucket's server is busy, or away */
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


static bool
is_large_commit(req_t *rq, const registry_t *registry)
{
    uint64_t size = 0;

    return (registry->act == REG_ACT_UPLOAD_PUT
            || registry->act == REG_ACT_UPLOAD_START)
           && reg_number_parse(req_param_str(rq, "REGISTRY_UPLOAD_SIZE"), &size)
                  == OK
           && size > COMMIT_LARGE;
}


/* A bucket whose server hangs must leave processes to all other stores, and
 * large blobs must leave some to the rest of their own. */
static int
place_take(req_t *rq, const registry_t *registry)
{
    if (registry->store.len == 0) {
        return OK;
    }

    if (stores == NULL) { /* serve-layers */
        return registry_misconfigured(rq, "REGISTRY_STORE");
    }

    if ((!is_large_commit(rq, registry)
         || semaphore_take_of(commits, registry->store) == OK)
        && semaphore_take_of(stores, registry->store) == OK) {
        return OK;
    }

    if (rq->may_defer && clock_ms() < rq->accepted_at + PLACE_WAIT_MS) {
        return req_defer(rq);
    }

    rq->retry_after = RETRY_AFTER;

    return req_fail(rq, REG_ERR_UNAVAILABLE,
                    "too many requests wait for the registry's storage");
}


static void
place_release(void)
{
    if (stores != NULL) {
        semaphore_release(stores);
        semaphore_release(commits);
    }
}


/* A bucket is described by the file of its name. */
static int
store_find(req_t *rq, const registry_t *registry, store_t *store)
{
    const char *file = registry->store.len == 0
                           ? NULL
                           : pool_printf(rq->pool, "%s/%.*s", stores_directory,
                                         STR(registry->store));

    return store_open(store, registry->root, file);
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
store_answer(req_t *rq, registry_t *registry, handler_fn handler)
{
    store_t store;
    store_op_t op;
    lock_wait_t wait = wait_of(registry);

    if (store_find(rq, registry, &store) != OK) {
        req_unavailable(rq, RETRY_AFTER); /* logged */
        return;
    }

    op = store_op_begin(&store, rq->pool);
    op.wait = &wait;
    registry->op = &op;

    if (answer(rq, handler) != OK && !rq->is_failed) {
        store_fail(rq, &op);
    }
}


static void
store_serve(req_t *rq, const handler_fn *table)
{
    registry_t registry = { .op = NULL };
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

    if (place_take(rq, &registry) == OK) {
        store_answer(rq, &registry, table[registry.act]);
    }

    place_release();
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
