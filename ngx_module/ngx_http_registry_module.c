
/*
 * The module's directives, and the phases in which a request to a registry
 * location is read, checked and handed to its handler.
 */


#include "ngx_http_registry_module.h"


#define NGX_HTTP_REGISTRY_BODY_DEFAULT    (1 * 1024 * 1024)
#define NGX_HTTP_REGISTRY_BUFFER_DEFAULT  (2 * ngx_pagesize)
#define NGX_HTTP_REGISTRY_BUFFER          (256 * 1024)
#define NGX_HTTP_REGISTRY_RANGES          512

/* of a pattern; the worker refuses a longer one, too */

#define NGX_HTTP_REGISTRY_PATTERN_MAX     1024


/* the first member of its configuration is the one of its upstream */

extern ngx_module_t  ngx_http_fastcgi_module;


static ngx_int_t ngx_http_registry_preaccess_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_precontent_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_route_error(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_err_t err);
static ngx_int_t ngx_http_registry_redirect(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_find_root(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_allow(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_method(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_path(ngx_http_request_t *r);
static void ngx_http_registry_cleanup(void *data);

static void *ngx_http_registry_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_registry_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_registry_create_srv_conf(ngx_conf_t *cf);
static void *ngx_http_registry_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_registry_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_registry_error_pages(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *prev, ngx_http_registry_loc_conf_t *conf);
static char *ngx_http_registry_check(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf);
static char *ngx_http_registry_check_core(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf);
static ngx_uint_t ngx_http_registry_is_location(ngx_conf_t *cf);
static char *ngx_http_registry_root(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_registry_directory(ngx_conf_t *cf, ngx_str_t *path);
static char *ngx_http_registry_below(ngx_conf_t *cf,
    ngx_http_registry_root_t *root);
static char *ngx_http_registry_prefix(ngx_conf_t *cf,
    ngx_http_registry_root_t *root);
static char *ngx_http_registry_immutable_tags(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static ngx_int_t ngx_http_registry_pattern(ngx_conf_t *cf,
    ngx_str_t *pattern);
static char *ngx_http_registry_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_registry_metrics(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_registry_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_registry_init_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_registry_caches[] = {
    { ngx_string("private"), NGX_HTTP_REGISTRY_CACHE_PRIVATE },
    { ngx_string("public"), NGX_HTTP_REGISTRY_CACHE_PUBLIC },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_registry_link_caches[] = {
    { ngx_string("off"), NGX_HTTP_REGISTRY_LINKS_OFF },
    { ngx_string("on"), NGX_HTTP_REGISTRY_LINKS_ON },
    { ngx_string("auto"), NGX_HTTP_REGISTRY_LINKS_AUTO },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_registry_commands[] = {

    { ngx_string("registry"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, enable),
      NULL },

    { ngx_string("registry_root"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_registry_root,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_realm"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, realm),
      NULL },

    { ngx_string("registry_service"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, service),
      NULL },

    { ngx_string("registry_verdict"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, verdict),
      NULL },

    { ngx_string("registry_verdict_key"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_registry_verdict_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_verdict_valid"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, verdict_valid),
      NULL },

    { ngx_string("registry_cache_control"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, cache_control),
      &ngx_http_registry_caches },

    { ngx_string("registry_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_registry_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_manifest_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, manifest_size),
      NULL },

    { ngx_string("registry_manifest_cache"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, manifest_cache),
      NULL },

    { ngx_string("registry_link_cache"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, link_cache),
      &ngx_http_registry_link_caches },

    { ngx_string("registry_readonly"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, readonly),
      NULL },

    { ngx_string("registry_delete"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, delete),
      NULL },

    { ngx_string("registry_immutable_tags"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_registry_immutable_tags,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_manifest_urls"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, manifest_urls),
      NULL },

    { ngx_string("registry_sparse"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, sparse),
      &ngx_http_registry_sparses },

    { ngx_string("registry_upload_expiry"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, upload_expiry),
      NULL },

    { ngx_string("registry_events"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, events),
      NULL },

    { ngx_string("registry_events_size"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, events_size),
      NULL },

    { ngx_string("registry_pulls"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, pulls),
      NULL },

    { ngx_string("registry_pulls_interval"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_registry_main_conf_t, pulls_interval),
      NULL },

    { ngx_string("registry_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, url),
      NULL },

    { ngx_string("registry_index"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, index),
      NULL },

    { ngx_string("registry_layers"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, layers),
      NULL },

    { ngx_string("registry_redirect"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_registry_redirect_value,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_redirect_edge"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_registry_redirect_edge,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_edge"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_registry_own_edge,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_store"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_registry_store_name,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_store_pass"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, store_pass),
      NULL },

    { ngx_string("registry_store_redirect"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_registry_store_redirect,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("registry_store_proxy"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_registry_loc_conf_t, store_proxy),
      NULL },

    { ngx_string("registry_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_registry_metrics,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_registry_module_ctx = {
    ngx_http_registry_add_variables,       /* preconfiguration */
    ngx_http_registry_init,                /* postconfiguration */

    ngx_http_registry_create_main_conf,    /* create main configuration */
    ngx_http_registry_init_main_conf,      /* init main configuration */

    ngx_http_registry_create_srv_conf,     /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_registry_create_loc_conf,     /* create location configuration */
    ngx_http_registry_merge_loc_conf       /* merge location configuration */
};


ngx_module_t  ngx_http_registry_module = {
    NGX_MODULE_V1,
    &ngx_http_registry_module_ctx,         /* module context */
    ngx_http_registry_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_registry_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_registry_pull_exit,           /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_registry_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    reg_str_t                      tag;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    rc = NGX_OK;
    ctx = ngx_http_registry_get_ctx(r);

    if (ctx && ctx->upload) {
        rc = ngx_http_registry_upload_leave(r, ctx);
    }

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->store_proxy) {
        return ngx_http_registry_store_enter(r, ctx);
    }

    if (!rlcf->enable) {
        return NGX_DECLINED;
    }

    if (rc == NGX_DECLINED) {

        /* an error_page leads here; no worker may say that it has the body */

        return ngx_http_registry_error(r, REG_ERR_UNAVAILABLE,
                                       "the upload was received in part only",
                                       reg_str(""));
    }

    ctx = ngx_http_registry_add_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * a variable or an earlier pass may have read the path before a
     * rewrite or an internal redirect
     */

    tag = ctx->tag;

    ngx_http_registry_store_leave(r, ctx);

    ngx_memzero(ctx, sizeof(ngx_http_registry_ctx_t));

    ctx->tag = tag;
    ctx->rlcf = rlcf;
    ctx->entered = 1;

    rc = ngx_http_registry_route(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ctx->err_status == NGX_HTTP_MOVED_PERMANENTLY) {
        return ngx_http_registry_redirect(r);
    }

    if (ctx->err_status) {
        return ctx->err_status;
    }

    if (ctx->v1) {
        rc = ngx_http_registry_v1_prepare(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    rc = ngx_http_registry_find_root(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_registry_switches(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_registry_is_upload(r, ctx)) {
        return NGX_DECLINED;
    }

    if (r->headers_in.content_length_n > rlcf->manifest_size) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "client intended to send too large body: %O bytes",
                      r->headers_in.content_length_n);

        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_registry_route(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    int        rc;
    reg_err_t  err;
    reg_str_t  plain;

    if (ctx->routed) {
        return NGX_OK;
    }

    ctx->routed = 1;
    ctx->route.act = REG_ACT_NONE;
    ctx->v1 = ngx_http_registry_is_v1(r);

    rc = ngx_http_registry_path(r);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        (void) ngx_http_registry_error(r, REG_ERR_NAME_INVALID, NULL,
                                       reg_str(""));
        return NGX_OK;
    }

    rc = REG_DECLINED;

    if (ctx->v1 || !reg_path_is_v1(ngx_http_registry_str(&r->uri))) {
        rc = reg_route_parse(ngx_http_registry_method(r),
                             ngx_http_registry_str(&r->uri), &ctx->route,
                             &err);
    }

    if (rc == REG_OK) {
        return NGX_OK;
    }

    ctx->route.act = REG_ACT_NONE;

    if (r->valid_unparsed_uri
        && reg_route_plain(ngx_http_registry_str(&r->uri), &plain) == REG_OK)
    {
        ctx->err_status = NGX_HTTP_MOVED_PERMANENTLY;
        return NGX_OK;
    }

    if (rc == REG_DECLINED) {
        ctx->err_status = NGX_HTTP_NOT_FOUND;
        return NGX_OK;
    }

    return ngx_http_registry_route_error(r, ctx, err);
}


/*
 * The detail of an error is the last part of the path.  OPTIONS is not an
 * error: a browser sends it, without a token, before it lets a page of another
 * site send more than a plain GET; headers that the operator adds say what is
 * allowed.
 */

static ngx_int_t
ngx_http_registry_route_error(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_err_t err)
{
    u_char     *p, *last;
    reg_str_t   detail;

    if (err == REG_ERR_UNSUPPORTED
        && ngx_http_registry_allow(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (err == REG_ERR_UNSUPPORTED && r->method == NGX_HTTP_OPTIONS) {
        ctx->err_status = NGX_HTTP_NO_CONTENT;
        return NGX_OK;
    }

    detail = reg_str("");

    if (err == REG_ERR_DIGEST_INVALID || err == REG_ERR_TAG_INVALID
        || err == REG_ERR_MANIFEST_UNKNOWN
        || err == REG_ERR_BLOB_UPLOAD_UNKNOWN)
    {
        last = r->uri.data + r->uri.len;

        for (p = last; p > r->uri.data && p[-1] != '/'; p--) {
            /* void */
        }

        detail.data = p;
        detail.len = last - p;
    }

    (void) ngx_http_registry_error(r, err, NULL, detail);

    return NGX_OK;
}


/*
 * Redirects to the path without its final slash, as registry:2 does: with
 * every method, and before a token is required.  Nothing in the path has to be
 * escaped: all its parts are valid.
 */

static ngx_int_t
ngx_http_registry_redirect(ngx_http_request_t *r)
{
    u_char     *p;
    ngx_str_t   location;

    location.len = r->uri.len - 1;

    if (r->args.len) {
        location.len += 1 + r->args.len;
    }

    location.data = ngx_pnalloc(r->pool, location.len);
    if (location.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpymem(location.data, r->uri.data, r->uri.len - 1);

    if (r->args.len) {
        *p++ = '?';
        ngx_memcpy(p, r->args.data, r->args.len);
    }

    if (ngx_http_registry_set_header(r, "Location", &location) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* for "absolute_redirect" */

    r->headers_out.location = ngx_http_registry_find_header(r, "Location");

    return NGX_HTTP_MOVED_PERMANENTLY;
}


/* A root with variables is checked before anything is done below it. */

static ngx_int_t
ngx_http_registry_find_root(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    u_char                        *p, path[REG_ROOT_MAX + 1];
    size_t                         i;
    ngx_err_t                      err;
    ngx_int_t                      rc;
    ngx_str_t                      root;
    struct stat                    fi;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    rc = ngx_http_registry_get_root(r, &root);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rlcf->root->below.len == 0) {
        ctx->root = root;
        return NGX_OK;
    }

    if (rc == NGX_DECLINED) {

        for (i = 0; i < root.len; i++) {
            if (root.data[i] < ' ' || root.data[i] == 0x7f) {
                root.data[i] = '?';
            }
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "invalid \"registry_root\" \"%V\"", &root);

        goto unknown;
    }

    p = ngx_cpymem(path, root.data, root.len);
    *p = '\0';

    err = (stat((char *) path, &fi) == -1) ? ngx_errno : 0;

    if (err == 0 && S_ISDIR(fi.st_mode)) {
        ctx->root = root;
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                  "\"registry_root\" \"%s\" is not a directory", path);

    if (err && err != NGX_ENOENT && err != NGX_ENOTDIR
        && err != NGX_ENAMETOOLONG)
    {
        return ngx_http_registry_failure(err);
    }

unknown:

    return ngx_http_registry_no_root(r);
}


ngx_int_t
ngx_http_registry_no_root(ngx_http_request_t *r)
{
    return ngx_http_registry_error(r, REG_ERR_NAME_UNKNOWN,
                                   "no such registry", reg_str(""));
}


ngx_int_t
ngx_http_registry_get_root(ngx_http_request_t *r, ngx_str_t *value)
{
    size_t                         i;
    ngx_uint_t                     slashes;
    ngx_http_registry_root_t      *root;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    root = rlcf->root;

    if (root == NULL) {
        ngx_str_null(value);
        return NGX_OK;
    }

    if (root->below.len == 0) {
        *value = root->value.value;
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, &root->value, value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!reg_root_is_below(ngx_http_registry_str(value),
                           ngx_http_registry_str(&root->below)))
    {
        return NGX_DECLINED;
    }

    if (root->slashes == 0) {
        return NGX_OK;
    }

    /* a variable is (a part of) a single name, and not empty */

    slashes = 0;

    for (i = 0; i < value->len; i++) {
        slashes += (value->data[i] == '/');
    }

    return (slashes == root->slashes && value->len > root->literal)
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_registry_switches(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    const char                    *message;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (ctx->v1 && !ngx_http_registry_v1_is_of_store(ctx)) {
        return NGX_OK;
    }

    if (rlcf->readonly && !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        message = "the registry is read-only";

    } else if (!rlcf->delete && ctx->route.right == REG_RIGHT_DELETE) {
        message = "deletes are disabled";

    } else {
        return NGX_OK;
    }

    if (ngx_http_registry_allow(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_registry_error(r, REG_ERR_UNSUPPORTED, message,
                                   reg_str(""));
}


/* The header of a 405, and of the answer to OPTIONS. */

static ngx_int_t
ngx_http_registry_allow(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_str_t                      allow;
    reg_allow_t                    which;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    which = rlcf->readonly ? REG_ALLOW_READING
            : rlcf->delete ? REG_ALLOW_ALL : REG_ALLOW_KEEPING;

    allow.data = (u_char *) reg_path_allow(ctx->route.kind, which);
    allow.len = ngx_strlen(allow.data);

    return ngx_http_registry_set_header(r, "Allow", &allow);
}


static ngx_uint_t
ngx_http_registry_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
        return REG_M_GET;

    case NGX_HTTP_HEAD:
        return REG_M_HEAD;

    case NGX_HTTP_POST:
        return REG_M_POST;

    case NGX_HTTP_PUT:
        return REG_M_PUT;

    case NGX_HTTP_PATCH:
        return REG_M_PATCH;

    case NGX_HTTP_DELETE:
        return REG_M_DELETE;

    default:
        return 0;
    }
}


/*
 * nginx chose the location after it had merged slashes and resolved dots; only
 * a path that needed none of this is accepted.
 */

static ngx_int_t
ngx_http_registry_path(ngx_http_request_t *r)
{
    u_char      *p, *last, *dst;
    size_t       n;
    reg_str_t    path;
    ngx_uint_t   escaped;

    if (!r->valid_unparsed_uri) {

        /* the operator has rewritten it */

        return NGX_OK;
    }

    if (r->unparsed_uri.len == r->uri.len
        && ngx_memcmp(r->unparsed_uri.data, r->uri.data, r->uri.len) == 0
        && memchr(r->uri.data, '%', r->uri.len) == NULL)
    {
        return NGX_OK;
    }

    escaped = 0;
    last = r->unparsed_uri.data + r->unparsed_uri.len;

    for (p = r->unparsed_uri.data; p < last; p++) {

        if (*p == '?' || *p == '#') {
            break;
        }

        if (*p != '%') {
            continue;
        }

        escaped = 1;

        if (last - p >= 3 && p[1] == '2' && ngx_tolower(p[2]) == 'f') {
            return NGX_DECLINED;
        }
    }

    path.data = r->unparsed_uri.data;
    path.len = p - path.data;

    if (escaped) {
        dst = ngx_pnalloc(r->pool, path.len);
        if (dst == NULL) {
            return NGX_ERROR;
        }

        if (reg_percent_decode(path, false, dst, path.len, &n) != REG_OK) {
            return NGX_DECLINED;
        }

        path.data = dst;
        path.len = n;
    }

    return reg_str_eq(path, ngx_http_registry_str(&r->uri)) ? NGX_OK
                                                            : NGX_DECLINED;
}


static ngx_int_t
ngx_http_registry_precontent_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (!rlcf->enable || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_registry_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->v1) {
        rc = ngx_http_registry_v1_content(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    switch (ctx->route.act) {

    case REG_ACT_MANIFEST_GET:
    case REG_ACT_MANIFEST_HEAD:
    case REG_ACT_BLOB_GET:
    case REG_ACT_BLOB_HEAD:

        if (rlcf->store.len) {

            /* a worker finds it in the bucket */

            ngx_http_registry_store_keep_tag(ctx);
            break;
        }

        /* fall through */

    case REG_ACT_BASE:
        ctx->handler = r->content_handler;
        r->content_handler = ngx_http_registry_content_handler;
        return NGX_DECLINED;

    default:
        break;
    }

    if (r->content_handler == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no \"fastcgi_pass\" for a registry request");

        return ngx_http_registry_error(r, REG_ERR_UNAVAILABLE, NULL,
                                       reg_str(""));
    }

    if (ngx_http_registry_is_upload(r, ctx)) {
        return ngx_http_registry_upload_open(r, ctx);
    }

    if (ctx->route.act == REG_ACT_UPLOAD_STATUS) {
        return ngx_http_registry_upload_status(r, ctx);
    }

    return NGX_DECLINED;
}


ngx_uint_t
ngx_http_registry_has_body(ngx_http_request_t *r)
{
    return r->headers_in.content_length_n > 0 || r->headers_in.chunked;
}


ngx_http_registry_ctx_t *
ngx_http_registry_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_registry_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_get_module_ctx(r, ngx_http_registry_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        /*
         * if module context was reset, it can still be found
         * in the cleanup handler
         */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_registry_cleanup) {
                ctx = cln->data;
                ngx_http_set_ctx(r, ctx, ngx_http_registry_module);
                break;
            }
        }
    }

    return ctx;
}


ngx_http_registry_ctx_t *
ngx_http_registry_add_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t       *cln;
    ngx_http_registry_ctx_t  *ctx;

    r = r->main;

    ctx = ngx_http_registry_get_ctx(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_registry_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_registry_ctx_t));

    ctx->route.act = REG_ACT_NONE;

    cln->handler = ngx_http_registry_cleanup;
    ngx_http_set_ctx(r, ctx, ngx_http_registry_module);

    return ctx;
}


static void
ngx_http_registry_cleanup(void *data)
{
    /* it is only there to be found */
}


static void *
ngx_http_registry_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_registry_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_registry_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->shm_zone = NULL;
     *     conf->zone_name = { 0, NULL };
     *     conf->zone_size = 0;
     *     conf->used = 0;
     *     conf->pulls = 0;
     */

    conf->pulls_interval = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&conf->askers, cf->pool, 4,
                       sizeof(ngx_http_registry_place_t))
        != NGX_OK
        || ngx_array_init(&conf->leaders, cf->pool, 4,
                          sizeof(ngx_http_registry_place_t))
           != NGX_OK
        || ngx_array_init(&conf->caches, cf->pool, 4,
                          sizeof(ngx_http_registry_place_t))
           != NGX_OK)
    {
        return NULL;
    }

    return conf;
}


static char *
ngx_http_registry_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_registry_main_conf_t *rmcf = conf;

    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_loc_conf_t  *rlcf;

    if (rmcf->zone_name.data == NULL) {
        ngx_str_set(&rmcf->zone_name, "registry");
        rmcf->zone_size = 16 * 1024 * 1024;
    }

    ngx_conf_init_msec_value(rmcf->pulls_interval, 10000);

    if (rmcf->pulls_interval < 100) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_pulls_interval\" must be 100ms or "
                           "more");
        return NGX_CONF_ERROR;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    rlcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_registry_module);

    rlcf->error_pages = clcf->error_pages;

    return NGX_CONF_OK;
}


static void *
ngx_http_registry_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_registry_srv_conf_t));
}


static void *
ngx_http_registry_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_registry_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_registry_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->verdict = { 0, NULL };
     *     conf->index = { 0, NULL };
     *     conf->layers = { 0, NULL };
     *     conf->store = { 0, NULL };
     *     conf->store_pass = { 0, NULL };
     *     conf->store_min = 0;
     *     conf->store_valid = 0;
     *     conf->error_pages = NULL;
     *     conf->v1 = 0;
     *     conf->metrics = 0;
     *     conf->has_pages = 0;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->readonly = NGX_CONF_UNSET;
    conf->delete = NGX_CONF_UNSET;
    conf->manifest_urls = NGX_CONF_UNSET;
    conf->sparse = NGX_CONF_UNSET_UINT;
    conf->immutable_tags = NGX_CONF_UNSET_PTR;
    conf->upload_expiry = NGX_CONF_UNSET;
    conf->events = NGX_CONF_UNSET;
    conf->events_size = NGX_CONF_UNSET;
    conf->pulls = NGX_CONF_UNSET;
    conf->url = NGX_CONF_UNSET_PTR;
    conf->root = NGX_CONF_UNSET_PTR;
    conf->realm = NGX_CONF_UNSET_PTR;
    conf->service = NGX_CONF_UNSET_PTR;
    conf->verdict_keys = NGX_CONF_UNSET_PTR;
    conf->redirect = NGX_CONF_UNSET_PTR;
    conf->edges = NGX_CONF_UNSET_PTR;
    conf->edge = NGX_CONF_UNSET_PTR;
    conf->verdict_valid = NGX_CONF_UNSET_MSEC;
    conf->cache_control = NGX_CONF_UNSET_UINT;
    conf->manifest_size = NGX_CONF_UNSET;
    conf->manifest_cache = NGX_CONF_UNSET_SIZE;
    conf->link_cache = NGX_CONF_UNSET_UINT;
    conf->store_redirect = NGX_CONF_UNSET_PTR;
    conf->store_proxy = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_http_registry_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_registry_loc_conf_t *prev = parent;
    ngx_http_registry_loc_conf_t *conf = child;

    ngx_http_registry_main_conf_t  *rmcf;

    if (conf->metrics && conf->enable == NGX_CONF_UNSET) {
        conf->enable = 0;
    }

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_value(conf->readonly, prev->readonly, 0);
    ngx_conf_merge_value(conf->delete, prev->delete, 1);
    ngx_conf_merge_value(conf->manifest_urls, prev->manifest_urls, 1);
    ngx_conf_merge_uint_value(conf->sparse, prev->sparse,
                              NGX_HTTP_REGISTRY_SPARSE_OFF);
    ngx_conf_merge_ptr_value(conf->immutable_tags, prev->immutable_tags,
                             NULL);
    ngx_conf_merge_sec_value(conf->upload_expiry, prev->upload_expiry,
                             7 * 24 * 60 * 60);

    /* the worker has the defaults */

    ngx_conf_merge_value(conf->events, prev->events, NGX_CONF_UNSET);
    ngx_conf_merge_off_value(conf->events_size, prev->events_size,
                             NGX_CONF_UNSET);
    ngx_conf_merge_value(conf->pulls, prev->pulls, 0);
    ngx_conf_merge_ptr_value(conf->url, prev->url, NULL);

    ngx_conf_merge_ptr_value(conf->root, prev->root, NULL);
    ngx_conf_merge_ptr_value(conf->realm, prev->realm, NULL);
    ngx_conf_merge_ptr_value(conf->service, prev->service, NULL);
    ngx_conf_merge_str_value(conf->verdict, prev->verdict, "");
    ngx_conf_merge_ptr_value(conf->verdict_keys, prev->verdict_keys, NULL);
    ngx_conf_merge_msec_value(conf->verdict_valid, prev->verdict_valid, 5000);

    /* the default depends on the location's registry_realm */

    ngx_conf_merge_uint_value(conf->cache_control, prev->cache_control,
                              NGX_CONF_UNSET_UINT);

    ngx_conf_merge_off_value(conf->manifest_size, prev->manifest_size,
                             4 * 1024 * 1024);
    ngx_conf_merge_size_value(conf->manifest_cache, prev->manifest_cache,
                              16 * 1024);
    ngx_conf_merge_uint_value(conf->link_cache, prev->link_cache,
                              NGX_HTTP_REGISTRY_LINKS_AUTO);

    if (conf->redirect == NGX_CONF_UNSET_PTR) {
        conf->redirect_min = prev->redirect_min;
        conf->redirect_valid = prev->redirect_valid;
    }

    ngx_conf_merge_ptr_value(conf->redirect, prev->redirect, NULL);
    ngx_conf_merge_ptr_value(conf->edges, prev->edges, NULL);
    ngx_conf_merge_ptr_value(conf->edge, prev->edge, NULL);

    ngx_conf_merge_str_value(conf->index, prev->index, "");
    ngx_conf_merge_str_value(conf->layers, prev->layers, "");

    ngx_http_registry_merge_store(prev, conf);

    if (conf->store_proxy == NGX_CONF_UNSET) {
        conf->store_proxy = 0;
    }

    if (conf->store_proxy) {
        conf->enable = 0;

        if (ngx_http_registry_undo_filters(cf) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_registry_module);

    if (conf->metrics) {
        rmcf->used = 1;
    }

    ngx_http_registry_error_pages(cf, prev, conf);

    if (ngx_http_registry_passes(cf, "ngx_http_memcached_module")
        && ngx_http_registry_add_place(cf, &rmcf->caches, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    rmcf->used = 1;

    ngx_http_registry_set_v1(cf, prev, conf);

    return ngx_http_registry_check(cf, conf);
}


/*
 * An inherited error_page is meant for people, and would replace the errors
 * that clients read.
 */

static void
ngx_http_registry_error_pages(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *prev, ngx_http_registry_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* as nginx merged them, before some are removed here */

    conf->error_pages = clcf->error_pages;

    if ((!conf->enable && !conf->store_proxy) || conf->error_pages == NULL) {
        return;
    }

    if (conf->error_pages == prev->error_pages) {
        conf->has_pages = clcf->noname && prev->has_pages;

    } else if (clcf->noname || ngx_http_registry_is_location(cf)) {
        conf->has_pages = 1;

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"error_page\" hides the errors that clients of "
                           "a registry read");
    }

    if (!conf->has_pages) {
        clcf->error_pages = NULL;
    }
}


static char *
ngx_http_registry_check(ngx_conf_t *cf, ngx_http_registry_loc_conf_t *conf)
{
    ngx_http_registry_main_conf_t  *rmcf;

    if (conf->root == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry\" is on, but no \"registry_root\" "
                           "is set");
        return NGX_CONF_ERROR;
    }

    if (conf->events_size != NGX_CONF_UNSET
        && conf->events_size < 1024 * 1024)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_events_size\" must be 1m or more");
        return NGX_CONF_ERROR;
    }

    if (conf->pulls && conf->events != 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_pulls\" is on, but without "
                           "\"registry_events on\" the counts are not "
                           "delivered");
        return NGX_CONF_ERROR;
    }

    if (conf->pulls) {
        rmcf = ngx_http_conf_get_module_main_conf(cf,
                                                  ngx_http_registry_module);
        rmcf->pulls = 1;
    }

    /* elsewhere 0 is "no limit"; here it would refuse every manifest */
    if (conf->manifest_size == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_manifest_size\" must be more than 0");
        return NGX_CONF_ERROR;
    }

    if (conf->manifest_cache > NGX_HTTP_REGISTRY_MANIFEST_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_manifest_cache\" must be 64k or less");
        return NGX_CONF_ERROR;
    }

    if ((conf->realm == NULL) != (conf->verdict.len == 0)
        || (conf->service == NULL) != (conf->verdict.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_realm\", \"registry_service\" and "
                           "\"registry_verdict\" must be set together");
        return NGX_CONF_ERROR;
    }

    if (conf->realm && conf->realm->lengths == NULL
        && !reg_realm_is_valid(ngx_http_registry_str(&conf->realm->value)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_realm\" must be a URL with a host, "
                           "as https://registry.example.com/token, not \"%V\"",
                           &conf->realm->value);
        return NGX_CONF_ERROR;
    }

    if (conf->service && conf->service->lengths == NULL
        && !reg_service_is_valid(
                              ngx_http_registry_str(&conf->service->value)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid \"registry_service\" \"%V\"",
                           &conf->service->value);
        return NGX_CONF_ERROR;
    }

    if (conf->root->below.len && conf->service
        && conf->service->lengths == NULL)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"registry_root\" has variables and "
                           "\"registry_service\" has none: a token for one "
                           "root is valid for all of them");
    }

    if (conf->verdict.len && conf->verdict.data[0] != '/') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_verdict\" must be an internal "
                           "location, not \"%V\"", &conf->verdict);
        return NGX_CONF_ERROR;
    }

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_registry_module);

    if (conf->verdict.len
        && ngx_http_registry_add_place(cf, &rmcf->askers, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if ((conf->index.len || conf->layers.len || conf->store.len)
        && ngx_http_registry_add_place(cf, &rmcf->leaders, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_registry_check_redirect(cf, conf) != NGX_CONF_OK
        || ngx_http_registry_check_store(cf, conf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_registry_check_core(cf, conf);
}


static char *
ngx_http_registry_check_core(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf)
{
    ngx_http_upstream_conf_t  *ucf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_fastcgi_module);

    if (ngx_http_registry_is_location(cf)
        && (clcf->handler == NULL || conf->metrics))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry\" is on in location \"%V\", but "
                           "it has no \"fastcgi_pass\"", &clcf->name);
        return NGX_CONF_ERROR;
    }

    if ((clcf->noname || ngx_http_registry_is_location(cf))
        && ngx_http_registry_check_conflicts(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ucf->request_buffering == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"fastcgi_request_buffering\" must not be off "
                           "where \"registry\" is on");
        return NGX_CONF_ERROR;
    }

    if (ucf->pass_request_body == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"fastcgi_pass_request_body\" must not be off "
                           "where \"registry\" is on");
        return NGX_CONF_ERROR;
    }

    if (clcf->client_max_body_size == NGX_HTTP_REGISTRY_BODY_DEFAULT) {
        clcf->client_max_body_size = 0;
    }

    if (clcf->client_max_body_size) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "layers of more than %O bytes will be refused, "
                           "\"client_max_body_size\" should be 0 "
                           "where \"registry\" is on",
                           clcf->client_max_body_size);
    }

    if (conf->v1 && !clcf->named && !clcf->noname && !conf->readonly
        && conf->layers.len == 0)
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "without \"registry_layers\" layers cannot be "
                           "pushed to location \"%V\"", &clcf->name);
    }

    if (conf->verdict.len && clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "with \"satisfy any\" a client that passes another "
                           "check needs no token");
    }

#if (NGX_HTTP_CACHE)

    if (ucf->cache) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"fastcgi_cache\" returns outdated lists, and "
                           "those of other accounts");
    }

#endif

    /* how much nginx writes to an upload at once */

    if (clcf->client_body_buffer_size == NGX_HTTP_REGISTRY_BUFFER_DEFAULT) {
        clcf->client_body_buffer_size = NGX_HTTP_REGISTRY_BUFFER;
    }

    if (clcf->max_ranges == NGX_MAX_INT32_VALUE) {
        clcf->max_ranges = NGX_HTTP_REGISTRY_RANGES;
    }

    return NGX_CONF_OK;
}


/* False for the server itself and for what "if" and "limit_except" make. */

static ngx_uint_t
ngx_http_registry_is_location(ngx_conf_t *cf)
{
    void                      **loc_conf;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_core_srv_conf_t   *cscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    loc_conf = cscf->ctx->loc_conf;

    return !clcf->noname && clcf != loc_conf[ngx_http_core_module.ctx_index];
}


static char *
ngx_http_registry_root(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    char                              *rv;
    ngx_str_t                         *value;
    ngx_http_registry_root_t          *root;
    ngx_http_compile_complex_value_t   ccv;

    if (rlcf->root != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    root = ngx_pcalloc(cf->pool, sizeof(ngx_http_registry_root_t));
    if (root == NULL) {
        return NGX_CONF_ERROR;
    }

    rlcf->root = root;

    if (cf->args->nelts == 3) {
        rv = ngx_http_registry_below(cf, root);

    } else if (ngx_http_script_variables_count(&value[1])) {
        rv = ngx_http_registry_prefix(cf, root);

    } else {
        root->value.value = value[1];
        return ngx_http_registry_directory(cf, &root->value.value);
    }

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = &root->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_registry_directory(ngx_conf_t *cf, ngx_str_t *path)
{
    if (path->len == 0) {
        return "is empty";
    }

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (path->len > 1 && path->data[path->len - 1] == '/') {
        path->len--;
    }

    if (!reg_root_is_valid(ngx_http_registry_str(path))) {
        return "is \"/\", too long, or has \"..\" in it";
    }

    return NGX_CONF_OK;
}


/* The whole path is in variables, and its directory in "below=". */

static char *
ngx_http_registry_below(ngx_conf_t *cf, ngx_http_registry_root_t *root)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strncmp(value[2].data, "below=", 6) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (value[1].data[0] != '$') {
        return "has \"below\", but does not begin with a variable";
    }

    root->below.data = value[2].data + 6;
    root->below.len = value[2].len - 6;

    if (ngx_http_script_variables_count(&root->below)) {
        return "must have no variables in \"below\"";
    }

    return ngx_http_registry_directory(cf, &root->below);
}


/*
 * The directory is the part before the first variable, to the last slash.
 * Each variable is (a part of) a single name, as the path has no more slashes
 * than are written here.
 */

static char *
ngx_http_registry_prefix(ngx_conf_t *cf, ngx_http_registry_root_t *root)
{
    u_char     *p, *last;
    ngx_str_t  *value, path;

    value = cf->args->elts;

    path = value[1];

    while (path.len > 1 && path.data[path.len - 1] == '/') {
        path.len--;
    }

    /* without the slashes at its end also where it is compiled */

    path.data[path.len] = '\0';
    value[1] = path;

    if (path.data[0] == '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_root\" begins with a variable: "
                           "write \"registry_root %V below=/directory\", "
                           "with the directory that all roots are in",
                           &path);
        return NGX_CONF_ERROR;
    }

    last = path.data + path.len;

    for (p = path.data; *p != '$'; p++) {
        if (*p == '/') {
            root->below.len = p - path.data;
        }
    }

    root->below.data = path.data;

    if (!reg_root_is_below(ngx_http_registry_str(&path),
                           ngx_http_registry_str(&root->below)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_root\" \"%V\" must begin with a "
                           "directory, as \"/var/lib/registry/$host\" does, "
                           "and have plain names in it", &path);
        return NGX_CONF_ERROR;
    }

    for (p = path.data; p < last; p++) {

        if (*p == '/') {
            root->slashes++;
        }

        if (*p != '$') {
            root->literal++;
            continue;
        }

        if (p[1] == '{') {
            p = (u_char *) ngx_strchr(p, '}');

            if (p == NULL) {
                break;
            }

            continue;
        }

        while (p + 1 < last
               && (p[1] == '_'
                   || (p[1] >= '0' && p[1] <= '9')
                   || (ngx_tolower(p[1]) >= 'a' && ngx_tolower(p[1]) <= 'z')))
        {
            p++;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_registry_immutable_tags(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    ngx_str_t                         *value;
    ngx_http_complex_value_t          *cv;
    ngx_http_compile_complex_value_t   ccv;

    if (rlcf->immutable_tags != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        rlcf->immutable_tags = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty pattern, which would match every tag";
    }

    cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cv->lengths == NULL
        && ngx_http_registry_pattern(cf, &cv->value) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    rlcf->immutable_tags = cv;

    return NGX_CONF_OK;
}


/* The worker compiles it again; here an operator sees a mistake early. */

static ngx_int_t
ngx_http_registry_pattern(ngx_conf_t *cf, ngx_str_t *pattern)
{
#if (NGX_PCRE)
    u_char               errstr[NGX_MAX_CONF_ERRSTR];
    ngx_regex_compile_t  rc;
#endif

    if (pattern->len > NGX_HTTP_REGISTRY_PATTERN_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_immutable_tags\" is too long");
        return NGX_ERROR;
    }

#if (NGX_PCRE)

    ngx_memzero(&rc, sizeof(ngx_regex_compile_t));

    rc.pattern = *pattern;
    rc.pool = cf->pool;
    rc.err.len = NGX_MAX_CONF_ERRSTR;
    rc.err.data = errstr;

    if (ngx_regex_compile(&rc) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V", &rc.err);
        return NGX_ERROR;
    }

#endif

    return NGX_OK;
}


static char *
ngx_http_registry_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_registry_main_conf_t *rmcf = conf;

    u_char     *p;
    ngx_str_t  *value, s;

    if (rmcf->zone_name.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = (u_char *) ngx_strchr(value[1].data, ':');

    if (p == NULL || p == value[1].data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rmcf->zone_name.data = value[1].data;
    rmcf->zone_name.len = p - value[1].data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    rmcf->zone_size = ngx_parse_size(&s);

    if (rmcf->zone_size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (rmcf->zone_size < (ssize_t) (32 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too small", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_registry_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    if (rlcf->metrics) {
        return "is duplicate";
    }

    rlcf->metrics = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_registry_metrics_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_registry_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt            *h;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_registry_main_conf_t  *rmcf;

    rmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_registry_module);

    if (!rmcf->used) {
        return NGX_OK;
    }

    ngx_http_registry_check_keys(cf, rmcf);
    ngx_http_registry_check_services(cf, rmcf);
    ngx_http_registry_check_locations(cf);

    if (ngx_http_registry_check_leaders(cf, rmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_registry_add_zone(cf, rmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_registry_preaccess_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_registry_access_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_registry_precontent_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_registry_log_handler;

    if (ngx_http_registry_upload_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_registry_error_init(cf);
}


static ngx_int_t
ngx_http_registry_init_process(ngx_cycle_t *cycle)
{
    if (ngx_process == NGX_PROCESS_WORKER || ngx_process == NGX_PROCESS_SINGLE)
    {
        ngx_http_registry_zone_reset(cycle);
    }

    ngx_http_registry_directory_init();

    return ngx_http_registry_pull_init(cycle);
}
