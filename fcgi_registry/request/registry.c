/* registry.c: the door: which handler answers an action, and on what terms.
 *
 * nginx has checked every field already; they are checked again here because
 * they become paths, and because a parameter that is missing from nginx.conf
 * should say so. */

#include "request/registry.h"
#include "repository/blob.h"
#include "v2/catalog.h"
#include "token/jwt_verdict.h"
#include "repository/manifest.h"
#include "v2/manifest_list.h"
#include "repository/referrer.h"
#include "repository/tag.h"
#include "v2/upload.h"

#include "fcgi_core/log.h"

#include <errno.h>
#include <unistd.h>

#define RETRY_AFTER 5
#define WAITING_FOR_LOCKS 1 /* one owner for all locks of all stores */

typedef int (*handler_fn)(req_t *rq);


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
};

static const reg_path_kind_t kinds[REG_ACT_NONE] = {
#define REG_ACT(NAME, name, path, methods, right)                              \
    [REG_ACT_##NAME] = REG_PATH_KIND_##path,
#include "common/actions.def"
#undef REG_ACT
};


static int
digest_check(req_t *rq, registry_t *registry)
{
    registry->has_digest = true;

    return reg_digest_parse(registry->reference, &registry->digest) == OK
               ? OK
               : req_fail_detail(rq, REG_ERR_DIGEST_INVALID,
                                 registry->reference, "invalid digest");
}


/* A reference with a colon is a digest: no tag has one. */
static int
manifest_reference_check(req_t *rq, registry_t *registry)
{
    str_t reference = registry->reference;

    if (reference.len != 0 && memchr(reference.data, ':', reference.len)) {
        return digest_check(rq, registry);
    }

    return reg_tag_is_valid(reference)
               ? OK
               : req_fail_detail(rq, REG_ERR_TAG_INVALID, reference,
                                 "invalid tag");
}


static int
reference_check(req_t *rq, registry_t *registry)
{
    switch (kinds[registry->act]) {
    case REG_PATH_KIND_MANIFEST:
        return manifest_reference_check(rq, registry);

    case REG_PATH_KIND_BLOB:
    case REG_PATH_KIND_REFERRERS:
        return digest_check(rq, registry);

    case REG_PATH_KIND_UPLOAD:
        return reg_upload_id_is_valid(registry->reference)
                   ? OK
                   : req_fail(rq, REG_ERR_BLOB_UPLOAD_UNKNOWN, NULL);

    default:
        return OK;
    }
}


static int
misconfigured(req_t *rq, const char *param)
{
    log_error("%s is missing or wrong: the location needs \"registry on\" and "
              "\"include registry_params\"",
              param);

    return req_fail(rq, REG_ERR_UNKNOWN, NULL);
}


/* A root that the request has chosen is one of those below a directory, and is
 * never made: nginx has looked for it, but it may be gone by now. */
static int
root_check(req_t *rq, store_t *store)
{
    str_t root = req_param_str(rq, "REGISTRY_ROOT");
    str_t directory = req_param_str(rq, "REGISTRY_ROOT_BELOW");

    if (directory.len == 0) {
        return reg_root_is_valid(root) ? OK
                                       : misconfigured(rq, "REGISTRY_ROOT");
    }

    if (!reg_root_is_below(root, directory)) {
        return misconfigured(rq, "REGISTRY_ROOT");
    }

    store->root = pool_printf(rq->pool, "%s/", store->root);

    if (access(store->root, F_OK) == 0) {
        return OK;
    }

    return errno == ENOENT || errno == ENOTDIR
               ? req_fail(rq, REG_ERR_NAME_UNKNOWN, "no such registry")
               : store_error(store, "look at", store->root);
}


static int
fields_check(req_t *rq, registry_t *registry)
{
    reg_path_kind_t kind;

    if (reg_act_parse(req_param_str(rq, "REGISTRY_ACTION"), &registry->act)
        != OK) {
        return misconfigured(rq, "REGISTRY_ACTION");
    }

    if (root_check(rq, registry->store) != OK) {
        return ERROR;
    }

    kind = kinds[registry->act];
    registry->name = req_param_str(rq, "REGISTRY_REPOSITORY");
    registry->reference =
        req_param_str(rq, kind == REG_PATH_KIND_UPLOAD ? "REGISTRY_UPLOAD_ID"
                                                       : "REGISTRY_REFERENCE");

    if (kind != REG_PATH_KIND_BASE && kind != REG_PATH_KIND_CATALOG
        && !reg_name_is_valid(registry->name)) {
        return req_fail_detail(rq, REG_ERR_NAME_INVALID, registry->name, NULL);
    }

    return reference_check(rq, registry);
}


/* What the store could not do, to a client: to come again helps where room or
 * descriptors ran out. */
static void
store_fail(req_t *rq, const store_t *store)
{
    switch (store->err) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ETIMEDOUT: /* somebody keeps a lock */
        rq->retry_after = RETRY_AFTER;
        req_fail(rq, REG_ERR_UNAVAILABLE,
                 "the registry's storage cannot do that at present");
        return;
    default:
        req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }
}


/* All that the request may wait for belongs to its repository. */
static void
wait_set(registry_t *registry)
{
    str_t root = reg_cstr(registry->store->root);

    registry->store->wait = (lock_wait_t){
        .each = LOCK_REQUEST_MS,
        .all = LOCK_REQUEST_ALL_MS,
        .what = { waiting_key(root, registry->name), WAITING_FOR_LOCKS },
    };
}


static void
store_serve(req_t *rq)
{
    store_t store;
    registry_t registry = { .store = &store };

    store_open(&store, rq->pool, req_param(rq, "REGISTRY_ROOT"));
    rq->ctx = &registry;

    if (fields_check(rq, &registry) != OK) {
        rq->ctx = NULL;
        return;
    }

    wait_set(&registry);

    if (handlers[registry.act](rq) != OK && !rq->is_failed) {
        store_fail(rq, &store);
    }

    rq->ctx = NULL;
}


/* Of requests to /v2/ nginx says what they ask for; all others have a route. */
void
registry_serve(req_t *rq)
{
    const char *route = req_param(rq, "REGISTRY_ROUTE");

    if (route[0] == '\0') {
        store_serve(rq);

    } else if (strcmp(route, "verdict") == 0) {
        jwt_verdict(rq);

    } else {
        misconfigured(rq, "REGISTRY_ROUTE");
    }
}
