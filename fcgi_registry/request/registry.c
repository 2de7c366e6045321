/* registry.c: what a request to the registry asks for.
 *
 * nginx has checked every field already; they are checked again here because
 * they become paths, and because a parameter that is missing from nginx.conf
 * should say so. */

#include "request/registry.h"
#include "store/store_root.h"

#include "fcgi_core/log.h"

#include <errno.h>


static const reg_path_kind_t kinds[REG_ACT_NONE] = {
#define REG_ACT(NAME, name, path, methods, right)                              \
    [REG_ACT_##NAME] = REG_PATH_KIND_##path,
#include "common/actions.def"
#undef REG_ACT
};

typedef enum {
    NAME_NONE,     /* in none */
    NAME_OF_TOKEN, /* the path has none, but the token */
    NAME_NEEDED
} name_need_t;

static const reg_right_t rights[REG_ACT_NONE] = {
#define REG_ACT(NAME, name, path, methods, right) [REG_ACT_##NAME] = right,
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


/* Of the original protocol. */
static int
image_id_check(req_t *rq, registry_t *registry)
{
    registry->image_id = req_param_str(rq, "REGISTRY_IMAGE");

    return reg_image_id_is_valid(registry->image_id)
               ? OK
               : req_fail(rq, REG_ERR_IMAGE_ID_INVALID, NULL);
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

    case REG_PATH_KIND_V1_IMAGE_JSON:
    case REG_PATH_KIND_V1_IMAGE_LAYER:
    case REG_PATH_KIND_V1_IMAGE_CHECKSUM:
    case REG_PATH_KIND_V1_IMAGE_ANCESTRY:
    case REG_PATH_KIND_V1_IMAGE_FILES:
    case REG_PATH_KIND_V1_IMAGE_DIFF:
    case REG_PATH_KIND_V1_LAYER_ACCESS:
        return image_id_check(rq, registry);

    case REG_PATH_KIND_UPLOAD:
        return reg_upload_id_is_valid(registry->reference)
                   ? OK
                   : req_fail(rq, REG_ERR_BLOB_UPLOAD_UNKNOWN, NULL);

    default:
        return OK;
    }
}


int
registry_misconfigured(req_t *rq, const char *param)
{
    log_error("%s is missing or wrong: the location needs \"registry on\" and "
              "\"include registry_params\"",
              param);

    return req_fail(rq, REG_ERR_UNKNOWN, NULL);
}


/* A root that the request has chosen is one of those below a directory, and is
 * never made: nginx has looked for it, but it may be gone by now. */
static int
root_read(req_t *rq, registry_t *registry)
{
    str_t root = req_param_str(rq, "REGISTRY_ROOT");
    str_t directory = req_param_str(rq, "REGISTRY_ROOT_BELOW");

    registry->root = (char *)root.data;

    if (directory.len == 0) {
        return reg_root_is_valid(root)
                   ? OK
                   : registry_misconfigured(rq, "REGISTRY_ROOT");
    }

    if (!reg_root_is_below(root, directory)) {
        return registry_misconfigured(rq, "REGISTRY_ROOT");
    }

    registry->root = pool_printf(rq->pool, "%s/", registry->root);

    switch (store_root_check(registry->root)) {
    case OK:
        return OK;
    case DECLINED:
        return req_fail(rq, REG_ERR_NAME_UNKNOWN, "no such registry");
    default:
        log_error("cannot check %s: %s", registry->root, strerror(errno));
        return ERROR;
    }
}


/* The name of a bucket's store is that of a file. */
static int
store_name_read(req_t *rq, registry_t *registry)
{
    registry->store = req_param_str(rq, "REGISTRY_STORE");

    return registry->store.len == 0 || reg_store_is_valid(registry->store)
               ? OK
               : registry_misconfigured(rq, "REGISTRY_STORE");
}


/* How an action names its repository. */
static name_need_t
name_need(reg_act_t act)
{
    switch (kinds[act]) {
    case REG_PATH_KIND_BASE:
    case REG_PATH_KIND_CATALOG:
    case REG_PATH_KIND_V1_PING:
    case REG_PATH_KIND_V1_USERS:
    case REG_PATH_KIND_V1_USER:
    case REG_PATH_KIND_V1_SEARCH:
        return NAME_NONE;

    case REG_PATH_KIND_V1_IMAGE_JSON:
    case REG_PATH_KIND_V1_IMAGE_LAYER:
    case REG_PATH_KIND_V1_IMAGE_CHECKSUM:
    case REG_PATH_KIND_V1_IMAGE_ANCESTRY:
    case REG_PATH_KIND_V1_IMAGE_FILES:
    case REG_PATH_KIND_V1_IMAGE_DIFF:
        return NAME_OF_TOKEN;

    default:
        return NAME_NEEDED;
    }
}


/* A client of an open registry may send no token that would name it. */
static int
name_read(req_t *rq, registry_t *registry)
{
    name_need_t need = name_need(registry->act);

    registry->name = req_param_str(rq, "REGISTRY_REPOSITORY");

    if (need == NAME_OF_TOKEN && registry->name.len == 0 && registry->is_open) {
        registry->name = reg_str(REGISTRY_UNNAMED);
        return OK;
    }

    return need == NAME_NONE || reg_name_is_valid(registry->name)
               ? OK
               : req_fail_detail(rq, REG_ERR_NAME_INVALID, registry->name,
                                 NULL);
}


int
registry_read(req_t *rq, registry_t *registry)
{
    reg_path_kind_t kind;

    if (reg_act_parse(req_param_str(rq, "REGISTRY_ACTION"), &registry->act)
        != OK) {
        return registry_misconfigured(rq, "REGISTRY_ACTION");
    }

    if (root_read(rq, registry) != OK || store_name_read(rq, registry) != OK) {
        return ERROR;
    }

    kind = kinds[registry->act];
    registry->is_open =
        reg_str_eq(req_param_str(rq, "REGISTRY_READABLE"), reg_str("*"));
    registry->reference =
        req_param_str(rq, kind == REG_PATH_KIND_UPLOAD ? "REGISTRY_UPLOAD_ID"
                                                       : "REGISTRY_REFERENCE");

    return name_read(rq, registry) == OK ? reference_check(rq, registry)
                                         : ERROR;
}


bool
registry_is_change(const registry_t *registry)
{
    reg_right_t right = rights[registry->act];

    return right == REG_RIGHT_PUSH || right == REG_RIGHT_DELETE;
}
