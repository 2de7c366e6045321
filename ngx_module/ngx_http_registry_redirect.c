
/*
 * Blobs that another registry sends: a client is redirected to an edge with a
 * signature, which the edge accepts instead of a token.
 */


#include "ngx_http_registry_module.h"

#include "common/redirect.h"


#define NGX_HTTP_REGISTRY_REDIRECT_MIN    (1024 * 1024)
#define NGX_HTTP_REGISTRY_REDIRECT_VALID  600
#define NGX_HTTP_REGISTRY_REDIRECT_MAX    86400

#define NGX_HTTP_REGISTRY_REDIRECT_ARG    "slipway"


static ngx_uint_t ngx_http_registry_is_redirected(ngx_http_request_t *r,
    ngx_str_t *signature);
static ngx_int_t ngx_http_registry_refuse(ngx_http_request_t *r,
    const char *message);
static void ngx_http_registry_signed(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *edge, reg_redirect_t *redirect);
static ngx_http_registry_edge_t *ngx_http_registry_find_edge(
    ngx_array_t *edges, ngx_str_t *name);
static ngx_int_t ngx_http_registry_location(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_edge_t *edge,
    ngx_str_t *location);
static char *ngx_http_registry_redirect_param(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *rlcf, ngx_str_t *value);
static char *ngx_http_registry_load_edge(ngx_conf_t *cf,
    ngx_http_registry_edge_t *edge, ngx_str_t *file);


/*
 * True where the client comes with a signature.  Whatever else it sends to
 * identify itself is forgotten: a token or a password is not for this host.
 */

static ngx_uint_t
ngx_http_registry_is_redirected(ngx_http_request_t *r, ngx_str_t *signature)
{
    ngx_table_elt_t               *h;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->edge == NULL
        || ngx_http_arg(r->main, (u_char *) NGX_HTTP_REGISTRY_REDIRECT_ARG,
                        sizeof(NGX_HTTP_REGISTRY_REDIRECT_ARG) - 1, signature)
           != NGX_OK)
    {
        return 0;
    }

    h = r->main->headers_in.authorization;

    if (h) {
        h->value.len = 0;
        r->main->headers_in.authorization = NULL;
    }

    return 1;
}


ngx_uint_t
ngx_http_registry_has_signature(ngx_http_request_t *r)
{
    ngx_str_t  signature;

    return ngx_http_registry_is_redirected(r, &signature);
}


ngx_int_t
ngx_http_registry_edge_access(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    int                            rc;
    ngx_str_t                      signature, *keys;
    ngx_uint_t                     i;
    reg_redirect_t                 redirect;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (!ngx_http_registry_is_redirected(r, &signature)) {

        if (rlcf->verdict.len) {
            return NGX_DECLINED;
        }

        return ngx_http_registry_refuse(r, "this registry only serves blobs "
                                        "to which another one redirects");
    }

    ctx->redirected = 1;

    if (ctx->route.act != REG_ACT_BLOB_GET) {
        return ngx_http_registry_refuse(r, "the redirect is for another "
                                        "request");
    }

    ngx_http_registry_signed(r, ctx, &rlcf->edge->name, &redirect);

    rc = REG_ERROR;
    keys = rlcf->edge->keys->elts;

    for (i = 0; i < rlcf->edge->keys->nelts && rc == REG_ERROR; i++) {
        rc = reg_redirect_check(ngx_http_registry_str(&signature), &redirect,
                                ngx_time(), ngx_http_registry_str(&keys[i]));
    }

    switch (rc) {

    case REG_OK:
        return NGX_OK;

    case REG_DECLINED:
        return ngx_http_registry_refuse(r, "the redirect has expired");

    default:
        return ngx_http_registry_refuse(r, "the redirect is for another "
                                        "request");
    }
}


static ngx_int_t
ngx_http_registry_refuse(ngx_http_request_t *r, const char *message)
{
    return ngx_http_registry_error(r, REG_ERR_DENIED, message,
                                   reg_str(""));
}


/* What is signed here is what an edge checks. */

static void
ngx_http_registry_signed(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    ngx_str_t *edge, reg_redirect_t *redirect)
{
    redirect->edge = ngx_http_registry_str(edge);
    redirect->method = reg_str("GET");
    redirect->repository = ctx->route.name;
    redirect->digest = ctx->route.reference;
}


ngx_int_t
ngx_http_registry_redirect_blob(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, off_t size)
{
    ngx_int_t                      rc;
    ngx_str_t                      name, location;
    ngx_http_registry_edge_t      *edge;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->redirect == NULL || ctx->route.act != REG_ACT_BLOB_GET
        || ctx->redirected || size < rlcf->redirect_min)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_complex_value(r, rlcf->redirect, &name) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (name.len == 0) {
        return NGX_DECLINED;
    }

    edge = ngx_http_registry_find_edge(rlcf->edges, &name);

    if (edge == NULL) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "\"%V\" in \"registry_redirect\" is not a "
                      "\"registry_redirect_edge\"", &name);
        return NGX_DECLINED;
    }

    rc = ngx_http_registry_location(r, ctx, edge, &location);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? rc : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_registry_add_header(r, "Location", &location) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_TEMPORARY_REDIRECT;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


static ngx_http_registry_edge_t *
ngx_http_registry_find_edge(ngx_array_t *edges, ngx_str_t *name)
{
    ngx_uint_t                 i;
    ngx_http_registry_edge_t  *edge;

    edge = edges->elts;

    for (i = 0; i < edges->nelts; i++) {

        if (edge[i].name.len == name->len
            && ngx_memcmp(edge[i].name.data, name->data, name->len) == 0)
        {
            return &edge[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_registry_location(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_edge_t *edge,
    ngx_str_t *location)
{
    int                            n;
    char                           buf[REG_REDIRECT_MAX];
    u_char                        *p;
    ngx_str_t                     *keys;
    reg_redirect_t                 redirect;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    keys = edge->keys->elts;

    ngx_http_registry_signed(r, ctx, &edge->name, &redirect);

    n = reg_redirect_sign(buf, sizeof(buf), &redirect,
                          ngx_time() + rlcf->redirect_valid,
                          ngx_http_registry_str(&keys[0]));
    if (n == REG_ERROR) {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(r->pool, edge->url.len + ctx->route.name.len
                             + ctx->route.reference.len + n
                             + sizeof("/v2//blobs/?"
                                      NGX_HTTP_REGISTRY_REDIRECT_ARG "="));
    if (p == NULL) {
        return NGX_ERROR;
    }

    location->data = p;

    p = ngx_cpymem(p, edge->url.data, edge->url.len);
    p = ngx_cpymem(p, "/v2/", sizeof("/v2/") - 1);
    p = ngx_cpymem(p, ctx->route.name.data, ctx->route.name.len);
    p = ngx_cpymem(p, "/blobs/", sizeof("/blobs/") - 1);
    p = ngx_cpymem(p, ctx->route.reference.data, ctx->route.reference.len);
    p = ngx_cpymem(p, "?" NGX_HTTP_REGISTRY_REDIRECT_ARG "=",
                   sizeof("?" NGX_HTTP_REGISTRY_REDIRECT_ARG "=") - 1);
    p = ngx_cpymem(p, buf, n);

    location->len = p - location->data;

    return NGX_OK;
}


/* configuration */


char *
ngx_http_registry_redirect_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    char                              *rv;
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_compile_complex_value_t   ccv;

    if (rlcf->redirect != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rlcf->redirect_min = NGX_HTTP_REGISTRY_REDIRECT_MIN;
    rlcf->redirect_valid = NGX_HTTP_REGISTRY_REDIRECT_VALID;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_registry_redirect_param(cf, rlcf, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (ngx_strcmp(value[1].data, "off") == 0) {
        rlcf->redirect = NULL;
        return NGX_CONF_OK;
    }

    rlcf->redirect = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (rlcf->redirect == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = rlcf->redirect;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


static char *
ngx_http_registry_redirect_param(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *rlcf, ngx_str_t *value)
{
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "min=", 4) == 0) {
        s.data = value->data + 4;
        s.len = value->len - 4;

        rlcf->redirect_min = ngx_parse_offset(&s);

        if (rlcf->redirect_min != NGX_ERROR) {
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(value->data, "valid=", 6) == 0) {
        s.data = value->data + 6;
        s.len = value->len - 6;

        rlcf->redirect_valid = ngx_parse_time(&s, 1);

        if (rlcf->redirect_valid >= 1
            && rlcf->redirect_valid <= NGX_HTTP_REGISTRY_REDIRECT_MAX)
        {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of \"registry_redirect\": "
                       "min=SIZE, or valid=TIME of 1s to 1d", value);

    return NGX_CONF_ERROR;
}


char *
ngx_http_registry_redirect_edge(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    size_t                     skip;
    ngx_str_t                 *value, name;
    ngx_http_registry_edge_t  *edge;

    value = cf->args->elts;

    skip = (ngx_strncmp(value[1].data, "https://", 8) == 0) ? 8
           : (ngx_strncmp(value[1].data, "http://", 7) == 0) ? 7 : 0;

    name.data = value[1].data + skip;
    name.len = value[1].len - skip;

    if (skip == 0 || !reg_redirect_edge_is_valid(ngx_http_registry_str(&name)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_redirect_edge\" must be a URL without "
                           "a path, as https://edge.example:5000, not \"%V\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (rlcf->edges == NGX_CONF_UNSET_PTR) {
        rlcf->edges = ngx_array_create(cf->pool, 4,
                                       sizeof(ngx_http_registry_edge_t));
        if (rlcf->edges == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_registry_find_edge(rlcf->edges, &name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"registry_redirect_edge\" \"%V\"",
                           &name);
        return NGX_CONF_ERROR;
    }

    edge = ngx_array_push(rlcf->edges);
    if (edge == NULL) {
        return NGX_CONF_ERROR;
    }

    edge->name = name;
    edge->url = value[1];

    return ngx_http_registry_load_edge(cf, edge, &value[2]);
}


char *
ngx_http_registry_own_edge(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    ngx_str_t  *value;

    if (rlcf->edge != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (!reg_redirect_edge_is_valid(ngx_http_registry_str(&value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_edge\" must be the host, or host:port, "
                           "by which \"registry_redirect_edge\" names this "
                           "registry, not \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    rlcf->edge = ngx_pcalloc(cf->pool, sizeof(ngx_http_registry_edge_t));
    if (rlcf->edge == NULL) {
        return NGX_CONF_ERROR;
    }

    rlcf->edge->name = value[1];

    return ngx_http_registry_load_edge(cf, rlcf->edge, &value[2]);
}


static char *
ngx_http_registry_load_edge(ngx_conf_t *cf, ngx_http_registry_edge_t *edge,
    ngx_str_t *file)
{
    edge->keys = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));

    if (edge->keys == NULL
        || ngx_http_registry_load_keys(cf, file, edge->keys) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_registry_check_redirect(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf)
{
    if (conf->redirect == NULL) {
        return NGX_CONF_OK;
    }

    if (conf->edges == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_redirect\" is set, but no "
                           "\"registry_redirect_edge\"");
        return NGX_CONF_ERROR;
    }

    if (conf->redirect->lengths == NULL
        && ngx_http_registry_find_edge(conf->edges, &conf->redirect->value)
           == NULL)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_redirect\" \"%V\" is not a "
                           "\"registry_redirect_edge\"",
                           &conf->redirect->value);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
