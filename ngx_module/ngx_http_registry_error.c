
/*
 * Errors and common headers: every error of a registry location is JSON,
 * whether it comes from the module, nginx itself or a worker, and every
 * response has the version of the protocol.
 */


#include "ngx_http_registry_module.h"


/* in seconds */

#define NGX_HTTP_REGISTRY_MAX_AGE  31536000


typedef struct {
    ngx_uint_t                     status;
    const char                    *message;
} ngx_http_registry_message_t;


static ngx_int_t ngx_http_registry_header_filter(ngx_http_request_t *r);
static ngx_uint_t ngx_http_registry_has_sentence(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_common_headers(ngx_http_request_t *r);
static ngx_uint_t ngx_http_registry_is_early(ngx_http_request_t *r);
static ngx_uint_t ngx_http_registry_raw_path(ngx_http_request_t *r,
    u_char **p, u_char **last);
static ngx_uint_t ngx_http_registry_is_realm(ngx_http_request_t *r, u_char *p,
    u_char *last);
static ngx_int_t ngx_http_registry_content_headers(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_cache_control(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_is_public(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_is_json(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_replace(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_chain_t *ngx_http_registry_error_chain(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, off_t *len);
static ngx_int_t ngx_http_registry_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_registry_sentence(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_chain_t *in);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


/* messages that are more specific than those of the codes */

static ngx_http_registry_message_t  ngx_http_registry_messages[] = {
    { NGX_HTTP_BAD_REQUEST, "malformed request" },
    { NGX_HTTP_NOT_FOUND, "no such endpoint" },
    { NGX_HTTP_REQUEST_TIME_OUT, "request timed out" },
    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, "request body too large" },
    { NGX_HTTP_REQUEST_URI_TOO_LARGE, "request line too long" },
    { 0, NULL }
};


static ngx_str_t  ngx_http_registry_version = ngx_string("registry/2.0");
static ngx_str_t  ngx_http_registry_nosniff = ngx_string("nosniff");
static ngx_str_t  ngx_http_registry_sandbox =
    ngx_string("default-src 'none'; sandbox");
static ngx_str_t  ngx_http_registry_vary = ngx_string("Authorization");
static ngx_str_t  ngx_http_registry_retry_after =
    ngx_string(NGX_HTTP_REGISTRY_RETRY_AFTER);


ngx_int_t
ngx_http_registry_error(ngx_http_request_t *r, reg_err_t err,
    const char *message, reg_str_t detail)
{
    int                       len;
    u_char                   *p;
    size_t                    size;
    ngx_http_registry_ctx_t  *ctx;

    ctx = ngx_http_registry_add_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->has_err = 1;
    ctx->err = err;
    ctx->err_status = reg_error_info(err)->status;
    ctx->err_message = message;
    ngx_str_null(&ctx->err_detail);

    if (detail.len && detail.len < REG_ERROR_BODY_MAX) {

        /* a byte becomes six where it is written as an escape */

        size = 6 * detail.len + sizeof("\"\"");

        p = ngx_pnalloc(r->pool, size);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        len = reg_json_string((char *) p, size, detail);

        if (len != REG_ERROR) {
            ctx->err_detail.data = p;
            ctx->err_detail.len = len;
        }
    }

    return ctx->err_status;
}


/*
 * The status for a failed system call: a client can try again if space or
 * descriptors ran out.
 */

ngx_int_t
ngx_http_registry_failure(ngx_err_t err)
{
    switch (err) {

    case NGX_ENOSPC:
    case EDQUOT:
    case EROFS:
    case NGX_EMFILE:
    case NGX_ENFILE:
    case NGX_ENOMEM:
        return NGX_HTTP_SERVICE_UNAVAILABLE;

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


ngx_table_elt_t *
ngx_http_registry_find_header(ngx_http_request_t *r, const char *key)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(key);

    part = &r->headers_out.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].hash
            && h[i].key.len == len
            && ngx_strncasecmp(h[i].key.data, (u_char *) key, len) == 0)
        {
            return &h[i];
        }
    }
}


ngx_int_t
ngx_http_registry_set_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_http_registry_find_header(r, key);

    if (value == NULL) {
        if (h) {
            h->hash = 0;
        }

        return NGX_OK;
    }

    if (h) {
        h->value = *value;
        return NGX_OK;
    }

    return ngx_http_registry_add_header(r, key, value) ? NGX_OK : NGX_ERROR;
}


ngx_table_elt_t *
ngx_http_registry_add_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value = *value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return h;
}


static ngx_int_t
ngx_http_registry_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx && ctx->upload) {

        /* a client that has its answer may send the next chunk at once */

        ngx_http_registry_upload_release(ctx->upload);
    }

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (!rlcf->enable
        && !rlcf->store_proxy
        && !(ctx && ctx->for_index)
        && !ngx_http_registry_is_early(r))
    {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_registry_add_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (!ctx->delayed && ngx_http_registry_has_sentence(r, ctx)) {
        ctx->delayed = 1;
        return NGX_OK;
    }

    if (rlcf->store.len && r->upstream) {
        ngx_http_registry_store_found(r, ctx);
    }

    if (ctx->from_store && r->err_status == 0 && r->upstream) {
        rc = ngx_http_registry_store_answer(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ngx_http_registry_common_headers(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->headers_out.status == NGX_HTTP_NO_CONTENT) {

        /* nginx does so itself where the answer is not a worker's */

        ngx_http_clear_content_length(r);
    }

#if (NGX_HTTP_GZIP)
    r->gzip_tested = 1;
    r->gzip_ok = 0;
#endif

    if (r->headers_out.status < NGX_HTTP_BAD_REQUEST) {
        rc = ngx_http_registry_content_headers(r, ctx);

    } else if (ngx_http_registry_is_json(r)) {
        rc = NGX_OK;

    } else {
        rc = ngx_http_registry_replace(r, ctx);

        if (rc == NGX_OK && ctx->from_store) {
            rc = ngx_http_registry_store_error(r, ctx);
        }
    }

    if (rc != NGX_OK
        || (!ctx->for_index
            && ngx_http_registry_cache_control(r, ctx) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/*
 * Clients that may push decide what a browser would get here.  Without the
 * version of the protocol a client of the original one goes on with that.
 */

static ngx_int_t
ngx_http_registry_common_headers(ngx_http_request_t *r)
{
    if (ngx_http_registry_set_header(r, "X-Content-Type-Options",
                                     &ngx_http_registry_nosniff)
        != NGX_OK
        || ngx_http_registry_set_header(r, "Content-Security-Policy",
                                        &ngx_http_registry_sandbox)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_registry_is_v1(r)) {
        return NGX_OK;
    }

    return ngx_http_registry_set_header(r, "Docker-Distribution-API-Version",
                                        &ngx_http_registry_version);
}


/*
 * nginx turns several errors into a 400: a missing client certificate, a
 * header that is too large.  Only its page says which one it was, so the
 * response's header waits for that page.
 */

static ngx_uint_t
ngx_http_registry_has_sentence(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    return r->headers_out.status == NGX_HTTP_BAD_REQUEST
           && r->err_status == NGX_HTTP_BAD_REQUEST
           && r->upstream == NULL
           && !ctx->has_err;
}


/*
 * An error that nginx raised before it had found a location, in a server that
 * has a registry.
 */

static ngx_uint_t
ngx_http_registry_is_early(ngx_http_request_t *r)
{
    u_char                        *p, *last;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_registry_srv_conf_t  *rscf;

    if (r->headers_out.status < NGX_HTTP_BAD_REQUEST) {
        return 0;
    }

    rscf = ngx_http_get_module_srv_conf(r, ngx_http_registry_module);
    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    if ((!rscf->used && !rscf->v1)
        || r->loc_conf != cscf->ctx->loc_conf
        || !ngx_http_registry_raw_path(r, &p, &last))
    {
        return 0;
    }

    if (last - p >= 4 && ngx_strncmp(p, "/v1/", 4) == 0) {
        return rscf->v1;
    }

    return rscf->used
           && ((last - p >= 4 && ngx_strncmp(p, "/v2/", 4) == 0)
               || ngx_http_registry_is_realm(r, p, last));
}


ngx_uint_t
ngx_http_registry_is_v1(ngx_http_request_t *r)
{
    u_char                        *p, *last;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;
    ngx_http_registry_srv_conf_t  *rscf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->enable) {
        return rlcf->v1 && reg_path_is_v1(ngx_http_registry_str(&r->uri));
    }

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx && ctx->for_index) {
        return 1;
    }

    rscf = ngx_http_get_module_srv_conf(r, ngx_http_registry_module);

    return rscf->v1
           && ngx_http_registry_raw_path(r, &p, &last)
           && last - p >= 4
           && ngx_strncmp(p, "/v1/", 4) == 0;
}


/* The path as the client sent it, as far as nginx has read it. */

static ngx_uint_t
ngx_http_registry_raw_path(ngx_http_request_t *r, u_char **p, u_char **last)
{
    if (r->unparsed_uri.len) {
        *p = r->unparsed_uri.data;
        *last = *p + r->unparsed_uri.len;

        return 1;
    }

#if (NGX_HTTP_V2)

    if (r->stream) {

        /* a :path that could not be parsed, or none */

        *p = r->uri_start;
        *last = *p ? r->uri_end : *p;

        return 1;
    }

#endif

    if (r->header_in
        && r->uri_start >= r->header_in->start
        && r->uri_start < r->header_in->last)
    {
        *p = r->uri_start;
        *last = r->header_in->last;

        return 1;
    }

    return 0;
}


/* The path of "registry_realm" in this server, as far as it is known. */

static ngx_uint_t
ngx_http_registry_is_realm(ngx_http_request_t *r, u_char *p, u_char *last)
{
    u_char                        *path, *end;
    ngx_str_t                     *realm;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->realm == NULL) {
        return 0;
    }

    realm = &rlcf->realm->value;
    end = realm->data + realm->len;

    path = ngx_strnstr(realm->data, "://", realm->len);

    path = path ? ngx_strlchr(path + 3, end, '/') : NULL;

    if (path == NULL || last - p < end - path
        || ngx_strncmp(p, path, end - path) != 0)
    {
        return 0;
    }

    p += end - path;

    return p == last || *p == '?' || *p == ' ';
}


/*
 * Added here, and not by the content handler, because they are not to stay
 * where an answer becomes an error on its way: 412, 416.
 */

static ngx_int_t
ngx_http_registry_content_headers(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    if (ctx->digest.len == 0 || ctx->v1) {
        return NGX_OK;
    }

    return ngx_http_registry_set_header(r, "Docker-Content-Digest",
                                        &ctx->digest);
}


/*
 * A shared cache requires no token: it may store what all clients may read,
 * for as long as a verdict is kept.  Only content named by a digest never
 * changes.
 */

static ngx_int_t
ngx_http_registry_cache_control(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    time_t                         max_age;
    ngx_str_t                      value;
    ngx_uint_t                     public;
    ngx_table_elt_t               *vary;
    ngx_http_registry_loc_conf_t  *rlcf;

    public = ngx_http_registry_is_public(r, ctx);

    if (!public) {

        /* an answer that becomes an error on its way has it already */

        vary = ngx_http_registry_find_header(r, "Vary");

        if ((vary == NULL || vary->value.data != ngx_http_registry_vary.data)
            && ngx_http_registry_add_header(r, "Vary",
                                            &ngx_http_registry_vary)
               == NULL)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->digest.len == 0 || !ctx->immutable || ctx->replaced) {

        if (public) {
            ngx_str_set(&value, "no-cache");

        } else {
            ngx_str_set(&value, "private, no-cache");
        }

        return ngx_http_registry_set_header(r, "Cache-Control", &value);
    }

    if (!public) {
        ngx_str_set(&value, "private, max-age=31536000");
        return ngx_http_registry_set_header(r, "Cache-Control", &value);
    }

    rlcf = ngx_http_registry_checked_by(r, ctx);

    if (rlcf->verdict.len == 0) {
        ngx_str_set(&value, "max-age=31536000");
        return ngx_http_registry_set_header(r, "Cache-Control", &value);
    }

    value.data = ngx_pnalloc(r->pool,
                             sizeof("public, max-age=") + NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    max_age = ngx_min(NGX_HTTP_REGISTRY_MAX_AGE,
                      (time_t) (rlcf->verdict_valid / 1000));

    value.len = ngx_sprintf(value.data, "public, max-age=%T", max_age)
                - value.data;

    return ngx_http_registry_set_header(r, "Cache-Control", &value);
}


/* The location of a store inherits nothing from the one that leads there. */

ngx_http_registry_loc_conf_t *
ngx_http_registry_checked_by(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    return ctx->from_store
           ? ctx->rlcf
           : ngx_http_get_module_loc_conf(r, ngx_http_registry_module);
}


/* A password also restricts access; nginx checks it without registry_realm. */

static ngx_uint_t
ngx_http_registry_is_public(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_registry_checked_by(r, ctx);

    if (ctx->redirected) {
        return 0;
    }

    if (rlcf->verdict.len == 0) {
        return rlcf->cache_control != NGX_HTTP_REGISTRY_CACHE_PRIVATE
               && r->headers_in.authorization == NULL;
    }

    /* a token without an account grants what every client may have */

    return rlcf->cache_control == NGX_HTTP_REGISTRY_CACHE_PUBLIC
           && ctx->state == NGX_HTTP_REGISTRY_VERDICT_GOOD
           && ctx->verdict.account.len == 0;
}


/* A worker's own answer, not a page of nginx. */

static ngx_uint_t
ngx_http_registry_is_json(ngx_http_request_t *r)
{
    return r->upstream
           && r->err_status == 0
           && r->headers_out.content_type.len
              >= sizeof("application/json") - 1
           && ngx_strncasecmp(r->headers_out.content_type.data,
                              (u_char *) "application/json",
                              sizeof("application/json") - 1)
              == 0;
}


static ngx_int_t
ngx_http_registry_replace(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    off_t  len;

    switch (r->headers_out.status) {

    case NGX_HTTP_BAD_GATEWAY:
    case NGX_HTTP_GATEWAY_TIME_OUT:

        /* $status takes it from r->err_status */

        r->err_status = NGX_HTTP_SERVICE_UNAVAILABLE;
        r->headers_out.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        r->headers_out.status_line.len = 0;

        /* fall through */

    case NGX_HTTP_SERVICE_UNAVAILABLE:
    case NGX_HTTP_TOO_MANY_REQUESTS:

        if (ngx_http_registry_set_header(r, "Retry-After",
                                         &ngx_http_registry_retry_after)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ctx->err_body = ngx_http_registry_error_chain(r, ctx, &len);
    if (ctx->err_body == NULL) {
        return NGX_ERROR;
    }

    ctx->replaced = 1;

    if (ctx->digest.len) {

        /* the digest was that of content that will not be sent */

        (void) ngx_http_registry_set_header(r, "Docker-Content-Digest", NULL);
    }

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    if (r->headers_out.content_encoding) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;

    r->headers_out.content_length_n = len;

    return NGX_OK;
}


static ngx_chain_t *
ngx_http_registry_error_chain(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, off_t *len)
{
    reg_err_t                     err;
    reg_str_t                     detail;
    ngx_buf_t                    *b;
    const char                   *message;
    ngx_chain_t                  *cl;
    ngx_http_registry_message_t  *m;

    if (ctx->has_err && ctx->err_status == r->headers_out.status) {
        err = ctx->err;
        message = ctx->err_message;
        detail = ngx_http_registry_str(&ctx->err_detail);

    } else {
        err = reg_error_from_status(r->headers_out.status);
        detail = reg_str("");

        for (m = ngx_http_registry_messages; m->status; m++) {
            if (m->status == r->headers_out.status) {
                break;
            }
        }

        message = ctx->sentence ? ctx->sentence : m->message;

        ctx->has_err = 1;
        ctx->err = err;
        ctx->err_status = r->headers_out.status;
    }

    b = ngx_create_temp_buf(r->pool, REG_ERROR_BODY_MAX);
    if (b == NULL) {
        return NULL;
    }

    if (!ngx_http_registry_is_v1(r)) {
        *len = reg_error_body((char *) b->pos, REG_ERROR_BODY_MAX, err,
                              message, detail);

    } else if (r->headers_out.status == NGX_HTTP_RANGE_NOT_SATISFIABLE) {

        /* only without a body it means that a client has all of a layer */

        *len = 0;

    } else {
        if (message == NULL) {
            message = ngx_http_registry_v1_message(err);
        }

        *len = reg_error_flat_body((char *) b->pos, REG_ERROR_BODY_MAX, err,
                                   message);
    }

    b->last = b->pos + *len;
    b->temporary = (*len != 0);
    b->last_buf = 1;
    b->last_in_chain = 1;

    cl = ngx_alloc_chain_link(r->pool);
    if (cl == NULL) {
        return NULL;
    }

    cl->buf = b;
    cl->next = NULL;

    return cl;
}


static ngx_int_t
ngx_http_registry_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t                 rc;
    ngx_chain_t              *cl, *out;
    ngx_http_registry_ctx_t  *ctx;

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx && r == ctx->subrequest) {
        return ngx_http_registry_verdict_body(r, ctx, in);
    }

    if (ctx && r == r->main && ctx->delayed && !r->header_sent) {

        if (ngx_http_registry_sentence(r, ctx, in) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_registry_header_filter(r);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }
    }

    if (r != r->main || ctx == NULL || !ctx->replaced) {
        return ngx_http_next_body_filter(r, in);
    }

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    out = ctx->err_body;
    ctx->err_body = NULL;

    return ngx_http_next_body_filter(r, out);
}


/* If the message of a code is too general, the module has its own. */

static ngx_int_t
ngx_http_registry_sentence(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_chain_t *in)
{
    u_char     *p, *last;
    ngx_buf_t  *b;
    ngx_str_t   s;

    b = in ? in->buf : NULL;

    if (b == NULL || !ngx_buf_in_memory(b)) {
        return NGX_OK;
    }

    p = ngx_strnstr(b->pos, "<title>400 ", b->last - b->pos);

    if (p == NULL) {
        return NGX_OK;
    }

    p += sizeof("<title>400 ") - 1;
    last = ngx_strlchr(p, b->last, '<');

    if (last == NULL
        || (last - p == sizeof("Bad Request") - 1
            && ngx_strncmp(p, "Bad Request", last - p) == 0))
    {
        return NGX_OK;
    }

    s.len = last - p + 1;
    s.data = p;

    p = ngx_pstrdup(r->pool, &s);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p[s.len - 1] = '\0';

    ctx->sentence = (const char *) p;

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_error_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_registry_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_registry_body_filter;

    return NGX_OK;
}
