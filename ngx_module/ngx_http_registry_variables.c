
/*
 * The variables: for the worker's parameters, for logs and for limits.  Most
 * of them change during a request, so none is cached.
 */


#include "ngx_http_registry_module.h"


typedef ngx_int_t (*ngx_http_registry_get_pt)(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);


static ngx_int_t ngx_http_registry_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_root_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_below_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_complex_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_flag_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_sparse_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_events_size_variable(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_registry_service_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void ngx_http_registry_set(ngx_http_variable_value_t *v,
    ngx_str_t *value);

static ngx_int_t ngx_http_registry_get_action(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_repository(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_reference(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_image(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_digest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_account(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static void ngx_http_registry_warn_early(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_get_source(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_result(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_token_key(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_readable(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_upload_id(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_upload_offset(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_upload_size(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_upload_state(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_pass(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_redirect(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_min(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_valid(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_may_push(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_url(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_host(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_store_uri(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_get_error_code(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);
static ngx_int_t ngx_http_registry_print_size(ngx_http_request_t *r,
    off_t size, ngx_str_t *value);
static ngx_uint_t ngx_http_registry_is_open(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);


ngx_str_t  ngx_http_registry_sources[] = {
    ngx_string(""),
    ngx_string("zone"),
    ngx_string("memcached"),
    ngx_string("index")
};


ngx_str_t  ngx_http_registry_results[] = {
    ngx_string(""),
    ngx_string("granted"),
    ngx_string("denied"),
    ngx_string("invalid"),
    ngx_string("unavailable")
};


ngx_conf_enum_t  ngx_http_registry_sparses[] = {
    { ngx_string("off"), NGX_HTTP_REGISTRY_SPARSE_OFF },
    { ngx_string("index"), NGX_HTTP_REGISTRY_SPARSE_INDEX },
    { ngx_string("on"), NGX_HTTP_REGISTRY_SPARSE_ON },
    { ngx_null_string, 0 }
};


static ngx_http_variable_t  ngx_http_registry_vars[] = {

    { ngx_string("registry_action"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_action,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_repository"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_repository,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_reference"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_reference,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_image"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_image,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_digest"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_digest,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_account"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_account,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_verdict_source"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_source,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_verdict_result"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_result,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_token_key"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_token_key,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_readable"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_readable,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_upload_id"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_upload_id,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_upload_offset"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_upload_offset,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_upload_size"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_upload_size,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_upload_state"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_upload_state,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_pass"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_pass,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_redirect"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_redirect,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_min"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_min,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_valid"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_valid,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_may_push"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_may_push,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_url"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_url,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_host"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_host,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_uri"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_store_uri,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_store_range"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_store_wanted,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_error_code"), NULL, ngx_http_registry_variable,
      (uintptr_t) ngx_http_registry_get_error_code,
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_root"), NULL, ngx_http_registry_root_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_root_below"), NULL,
      ngx_http_registry_below_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_immutable_tags"), NULL,
      ngx_http_registry_complex_variable,
      offsetof(ngx_http_registry_loc_conf_t, immutable_tags),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_manifest_urls"), NULL,
      ngx_http_registry_flag_variable,
      offsetof(ngx_http_registry_loc_conf_t, manifest_urls),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_sparse"), NULL, ngx_http_registry_sparse_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_events"), NULL, ngx_http_registry_flag_variable,
      offsetof(ngx_http_registry_loc_conf_t, events),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_events_size"), NULL,
      ngx_http_registry_events_size_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_url"), NULL, ngx_http_registry_complex_variable,
      offsetof(ngx_http_registry_loc_conf_t, url),
      NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("registry_service"), NULL,
      ngx_http_registry_service_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


/*
 * A subrequest gets the values of its main request; outside a registry
 * location all are empty.
 */

static ngx_int_t
ngx_http_registry_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_registry_get_pt  get = (ngx_http_registry_get_pt) data;

    ngx_str_t                      value;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    ngx_str_null(&value);

    r = r->main;

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx == NULL) {
        rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

        if (!rlcf->enable) {
            ngx_http_registry_set(v, &value);
            return NGX_OK;
        }

        ctx = ngx_http_registry_add_ctx(r);
        if (ctx == NULL || ngx_http_registry_route(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (get(r, ctx, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_registry_set(v, &value);

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_root_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t                      rc;
    ngx_str_t                      value;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    ctx = ngx_http_registry_get_ctx(r);
    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (ctx && ctx->root.len && rlcf->root && rlcf->root->below.len) {

        /* the one that was checked */

        ngx_http_registry_set(v, &ctx->root);
        return NGX_OK;
    }

    rc = ngx_http_registry_get_root(r, &value);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        ngx_str_null(&value);
    }

    ngx_http_registry_set(v, &value);

    return NGX_OK;
}


/* The directory that a root with variables is below. */

static ngx_int_t
ngx_http_registry_below_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                      value;
    ngx_http_registry_loc_conf_t  *rlcf;

    ngx_str_null(&value);

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->root) {
        value = rlcf->root->below;
    }

    ngx_http_registry_set(v, &value);

    return NGX_OK;
}


/* The value of a directive that may have variables itself. */

static ngx_int_t
ngx_http_registry_complex_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                     *conf;
    ngx_str_t                   value;
    ngx_http_complex_value_t  **cv;

    ngx_str_null(&value);

    conf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);
    cv = (ngx_http_complex_value_t **) (conf + data);

    if (*cv && ngx_http_complex_value(r, *cv, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_registry_set(v, &value);

    return NGX_OK;
}


/* Empty where the directive is not set and has no default here. */

static ngx_int_t
ngx_http_registry_flag_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char      *conf;
    ngx_str_t    value;
    ngx_flag_t  *flag;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);
    flag = (ngx_flag_t *) (conf + data);

    if (*flag == NGX_CONF_UNSET) {
        ngx_str_null(&value);

    } else if (*flag) {
        ngx_str_set(&value, "on");

    } else {
        ngx_str_set(&value, "off");
    }

    ngx_http_registry_set(v, &value);

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_sparse_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    ngx_http_registry_set(v, &ngx_http_registry_sparses[rlcf->sparse].name);

    return NGX_OK;
}


/* In MiB, rounded down. */

static ngx_int_t
ngx_http_registry_events_size_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                      value;
    ngx_http_registry_loc_conf_t  *rlcf;

    ngx_str_null(&value);

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->events_size != NGX_CONF_UNSET
        && ngx_http_registry_print_size(r, rlcf->events_size / (1024 * 1024),
                                        &value)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_registry_set(v, &value);

    return NGX_OK;
}


/* Also in the locations that only speak to the index. */

static ngx_int_t
ngx_http_registry_service_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_registry_ctx_t  *ctx;

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx && ctx->service.len) {
        ngx_http_registry_set(v, &ctx->service);
        return NGX_OK;
    }

    return ngx_http_registry_complex_variable(r, v,
                          offsetof(ngx_http_registry_loc_conf_t, service));
}


static void
ngx_http_registry_set(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value->len;
    v->data = value->data;
}


static ngx_int_t
ngx_http_registry_get_action(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    value->data = (u_char *) reg_act_name(ctx->route.act);
    value->len = ngx_strlen(value->data);

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_repository(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->route.act != REG_ACT_NONE) {
        value->data = ctx->route.name.data;
        value->len = ctx->route.name.len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_reference(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    switch (ctx->route.act) {

    case REG_ACT_NONE:
    case REG_ACT_UPLOAD_STATUS:
    case REG_ACT_UPLOAD_PATCH:
    case REG_ACT_UPLOAD_PUT:
    case REG_ACT_UPLOAD_CANCEL:
        break;

    default:
        value->data = ctx->route.reference.data;
        value->len = ctx->route.reference.len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_image(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->route.act != REG_ACT_NONE) {
        value->data = ctx->route.image_id.data;
        value->len = ctx->route.image_id.len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_digest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    if (ctx->digest.len) {
        *value = ctx->digest;
        return NGX_OK;
    }

    h = ngx_http_registry_find_header(r, "Docker-Content-Digest");

    if (h) {
        *value = h->value;
    }

    return NGX_OK;
}


/* True without an index. */

static ngx_uint_t
ngx_http_registry_is_open(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_registry_checked_by(r, ctx);

    return rlcf->enable && rlcf->verdict.len == 0;
}


static ngx_int_t
ngx_http_registry_get_account(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (!ngx_http_registry_is_open(r, ctx)) {
        ngx_http_registry_warn_early(r, ctx);

        value->data = ctx->verdict.account.data;
        value->len = ctx->verdict.account.len;

        return NGX_OK;
    }

    switch (ngx_http_auth_basic_user(r)) {

    case NGX_OK:
        *value = r->headers_in.user;
        return NGX_OK;

    case NGX_DECLINED:
        return NGX_OK;

    default:
        return NGX_ERROR;
    }
}


/*
 * A limit by account would count nothing: limit_req and similar directives run
 * before the check of the token, since they also protect it.
 */

static void
ngx_http_registry_warn_early(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_http_registry_loc_conf_t  *rlcf;
    static ngx_uint_t              warned;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (warned
        || !rlcf->enable
        || ctx->state != NGX_HTTP_REGISTRY_VERDICT_UNASKED
        || ctx->has_err
        || r->err_status
        || r->header_sent)
    {
        return;
    }

    warned = 1;

    ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                  "\"$registry_account\" is used before the token is checked "
                  "and is empty, limit by \"$registry_token_key\"");
}


static ngx_int_t
ngx_http_registry_get_source(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    *value = ngx_http_registry_sources[ctx->source];

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_result(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    *value = ngx_http_registry_results[ctx->result];

    return NGX_OK;
}


/*
 * While the index is to be asked, and not memcached, it is a key that cannot
 * be guessed without the token, so nothing can have been stored there.
 */

static ngx_int_t
ngx_http_registry_get_token_key(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    u_char      *key, direct[NGX_HTTP_REGISTRY_HASH_LEN];
    reg_hash_t   hash;

    if (ngx_http_registry_token(r, ctx) != NGX_OK) {
        return NGX_OK;
    }

    value->len = REG_VERDICT_KEY_LEN;
    value->data = ngx_pnalloc(r->pool, REG_VERDICT_KEY_LEN);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    key = ngx_http_registry_token_hash(ctx);

    if (ctx->direct && ctx->state == NGX_HTTP_REGISTRY_VERDICT_PENDING) {

        reg_hash_init(&hash, REG_SHA256);
        reg_hash_update(&hash, ctx->token.data, ctx->token.len);
        reg_hash_update(&hash, " ", 1);
        reg_hash_raw(&hash, direct);

        key = direct;
    }

    ngx_http_registry_print_key(value->data, key);

    return NGX_OK;
}


/* Views of grants, joined by spaces: never longer than the grants. */

static ngx_int_t
ngx_http_registry_get_readable(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    u_char       *p;
    size_t        pos;
    reg_scope_t   scope;

    if (ngx_http_registry_is_open(r, ctx)) {
        ngx_str_set(value, "*");
        return NGX_OK;
    }

    if (ctx->verdict.grants.len == 0
        || ctx->route.act != REG_ACT_UPLOAD_START)
    {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, ctx->verdict.grants.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;
    pos = 0;

    while (reg_verdict_next_grant(&ctx->verdict, &pos, &scope) == REG_OK) {

        if (!reg_str_eq(scope.type, reg_str("repository"))
            || !reg_actions_allow(scope.actions, REG_ACTION_PULL))
        {
            continue;
        }

        if (p != value->data) {
            *p++ = ' ';
        }

        p = ngx_cpymem(p, scope.name.data, scope.name.len);
    }

    value->len = p - value->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_upload_id(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->upload) {
        value->data = ctx->upload->id.data;
        value->len = ctx->upload->id.len;

        return NGX_OK;
    }

    if (ctx->route.act != REG_ACT_NONE
        && ctx->route.kind == REG_PATH_KIND_UPLOAD)
    {
        value->data = ctx->route.reference.data;
        value->len = ctx->route.reference.len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_upload_offset(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->upload == NULL) {
        return NGX_OK;
    }

    return ngx_http_registry_print_size(r, ctx->upload->offset, value);
}


static ngx_int_t
ngx_http_registry_get_upload_size(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->upload == NULL) {
        return NGX_OK;
    }

    return ngx_http_registry_print_size(r, ctx->upload->size, value);
}


static ngx_int_t
ngx_http_registry_print_size(ngx_http_request_t *r, off_t size,
    ngx_str_t *value)
{
    value->data = ngx_pnalloc(r->pool, NGX_OFF_T_LEN);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_sprintf(value->data, "%O", size) - value->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_upload_state(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    u_char      *p, state[REG_HASH_STATE_MAX];
    size_t       len;
    reg_str_t    name;
    reg_hash_t  *hash;

    if (ctx->upload == NULL || !ctx->upload->hashing) {
        return NGX_OK;
    }

    hash = &ctx->upload->hash;

    name = reg_algorithm_name(hash->algorithm);
    len = reg_hash_state_export(hash, state);

    p = ngx_pnalloc(r->pool, name.len + 1 + 2 * len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value->data = p;

    p = ngx_cpymem(p, name.data, name.len);
    *p++ = ':';
    p = ngx_hex_dump(p, state, len);

    value->len = p - value->data;

    return NGX_OK;
}


/* What a worker is to know of a store in a bucket; empty for local files. */

static ngx_int_t
ngx_http_registry_get_store(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    *value = rlcf->store;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_store_pass(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    *value = rlcf->store_pass;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_store_redirect(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->store.len == 0 || rlcf->store_redirect == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, rlcf->store_redirect, value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value->len == 0
        || (value->len == 1 && value->data[0] == '0')
        || (value->len == 3 && ngx_strncmp(value->data, "off", 3) == 0))
    {
        ngx_str_null(value);

    } else {
        ngx_str_set(value, "on");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_store_min(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    return rlcf->store.len
           ? ngx_http_registry_print_size(r, rlcf->store_min, value) : NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_store_valid(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    return rlcf->store.len
           ? ngx_http_registry_print_size(r, rlcf->store_valid, value)
           : NGX_OK;
}


/* Of a HEAD, whose client may rely on what is there. */

static ngx_int_t
ngx_http_registry_get_may_push(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->store.len
        && r->method == NGX_HTTP_HEAD
        && ngx_http_registry_may_push(r, ctx))
    {
        ngx_str_set(value, "on");
    }

    return NGX_OK;
}


/* Where a worker has found a blob: for "proxy_pass". */

static ngx_int_t
ngx_http_registry_get_store_url(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    *value = ctx->store_url;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_store_host(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    *value = ctx->store_host;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_store_uri(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    *value = ctx->store_uri;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_get_error_code(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->has_err) {
        value->data = (u_char *) reg_error_info(ctx->err)->code;
        value->len = ngx_strlen(value->data);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_registry_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}
