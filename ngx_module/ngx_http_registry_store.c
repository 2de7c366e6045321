
/*
 * A store in a bucket: "registry_store" names it, a worker finds its content
 * and signs a URL, and a location with "registry_store_proxy" gets it from
 * there.
 */


#include "ngx_http_registry_module.h"


/* in seconds */

#define NGX_HTTP_REGISTRY_STORE_VALID      1200
#define NGX_HTTP_REGISTRY_STORE_VALID_MAX  604800

/* a redirect costs more than so many bytes */

#define NGX_HTTP_REGISTRY_STORE_MIN        65536


static u_char *ngx_http_registry_store_log(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static ngx_int_t ngx_http_registry_store_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);
static ngx_uint_t ngx_http_registry_store_leaks(ngx_conf_t *cf,
    ngx_http_core_loc_conf_t *clcf);
static ngx_uint_t ngx_http_registry_store_hides(ngx_table_elt_t *h);
static char *ngx_http_registry_store_param(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *rlcf, ngx_str_t *value);


/* what a client may see of the store's answer; nginx sends the rest itself */

static ngx_str_t  ngx_http_registry_store_headers[] = {
    ngx_string("Content-Range"),
    ngx_string("Accept-Ranges"),
    ngx_null_string
};


/*
 * The location of the store: the answer of the worker, which has led here, is
 * still there, and says where the content is.
 */

ngx_int_t
ngx_http_registry_store_enter(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    u_char     *p, *last;
    ngx_str_t   size;

    if (ctx == NULL
        || ctx->route.act != REG_ACT_BLOB_GET
        || ngx_http_registry_store_header(r, "X-Registry-Store-URL",
                                          &ctx->store_url)
           != NGX_OK
        || ngx_http_registry_store_header(r, "X-Registry-Store-Size", &size)
           != NGX_OK
        || ngx_http_registry_store_header(r, "Docker-Content-Digest",
                                          &ctx->digest)
           != NGX_OK)
    {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx->store_size = ngx_atoof(size.data, size.len);

    last = ctx->store_url.data + ctx->store_url.len;

    p = ngx_strnstr(ctx->store_url.data, "://", ctx->store_url.len);

    if (p == NULL || ctx->store_size == NGX_ERROR) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx->store_host.data = p + 3;

    p = ngx_strlchr(p + 3, last, '/');

    if (p == NULL) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx->store_host.len = p - ctx->store_host.data;

    ctx->store_uri.data = p;
    ctx->store_uri.len = last - p;

    if (ctx->log_handler == NULL) {
        ctx->log_handler = r->log_handler;
        r->log_handler = ngx_http_registry_store_log;
    }

    ctx->immutable = 1;
    ctx->from_store = 1;

    return NGX_DECLINED;
}


void
ngx_http_registry_store_leave(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    if (ctx->log_handler) {
        r->log_handler = ctx->log_handler;
    }
}


/* The error log names an object of the store, but not its signature. */

static u_char *
ngx_http_registry_store_log(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    u_char                   *p;
    ngx_str_t                 none, *uri, saved;
    ngx_http_registry_ctx_t  *ctx;

    ctx = ngx_http_registry_get_ctx(r);

    ngx_str_null(&none);

    uri = sr->upstream ? &sr->upstream->uri : &none;
    saved = *uri;

    p = ngx_strlchr(saved.data, saved.data + saved.len, '?');

    if (p) {
        uri->len = p - saved.data;
    }

    p = ctx->log_handler(r, sr, buf, len);

    *uri = saved;

    return p;
}


void
ngx_http_registry_store_keep_tag(ngx_http_registry_ctx_t *ctx)
{
    if (ctx->route.kind == REG_PATH_KIND_MANIFEST && !ctx->route.has_digest) {
        ctx->tag = ctx->route.reference;
    }
}


void
ngx_http_registry_store_found(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    if (r->headers_out.status != NGX_HTTP_OK
        && r->headers_out.status != NGX_HTTP_NOT_MODIFIED)
    {
        return;
    }

    switch (ctx->route.act) {

    case REG_ACT_MANIFEST_GET:
    case REG_ACT_MANIFEST_HEAD:
    case REG_ACT_BLOB_GET:
    case REG_ACT_BLOB_HEAD:
        h = ngx_http_registry_find_header(r, "Docker-Content-Digest");

        if (h) {
            ctx->digest = h->value;
            ctx->immutable = ctx->route.has_digest;
        }

    default:
        return;
    }
}


/* A header of the worker's answer, copied. */

static ngx_int_t
ngx_http_registry_store_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    if (r->upstream == NULL) {
        return NGX_DECLINED;
    }

    len = ngx_strlen(name);

    part = &r->upstream->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NGX_DECLINED;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
        {
            value->len = h[i].value.len;
            value->data = ngx_pstrdup(r->pool, &h[i].value);

            return value->data ? NGX_OK : NGX_ERROR;
        }
    }
}


/*
 * The header of the store's answer becomes that of a blob.  Any status but a
 * success is an error of the registry.
 */

ngx_int_t
ngx_http_registry_store_answer(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_uint_t        i, status;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    status = r->headers_out.status;

    switch (status) {

    case NGX_HTTP_OK:
    case NGX_HTTP_PARTIAL_CONTENT:
        break;

    case NGX_HTTP_RANGE_NOT_SATISFIABLE:
        return ngx_http_filter_finalize_request(r, NULL, status);

    case NGX_HTTP_NOT_FOUND:

        /* gc has removed it meanwhile */

        (void) ngx_http_registry_error(r, REG_ERR_BLOB_UNKNOWN, NULL,
                                       ctx->route.reference);

        return ngx_http_filter_finalize_request(r, NULL, status);

    default:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the store answered %ui for \"%V\"", status,
                      &ctx->digest);

        return ngx_http_filter_finalize_request(r, NULL,
                                                NGX_HTTP_SERVICE_UNAVAILABLE);
    }

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_registry_store_hides(&h[i])) {
            h[i].hash = 0;
        }
    }

    ngx_http_clear_last_modified(r);
    r->headers_out.etag = NULL;
    r->headers_out.content_encoding = NULL;

    ngx_str_set(&r->headers_out.content_type, "application/octet-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;

    return ngx_http_registry_set_etag(r, ctx);
}


static ngx_uint_t
ngx_http_registry_store_hides(ngx_table_elt_t *h)
{
    ngx_str_t  *name;

    for (name = ngx_http_registry_store_headers; name->len; name++) {

        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return 0;
        }
    }

    return 1;
}


/* With a 416: how large the blob is. */

ngx_int_t
ngx_http_registry_store_error(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_str_t  value;

    if (r->headers_out.status != NGX_HTTP_RANGE_NOT_SATISFIABLE) {
        return NGX_OK;
    }

    value.data = ngx_pnalloc(r->pool, sizeof("bytes */") + NGX_OFF_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "bytes */%O", ctx->store_size)
                - value.data;

    return ngx_http_registry_set_header(r, "Content-Range", &value);
}


/*
 * If-Range holds only with the digest: a blob never changes.  Stores differ in
 * how they answer a request for several ranges, so the client gets the whole
 * blob.
 */

ngx_int_t
ngx_http_registry_store_wanted(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value)
{
    ngx_str_t  *s;

    ngx_str_null(value);

    if (!ctx->from_store || r->headers_in.range == NULL) {
        return NGX_OK;
    }

    if (r->headers_in.if_range) {
        s = &r->headers_in.if_range->value;

        if (s->len != ctx->digest.len + 2
            || s->data[0] != '"'
            || ngx_strncmp(s->data + 1, ctx->digest.data, ctx->digest.len)
               != 0)
        {
            return NGX_OK;
        }
    }

    s = &r->headers_in.range->value;

    if (ngx_strlchr(s->data, s->data + s->len, ',') == NULL) {
        *value = *s;
    }

    return NGX_OK;
}


/* The directive "registry_store". */

char *
ngx_http_registry_store_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    ngx_str_t  *value;

    if (rlcf->store.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rlcf->store = value[1];

    if (ngx_strcmp(value[1].data, "off") == 0) {
        rlcf->store.len = 0;
        return NGX_CONF_OK;
    }

    if (!reg_store_is_valid(ngx_http_registry_str(&value[1]))) {
        return "is no name: it has a-z, 0-9, \".\", \"_\" and \"-\"";
    }

    return NGX_CONF_OK;
}


/* The directive "registry_store_redirect". */

char *
ngx_http_registry_store_redirect(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    char                              *rv;
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_http_compile_complex_value_t   ccv;

    if (rlcf->store_redirect != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rlcf->store_min = NGX_HTTP_REGISTRY_STORE_MIN;
    rlcf->store_valid = NGX_HTTP_REGISTRY_STORE_VALID;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_registry_store_param(cf, rlcf, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    rlcf->store_redirect = ngx_palloc(cf->pool,
                                      sizeof(ngx_http_complex_value_t));
    if (rlcf->store_redirect == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = rlcf->store_redirect;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


static char *
ngx_http_registry_store_param(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *rlcf, ngx_str_t *value)
{
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "min=", 4) == 0) {
        s.data = value->data + 4;
        s.len = value->len - 4;

        rlcf->store_min = ngx_parse_offset(&s);

        if (rlcf->store_min != NGX_ERROR) {
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(value->data, "valid=", 6) == 0) {
        s.data = value->data + 6;
        s.len = value->len - 6;

        rlcf->store_valid = ngx_parse_time(&s, 1);

        if (rlcf->store_valid >= 1
            && rlcf->store_valid <= NGX_HTTP_REGISTRY_STORE_VALID_MAX)
        {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);

    return NGX_CONF_ERROR;
}


void
ngx_http_registry_merge_store(ngx_http_registry_loc_conf_t *prev,
    ngx_http_registry_loc_conf_t *conf)
{
    ngx_conf_merge_str_value(conf->store, prev->store, "");
    ngx_conf_merge_str_value(conf->store_pass, prev->store_pass, "");

    if (conf->store_redirect == NGX_CONF_UNSET_PTR) {
        conf->store_min = prev->store_valid ? prev->store_min
                                            : NGX_HTTP_REGISTRY_STORE_MIN;
        conf->store_valid = prev->store_valid ? prev->store_valid
                                              : NGX_HTTP_REGISTRY_STORE_VALID;
    }

    ngx_conf_merge_ptr_value(conf->store_redirect, prev->store_redirect,
                             NULL);
}


char *
ngx_http_registry_check_store(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf)
{
    if (conf->store.len == 0) {
        return NGX_CONF_OK;
    }

    if (conf->store_pass.len < 2 || conf->store_pass.data[0] != '@') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_store\" needs \"registry_store_pass\" "
                           "with the name of a location, as @store");
        return NGX_CONF_ERROR;
    }

    if (conf->root->below.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_store\" is one bucket, but "
                           "\"registry_root\" has variables: clients of one "
                           "root would read what those of another have "
                           "pushed; write a location for each");
        return NGX_CONF_ERROR;
    }

    if (conf->v1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_store\" in a location of the original "
                           "protocol, which is served from local files only");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_registry_check_store_pass(ngx_conf_t *cf,
    ngx_http_registry_place_t *place)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_loc_conf_t  *rlcf;

    if (place->conf->store.len == 0) {
        return NGX_OK;
    }

    clcf = ngx_http_registry_find_named(place, &place->conf->store_pass);

    if (clcf) {
        rlcf = clcf->loc_conf[ngx_http_registry_module.ctx_index];

        if (rlcf->store_proxy == 1 && clcf->handler) {

            if (!ngx_http_registry_store_leaks(cf, clcf)) {
                return NGX_OK;
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "location \"%V\" would send tokens and "
                               "passwords of clients to the store, write "
                               "\"include registry_store_params\" there",
                               &place->conf->store_pass);

            return NGX_ERROR;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"registry_store_pass\" needs a location \"%V\" with "
                       "\"registry_store_proxy on\" and \"proxy_pass\" in the "
                       "server at %s:%ui", &place->conf->store_pass,
                       place->cscf->file_name, place->cscf->line);

    return NGX_ERROR;
}


ngx_int_t
ngx_http_registry_check_store_roots(ngx_conf_t *cf, ngx_array_t *places)
{
    ngx_str_t                     *a, *b;
    ngx_uint_t                     i, k;
    ngx_http_registry_place_t     *place;
    ngx_http_registry_loc_conf_t  *one, *other;

    place = places->elts;

    for (i = 1; i < places->nelts; i++) {

        one = place[i].conf;

        for (k = 0; k < i && one->store.len; k++) {

            other = place[k].conf;

            if (other->store.len != one->store.len
                || ngx_strncmp(other->store.data, one->store.data,
                               one->store.len)
                   != 0)
            {
                continue;
            }

            a = &one->root->value.value;
            b = &other->root->value.value;

            if (a->len == b->len && ngx_strncmp(a->data, b->data, a->len) == 0)
            {
                continue;
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "store \"%V\" has locks in two places, "
                               "\"%V\" and \"%V\": locations with one "
                               "\"registry_store\" need one "
                               "\"registry_root\"", &one->store, b, a);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* True where the headers of a client are passed on. */

static ngx_uint_t
ngx_http_registry_store_leaks(ngx_conf_t *cf, ngx_http_core_loc_conf_t *clcf)
{
    ngx_module_t              *module;
    ngx_http_upstream_conf_t  *ucf;

    module = ngx_http_registry_find_module(cf, "ngx_http_proxy_module");

    ucf = module ? clcf->loc_conf[module->ctx_index] : NULL;

    return ucf && ucf->pass_request_headers;
}
