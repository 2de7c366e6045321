
/*
 * Access: the token's verdict from the zone or, by a subrequest in
 * memory, from the location that "registry_verdict" names; then a comparison
 * of what it grants and what the request needs; or the challenge.
 */


#include "ngx_http_registry_module.h"


#define NGX_HTTP_REGISTRY_ACCESSES_MAX  2

/* type, actions and the text around them, in a scope and in a detail */

#define NGX_HTTP_REGISTRY_SCOPE_MAX     (REG_NAME_MAX + 64)
#define NGX_HTTP_REGISTRY_DETAIL_MAX    (4 * (REG_NAME_MAX + 80))


/* what a request needs */

typedef struct {
    reg_str_t                    type;
    reg_str_t                    name;
    unsigned                     actions;
} ngx_http_registry_access_t;


static ngx_int_t ngx_http_registry_ask(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_service(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_recall(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_find_token(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *token);
static ngx_uint_t ngx_http_registry_token_valid(ngx_str_t *token);
static void ngx_http_registry_zone_key(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static void ngx_http_registry_place(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, u_char *place);
static ngx_uint_t ngx_http_registry_is_fixed(
    ngx_http_registry_loc_conf_t *rlcf);
static ngx_int_t ngx_http_registry_subrequest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_verdict_done(ngx_http_request_t *sr,
    void *data, ngx_int_t rc);
static ngx_uint_t ngx_http_registry_is_memcached(ngx_http_request_t *sr);
static void ngx_http_registry_verdict_read(ngx_http_request_t *sr,
    ngx_http_registry_ctx_t *ctx);
static ngx_http_registry_state_e ngx_http_registry_verdict_state(
    ngx_http_registry_ctx_t *ctx, ngx_str_t *text, ngx_int_t rc);
static ngx_int_t ngx_http_registry_decide(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_granted(ngx_http_registry_ctx_t *ctx,
    ngx_http_registry_access_t *a, ngx_uint_t n);
static ngx_uint_t ngx_http_registry_wanted(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_access_t *a,
    u_char *from);
static void ngx_http_registry_count(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_result_e result);
static ngx_int_t ngx_http_registry_challenge(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, const char *error);
static ngx_int_t ngx_http_registry_realm(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *realm);
static u_char *ngx_http_registry_print_scope(u_char *p,
    ngx_http_registry_access_t *a, ngx_uint_t n);
static ngx_int_t ngx_http_registry_detail(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_access_t *a,
    ngx_uint_t n);


ngx_int_t
ngx_http_registry_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (!rlcf->enable || (rlcf->verdict.len == 0 && rlcf->edge == NULL)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_registry_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rlcf->edge) {
        rc = ngx_http_registry_edge_access(r, ctx);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (ctx->for_index || ctx->route.right == REG_RIGHT_NONE) {
        return NGX_DECLINED;
    }

    if (ctx->state == NGX_HTTP_REGISTRY_VERDICT_UNASKED) {
        rc = ngx_http_registry_ask(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ctx->state == NGX_HTTP_REGISTRY_VERDICT_PENDING) {
        return NGX_AGAIN;
    }

    return ngx_http_registry_decide(r, ctx);
}


static ngx_int_t
ngx_http_registry_ask(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_str_t                      text;
    ngx_msec_t                     expires;
    ngx_http_registry_loc_conf_t  *rlcf;

    rc = ngx_http_registry_service(r, ctx);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_HTTP_BAD_REQUEST
                                    : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_registry_recall(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_registry_token(r, ctx);

    if (rc == NGX_DECLINED) {
        return ngx_http_registry_challenge(r, ctx, NULL);
    }

    if (rc == NGX_ABORT) {
        ctx->result = NGX_HTTP_REGISTRY_RESULT_INVALID;
        return ngx_http_registry_challenge(r, ctx, "invalid_token");
    }

    ngx_http_registry_zone_key(r, ctx);

    rc = ngx_http_registry_zone_get(r, NGX_HTTP_REGISTRY_VERDICT,
                                    ctx->zone_key, &text, &expires);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK) {
        ctx->source = NGX_HTTP_REGISTRY_SOURCE_ZONE;

        /* its grants were checked before it was kept */

        rc = reg_verdict_parse_head(ngx_http_registry_str(&text),
                                    &ctx->verdict);

        ctx->state = ngx_http_registry_verdict_state(ctx, &text, rc);

        rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

        if (ctx->state == NGX_HTTP_REGISTRY_VERDICT_GOOD
            && ngx_http_registry_is_fixed(rlcf))
        {
            ngx_http_registry_connection_set(r, ctx, &text, expires);
        }

        return NGX_OK;
    }

    return ngx_http_registry_subrequest(r, ctx);
}


/* The verdict of the token that the client has sent last, where it is this. */

static ngx_int_t
ngx_http_registry_recall(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  token;

    if (ngx_http_registry_find_token(r, ctx, &token) != NGX_OK) {
        return NGX_DECLINED;
    }

    rc = ngx_http_registry_connection_get(r, ctx, &token);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK) {
        ctx->token = token;
        ctx->source = NGX_HTTP_REGISTRY_SOURCE_ZONE;
        ctx->state = NGX_HTTP_REGISTRY_VERDICT_GOOD;
    }

    return rc;
}


/* A value that "nginx -t" could not check comes from a variable, such as the
 * host. */

static ngx_int_t
ngx_http_registry_service(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->service->lengths == NULL) {
        ctx->service = rlcf->service->value;
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, rlcf->service, &ctx->service) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!reg_service_is_valid(ngx_http_registry_str(&ctx->service))) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "invalid service \"%V\" in \"registry_service\"",
                      &ctx->service);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/*
 * Other schemes are ignored: the challenge names the one that counts, which is
 * another one in each protocol.  A second Authorization header has been
 * refused by nginx.
 */

static ngx_int_t
ngx_http_registry_find_token(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *token)
{
    ngx_str_t        *value;
    reg_token_v1_t    v1;
    ngx_table_elt_t  *h;

    if (ngx_http_registry_has_signature(r)) {
        return NGX_DECLINED;
    }

    h = r->main->headers_in.authorization;

    if (h == NULL) {
        return NGX_DECLINED;
    }

    value = &h->value;

    if (ctx->v1) {

        /* docker 1.6 that has no token sends the scheme alone */

        if (reg_token_v1_parse(ngx_http_registry_str(value), &v1) != REG_OK) {
            return NGX_DECLINED;
        }

        token->data = v1.signature.data;
        token->len = v1.signature.len;
        ctx->token_name = reg_name_from_v1(v1.repository);

    } else if (value->len < sizeof("Bearer ") - 1
               || ngx_strncasecmp(value->data, (u_char *) "Bearer ",
                                  sizeof("Bearer ") - 1)
                  != 0)
    {
        return NGX_DECLINED;

    } else {
        token->data = value->data + sizeof("Bearer ") - 1;
        token->len = value->len - (sizeof("Bearer ") - 1);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_token(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t  rc;
    ngx_str_t  token;

    if (ctx->token.len) {
        return NGX_OK;
    }

    rc = ngx_http_registry_find_token(r, ctx, &token);

    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_http_registry_token_valid(&token)) {
        return NGX_ABORT;
    }

    ctx->token = token;

    return NGX_OK;
}


/* The b68token of RFC 6750. */

static ngx_uint_t
ngx_http_registry_token_valid(ngx_str_t *token)
{
    u_char  *p, *last;

    if (token->len == 0 || token->len > NGX_HTTP_REGISTRY_TOKEN_MAX) {
        return 0;
    }

    last = token->data + token->len;

    for (p = token->data; p < last; p++) {

        if ((*p >= 'a' && *p <= 'z')
            || (*p >= 'A' && *p <= 'Z')
            || (*p >= '0' && *p <= '9')
            || *p == '.' || *p == '_' || *p == '-' || *p == '~'
            || *p == '+' || *p == '/' || *p == '=')
        {
            continue;
        }

        return 0;
    }

    return 1;
}


/*
 * Services and roots never share a verdict, nor do locations that verdicts
 * come from: what one issuer may grant another may not.  So the key is the
 * token's hash and that of all these.
 */

static void
ngx_http_registry_zone_key(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    u_char                        *place;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    place = ctx->zone_key + NGX_HTTP_REGISTRY_HASH_LEN;

    ngx_memcpy(ctx->zone_key, ngx_http_registry_token_hash(ctx),
               NGX_HTTP_REGISTRY_HASH_LEN);

    if (!ngx_http_registry_is_fixed(rlcf)) {
        ngx_http_registry_place(r, ctx, place);
        return;
    }

    if (!rlcf->has_place) {
        ngx_http_registry_place(r, ctx, rlcf->place);
        rlcf->has_place = 1;
    }

    ngx_memcpy(place, rlcf->place, NGX_HTTP_REGISTRY_HASH_LEN);
}


/* A server is identified by the address of its block. */

static void
ngx_http_registry_place(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    u_char *place)
{
    ngx_str_t                     *root;
    reg_hash_t                     hash;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_registry_loc_conf_t  *rlcf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    root = rlcf->root->below.len ? &ctx->root : &rlcf->root->value.value;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, &cscf->line, sizeof(cscf->line));
    reg_hash_update(&hash, cscf->file_name, ngx_strlen(cscf->file_name) + 1);
    reg_hash_update(&hash, rlcf->verdict.data, rlcf->verdict.len);
    reg_hash_update(&hash, "", 1);
    reg_hash_update(&hash, root->data, root->len);
    reg_hash_update(&hash, "", 1);
    reg_hash_update(&hash, ctx->service.data, ctx->service.len);
    reg_hash_raw(&hash, place);
}


/* True where all requests to the location have one root and one service. */

static ngx_uint_t
ngx_http_registry_is_fixed(ngx_http_registry_loc_conf_t *rlcf)
{
    return rlcf->root->below.len == 0 && rlcf->service->lengths == NULL;
}


static ngx_int_t
ngx_http_registry_subrequest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_http_request_t            *sr;
    ngx_http_post_subrequest_t    *ps;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ps->handler = ngx_http_registry_verdict_done;
    ps->data = ctx;

    if (rlcf->verdict_keys == NULL) {

        /* without a key, any value in memcached may be forged */

        ctx->direct = 1;
    }

    if (ngx_http_subrequest(r, &rlcf->verdict, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_IN_MEMORY
                            |NGX_HTTP_SUBREQUEST_WAITED)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * allocate fake request body to avoid attempts to read it and to make
     * sure real body file (if already read) won't be closed by upstream
     */

    sr->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (sr->request_body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* the limits of the location do not apply to the length of a layer */

    sr->headers_in.content_length = NULL;
    sr->headers_in.content_length_n = -1;
    sr->headers_in.chunked = 0;

    ctx->subrequest = sr;
    ctx->state = NGX_HTTP_REGISTRY_VERDICT_PENDING;

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_registry_verdict_body(ngx_http_request_t *sr,
    ngx_http_registry_ctx_t *ctx, ngx_chain_t *in)
{
    size_t        size;
    ngx_chain_t  *cl;

    if (ctx->text.data == NULL) {

        /* one byte more than a verdict can have */

        ctx->text_size = REG_VERDICT_SEALED_MAX + 1;

        if (sr->headers_out.content_length_n >= 0) {
            ctx->text_size = ngx_min(ctx->text_size,
                                (size_t) sr->headers_out.content_length_n);
        }

        ctx->text.data = ngx_pnalloc(sr->pool, ctx->text_size + 1);
        if (ctx->text.data == NULL) {
            return NGX_ERROR;
        }
    }

    for (cl = in; cl; cl = cl->next) {

        if (ngx_buf_special(cl->buf)) {
            continue;
        }

        size = cl->buf->last - cl->buf->pos;
        size = ngx_min(size, ctx->text_size - ctx->text.len);

        ngx_memcpy(ctx->text.data + ctx->text.len, cl->buf->pos, size);
        ctx->text.len += size;

        cl->buf->pos = cl->buf->last;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_verdict_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc)
{
    ngx_http_registry_ctx_t *ctx = data;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, sr->connection->log, 0,
                   "registry verdict done rc:%i s:%ui",
                   rc, sr->headers_out.status);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE || sr->connection->error) {

        /* nginx calls it again after the error page, if at all */

        return rc;
    }

    ctx->source = ngx_http_registry_is_memcached(sr)
                  ? NGX_HTTP_REGISTRY_SOURCE_MEMCACHED
                  : NGX_HTTP_REGISTRY_SOURCE_INDEX;

    /* a verdict that was cut off must not end the main request */

    ctx->state = NGX_HTTP_REGISTRY_VERDICT_UNAVAILABLE;

    if (rc == NGX_OK) {
        ngx_http_registry_verdict_read(sr, ctx);
    }

    if (ctx->state != NGX_HTTP_REGISTRY_VERDICT_UNAVAILABLE) {
        return NGX_OK;
    }

    if (ctx->source == NGX_HTTP_REGISTRY_SOURCE_MEMCACHED
        && sr->headers_out.status == NGX_HTTP_OK
        && !ctx->direct)
    {
        ngx_log_error(NGX_LOG_WARN, sr->connection->log, 0,
                      "memcached holds a value that no "
                      "\"registry_verdict_key\" sealed for the token, "
                      "asking the index");

        ctx->direct = 1;
        ctx->state = NGX_HTTP_REGISTRY_VERDICT_UNASKED;
        ngx_str_null(&ctx->text);

        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_ERR, sr->connection->log, 0,
                  "no verdict from \"%V\": status %ui, %uz bytes",
                  &sr->uri, sr->headers_out.status, ctx->text.len);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_registry_is_memcached(ngx_http_request_t *sr)
{
    return sr->upstream
           && ngx_strncmp(sr->upstream->schema.data, "memcached",
                          ngx_min(sr->upstream->schema.len,
                                  sizeof("memcached") - 1))
              == 0;
}


static void
ngx_http_registry_verdict_read(ngx_http_request_t *sr,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_http_request_t            *r;
    ngx_http_registry_loc_conf_t  *rlcf;

    r = sr->main;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (sr->headers_out.status == NGX_HTTP_FORBIDDEN) {

        /* an empty text is a verdict too */

        ctx->text.len = 0;
        ctx->state = NGX_HTTP_REGISTRY_VERDICT_BAD;

    } else if (sr->headers_out.status == NGX_HTTP_OK && ctx->text.len
               && (ctx->source != NGX_HTTP_REGISTRY_SOURCE_MEMCACHED
                   || ngx_http_registry_unseal(rlcf, ctx, &ctx->text)
                      == NGX_OK))
    {
        rc = reg_verdict_parse(ngx_http_registry_str(&ctx->text),
                               &ctx->verdict);

        ctx->state = ngx_http_registry_verdict_state(ctx, &ctx->text, rc);
    }

    if (ctx->state != NGX_HTTP_REGISTRY_VERDICT_UNAVAILABLE
        && rlcf->verdict_valid)
    {
        ngx_http_registry_zone_set(r, NGX_HTTP_REGISTRY_VERDICT,
                                   ctx->zone_key, &ctx->text,
                                   rlcf->verdict_valid);
    }
}


static ngx_http_registry_state_e
ngx_http_registry_verdict_state(ngx_http_registry_ctx_t *ctx, ngx_str_t *text,
    ngx_int_t rc)
{
    if (text->len == 0) {
        return NGX_HTTP_REGISTRY_VERDICT_BAD;
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_REGISTRY_VERDICT_UNAVAILABLE;
    }

    if (ctx->verdict.expires <= ngx_time()
        || !reg_str_eq(ctx->verdict.service,
                       ngx_http_registry_str(&ctx->service)))
    {
        ngx_memzero(&ctx->verdict, sizeof(reg_verdict_t));
        return NGX_HTTP_REGISTRY_VERDICT_BAD;
    }

    return NGX_HTTP_REGISTRY_VERDICT_GOOD;
}


static ngx_int_t
ngx_http_registry_decide(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    u_char                        from[REG_NAME_MAX];
    ngx_uint_t                    n;
    ngx_http_registry_access_t    a[NGX_HTTP_REGISTRY_ACCESSES_MAX];

    switch (ctx->state) {

    case NGX_HTTP_REGISTRY_VERDICT_GOOD:
        break;

    case NGX_HTTP_REGISTRY_VERDICT_BAD:
        ngx_http_registry_count(r, ctx, NGX_HTTP_REGISTRY_RESULT_INVALID);
        return ngx_http_registry_challenge(r, ctx, "invalid_token");

    default: /* NGX_HTTP_REGISTRY_VERDICT_UNAVAILABLE */
        ngx_http_registry_count(r, ctx, NGX_HTTP_REGISTRY_RESULT_UNAVAILABLE);
        return ngx_http_registry_error(r, REG_ERR_UNAVAILABLE,
                                       "the token cannot be verified now",
                                       reg_str(""));
    }

    if (ctx->v1 && ngx_http_registry_v1_repository(ctx) != NGX_OK) {
        ngx_http_registry_count(r, ctx, NGX_HTTP_REGISTRY_RESULT_DENIED);
        return ngx_http_registry_challenge(r, ctx, NULL);
    }

    n = ngx_http_registry_wanted(r, ctx, a, from);

    if (ngx_http_registry_granted(ctx, a, n)) {
        ngx_http_registry_count(r, ctx, NGX_HTTP_REGISTRY_RESULT_GRANTED);
        return NGX_OK;
    }

    ngx_http_registry_count(r, ctx, NGX_HTTP_REGISTRY_RESULT_DENIED);

    return ngx_http_registry_challenge(r, ctx, "insufficient_scope");
}


static ngx_uint_t
ngx_http_registry_granted(ngx_http_registry_ctx_t *ctx,
    ngx_http_registry_access_t *a, ngx_uint_t n)
{
    int         rc;
    unsigned    actions;
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {

        rc = reg_verdict_actions(&ctx->verdict, a[i].type, a[i].name,
                                 &actions);

        /*
         * the source of a mount must only have been requested: if it was
         * not granted, the upload becomes an ordinary one
         */

        if (i > 0 && rc == REG_OK) {
            continue;
        }

        if (rc != REG_OK || !reg_actions_allow(actions, a[i].actions)) {
            return 0;
        }

        if (i == 0) {
            ctx->actions = actions;
        }
    }

    return 1;
}


/* from holds the name of the second repository and REG_NAME_MAX bytes */

static ngx_uint_t
ngx_http_registry_wanted(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    ngx_http_registry_access_t *a, u_char *from)
{
    u_char                      mount[REG_DIGEST_MAX];
    reg_str_t                   args, value;
    ngx_http_registry_access_t  repository;

    repository.type = reg_str("repository");
    repository.name = ctx->route.name;

    switch (ctx->route.right) {

    case REG_RIGHT_TOKEN:
    case REG_RIGHT_NONE:
    case REG_RIGHT_INDEX:
        return 0;

    case REG_RIGHT_PULL:
        repository.actions = REG_ACTION_PULL;
        break;

    case REG_RIGHT_PUSH:
        repository.actions = REG_ACTION_PULL|REG_ACTION_PUSH;
        break;

    case REG_RIGHT_DELETE:
        repository.actions = REG_ACTION_DELETE;
        break;

    default: /* REG_RIGHT_CATALOG */
        a[0].type = reg_str("registry");
        a[0].name = reg_str("catalog");
        a[0].actions = REG_ACTION_ALL;
        return 1;
    }

    a[0] = repository;

    if (ctx->route.act != REG_ACT_UPLOAD_START) {
        return 1;
    }

    args = ngx_http_registry_str(&r->args);

    if (reg_query_arg(REG_QUERY_URI, args, "mount", mount, sizeof(mount),
                      &value)
        != REG_OK
        || reg_query_arg(REG_QUERY_URI, args, "from", from, REG_NAME_MAX,
                         &value)
           != REG_OK
        || !reg_name_is_valid(value)
        || reg_str_eq(value, ctx->route.name))
    {
        return 1;
    }

    a[1].type = repository.type;
    a[1].name = value;
    a[1].actions = REG_ACTION_PULL;

    return 2;
}


static void
ngx_http_registry_count(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    ngx_http_registry_result_e result)
{
    ngx_http_registry_counters_t  *counters;

    ctx->result = result;

    counters = ngx_http_registry_counters(r);

    (void) ngx_atomic_fetch_add(&counters->verdicts[ctx->source][result], 1);
}


static ngx_int_t
ngx_http_registry_challenge(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, const char *error)
{
    u_char                       from[REG_NAME_MAX], *p;
    size_t                       len;
    ngx_int_t                    rc;
    ngx_str_t                    realm, value;
    ngx_uint_t                   n;
    ngx_http_registry_access_t   a[NGX_HTTP_REGISTRY_ACCESSES_MAX];

    if (ctx->v1) {
        ngx_str_set(&value, "Token");

        r->headers_out.www_authenticate =
                  ngx_http_registry_add_header(r, "WWW-Authenticate", &value);

        return r->headers_out.www_authenticate
               ? ngx_http_registry_error(r, REG_ERR_UNAUTHORIZED, NULL,
                                         reg_str(""))
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_registry_realm(r, ctx, &realm);

    if (rc != NGX_OK) {
        return rc;
    }

    n = ngx_http_registry_wanted(r, ctx, a, from);

    len = sizeof("Bearer realm=\"\",service=\"\",scope=\"\",error=\"\"")
          + realm.len + ctx->service.len
          + NGX_HTTP_REGISTRY_ACCESSES_MAX * NGX_HTTP_REGISTRY_SCOPE_MAX
          + sizeof("insufficient_scope");

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.data = p;

    p = ngx_sprintf(p, "Bearer realm=\"%V\",service=\"%V\"", &realm,
                    &ctx->service);

    if (n) {
        p = ngx_cpymem(p, ",scope=\"", sizeof(",scope=\"") - 1);
        p = ngx_http_registry_print_scope(p, a, n);
        *p++ = '"';
    }

    if (error) {
        p = ngx_sprintf(p, ",error=\"%s\"", error);
    }

    value.len = p - value.data;

    r->headers_out.www_authenticate =
                  ngx_http_registry_add_header(r, "WWW-Authenticate", &value);

    if (r->headers_out.www_authenticate == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_registry_detail(r, ctx, a, n);
}


/*
 * It may contain the client's Host, or need one that an HTTP/1.0 client does
 * not send: without a URL there is no challenge.
 */

static ngx_int_t
ngx_http_registry_realm(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    ngx_str_t *realm)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (ngx_http_complex_value(r, rlcf->realm, realm) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!reg_realm_is_valid(ngx_http_registry_str(realm))) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "no challenge with \"%V\" of \"registry_realm\", which "
                      "is not a URL with a host", realm);

        ctx->sentence = "no token server is set for the host of this request";

        return NGX_HTTP_BAD_REQUEST;
    }

    return NGX_OK;
}


static u_char *
ngx_http_registry_print_scope(u_char *p, ngx_http_registry_access_t *a,
    ngx_uint_t n)
{
    char        actions[REG_ACTIONS_MAX + 1];
    ngx_uint_t  i;

    for (i = 0; i < n; i++) {

        if (i) {
            *p++ = ' ';
        }

        (void) reg_actions_print(a[i].actions, actions);

        p = ngx_sprintf(p, "%V:%V:%s", &a[i].type, &a[i].name, actions);
    }

    return p;
}


static ngx_int_t
ngx_http_registry_detail(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    ngx_http_registry_access_t *a, ngx_uint_t n)
{
    char        action[REG_ACTIONS_MAX + 1];
    u_char     *p;
    unsigned    bit;
    ngx_int_t   rc;
    ngx_uint_t  i;

    rc = ngx_http_registry_error(r, REG_ERR_UNAUTHORIZED, NULL, reg_str(""));

    if (rc != NGX_HTTP_UNAUTHORIZED || n == 0) {
        return rc;
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_REGISTRY_DETAIL_MAX);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->err_detail.data = p;

    for (i = 0; i < n; i++) {

        for (bit = REG_ACTION_PULL; bit <= REG_ACTION_ALL; bit <<= 1) {

            if (!(a[i].actions & bit)) {
                continue;
            }

            (void) reg_actions_print(bit, action);

            p = ngx_sprintf(p, "%s{\"Type\":\"%V\",\"Class\":\"\","
                            "\"Name\":\"%V\",\"Action\":\"%s\"}",
                            (p == ctx->err_detail.data) ? "[" : ",",
                            &a[i].type, &a[i].name, action);
        }
    }

    *p++ = ']';

    ctx->err_detail.len = p - ctx->err_detail.data;

    return rc;
}
