/* v1_endpoint.c: the door of the original protocol's Index: what is checked
 * before a handler runs. */

#include "v1/v1_endpoint.h"
#include "app.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "v1/v1_caller.h"
#include "v1/v1_image.h"
#include "v1/v1_repository.h"
#include "v1/v1_user.h"

/* Who may ask. */
typedef enum {
    WHO_ANYONE,  /* credentials are not read */
    WHO_READER,  /* any client, with credentials of any kind or without */
    WHO_ACCOUNT, /* by Basic */
    WHO_TOKEN    /* a registry, with the token of its client */
} who_t;

/* status: of credentials that are not good, and of such ones only. */
static const struct {
    reg_act_t act;
    who_t who;
    int status;
    int (*handler)(v1_t *v1);
} rows[] = {
    { REG_ACT_V1_USER_GET, WHO_ACCOUNT, 401, v1_user_get },
    { REG_ACT_V1_USER_POST, WHO_ANYONE, 401, v1_user_post },
    { REG_ACT_V1_USER_PUT, WHO_ACCOUNT, 401, v1_user_put },
    { REG_ACT_V1_ALLOCATE, WHO_ACCOUNT, 401, v1_repository_put },
    { REG_ACT_V1_REPOSITORY_DELETE, WHO_ACCOUNT, 401, v1_repository_delete },
    { REG_ACT_V1_IMAGE_LIST_GET, WHO_READER, 401, v1_image_list_get },
    { REG_ACT_V1_IMAGE_LIST_PUT, WHO_ACCOUNT, 403, v1_image_list_put },
    { REG_ACT_V1_IMAGE_LIST_DELETE, WHO_ACCOUNT, 401, v1_image_list_delete },
    { REG_ACT_V1_AUTH_PUT, WHO_TOKEN, 403, v1_auth_put },
    { REG_ACT_V1_LAYER_ACCESS_GET, WHO_TOKEN, 401, v1_layer_access_get },
};


static unsigned
method_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned method;
    } methods[] = { { "GET", REG_M_GET },     { "HEAD", REG_M_HEAD },
                    { "POST", REG_M_POST },   { "PUT", REG_M_PUT },
                    { "PATCH", REG_M_PATCH }, { "DELETE", REG_M_DELETE } };

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return methods[i].method;
        }
    }

    return 0;
}


/* The path as the client wrote it: no name needs an escape. */
static int
find_route(v1_t *v1)
{
    req_t *rq = v1->rq;
    str_t path = req_param_str(rq, "REQUEST_URI");
    reg_err_t err;
    int rc;

    path.len = strcspn((const char *)path.data, "?");
    rc = reg_route_parse(method_of(rq->method), path, &v1->route, &err);

    if (rc == REG_OK) {
        v1->name = v1->route.name.len != 0
                       ? pool_strndup(v1->pool, v1->route.name)
                       : NULL;
        return OK;
    }

    if (rc == REG_DECLINED) {
        return v1_fail(v1, 404, "Not found");
    }

    if (err == REG_ERR_UNSUPPORTED) {
        reply_header(rq, "Allow", "%s",
                     reg_path_allow(v1->route.kind, REG_ALLOW_ALL));
    }

    return req_fail(rq, err, NULL);
}


static int
check_who(v1_t *v1, who_t who, int status)
{
    bool is_account;
    int rc = who != WHO_ANYONE ? v1_caller_identify(v1) : OK;

    if (rc == DECLINED) {
        return status == 401
                   ? v1_fail_unauthorized(v1, "Incorrect login or password")
                   : v1_fail(v1, status, "Permission denied");
    }

    is_account = v1_account(v1) != NULL;

    if (rc == OK
        && ((who == WHO_ACCOUNT && !is_account)
            || (who == WHO_TOKEN && v1->caller.kind != V1_CALLER_TOKEN))) {
        return v1_fail_unauthorized(v1, "Requires authorization");
    }

    return rc;
}


static int
run(v1_t *v1)
{
    if (find_route(v1) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].act == v1->route.act) {
            return check_who(v1, rows[i].who, rows[i].status) == OK
                       ? rows[i].handler(v1)
                       : ERROR;
        }
    }

    return v1_fail(v1, 404, "Not found");
}


static v1_sign_up_t
sign_up_of(const char *policy)
{
    if (strcmp(policy, "open") == 0) {
        return V1_SIGN_UP_OPEN;
    }

    return strcmp(policy, "invitation") == 0 ? V1_SIGN_UP_INVITATION
                                             : V1_SIGN_UP_CLOSED;
}


int
v1_endpoint(req_t *rq)
{
    v1_t v1 = {
        .rq = rq,
        .pool = rq->pool,
        .db = app.db,
        .issuer = { .db = app.db,
                    .cache = app.cache,
                    .secret = app.secret,
                    .seal_key = app.seal_key,
                    .token_seconds = app.settings.token_seconds,
                    .refresh_days = app.settings.refresh_days },
        .service = req_param_str(rq, "INDEX_SERVICE"),
        .sign_up = sign_up_of(app.settings.sign_up),
        .endpoints = req_param(rq, "INDEX_ENDPOINTS"),
        .now = clock_now(),
        .actor = { .login = "",
                   .kind = audit_kinds[0],
                   .address = rq->remote_addr },
    };

    reply_flat_errors(rq);
    reply_header(rq, "Cache-Control", "private, no-store");

    if (!reg_service_is_valid(v1.service)) {
        log_error("INDEX_SERVICE is missing: the location needs "
                  "registry_service and index_params");
        return req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }

    return run(&v1);
}
