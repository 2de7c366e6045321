
/*
 * What an nginx worker remembers in a client's connection: the last token and
 * its verdict, for as long as the zone would keep that.  A client sends one
 * token many times; it is compared here instead of hashed.
 */


#include "ngx_http_registry_module.h"


/* bytes of a token and its verdict */

#define NGX_HTTP_REGISTRY_REMEMBERED_MAX  4096


typedef struct {
    ngx_http_registry_loc_conf_t  *rlcf;    /* NULL: nothing */
    ngx_msec_t                     expires;
    reg_verdict_t                  verdict; /* views into data */
    size_t                         token_len;
    size_t                         text_len;
    size_t                         size;    /* of data */
    u_char                        *data;    /* the text, then the token */
} ngx_http_registry_connection_t;


static ngx_http_registry_connection_t *ngx_http_registry_connection(
    ngx_http_request_t *r);
static ngx_connection_t *ngx_http_registry_client(ngx_http_request_t *r);
static ngx_uint_t ngx_http_registry_same_bytes(u_char *a, u_char *b,
    size_t len);
static void ngx_http_registry_connection_cleanup(void *data);


ngx_int_t
ngx_http_registry_connection_get(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *token)
{
    u_char                          *text;
    reg_verdict_t                   *v;
    ngx_http_registry_loc_conf_t    *rlcf;
    ngx_http_registry_connection_t  *rc;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    rc = ngx_http_registry_connection(r);

    if (rc == NULL
        || rc->rlcf != rlcf
        || rc->token_len != token->len
        || (ngx_msec_int_t) (rc->expires - ngx_current_msec) <= 0
        || rc->verdict.expires <= ngx_time()
        || !ngx_http_registry_same_bytes(rc->data + rc->text_len, token->data,
                                         token->len))
    {
        return NGX_DECLINED;
    }

    /* another request of the connection may have another token meanwhile */

    text = ngx_pnalloc(r->pool, rc->text_len);
    if (text == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(text, rc->data, rc->text_len);

    v = &ctx->verdict;

    *v = rc->verdict;

    v->service.data = text + (v->service.data - rc->data);
    v->grants.data = text + (v->grants.data - rc->data);

    if (v->account.len) {
        v->account.data = text + (v->account.data - rc->data);
    }

    return NGX_OK;
}


void
ngx_http_registry_connection_set(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *text, ngx_msec_t expires)
{
    size_t                           size;
    ngx_connection_t                *c;
    ngx_pool_cleanup_t              *cln;
    ngx_http_registry_connection_t  *rc;

    size = text->len + ctx->token.len;

    if (size > NGX_HTTP_REGISTRY_REMEMBERED_MAX) {
        return;
    }

    c = ngx_http_registry_client(r);

    rc = ngx_http_registry_connection(r);

    if (rc == NULL) {
        cln = ngx_pool_cleanup_add(c->pool,
                                   sizeof(ngx_http_registry_connection_t));
        if (cln == NULL) {
            return;
        }

        rc = cln->data;
        ngx_memzero(rc, sizeof(ngx_http_registry_connection_t));

        cln->handler = ngx_http_registry_connection_cleanup;
    }

    rc->rlcf = NULL;

    if (rc->size < size) {
        ngx_http_registry_connection_cleanup(rc);

        rc->data = ngx_alloc(size, c->log);
        if (rc->data == NULL) {
            return;
        }

        rc->size = size;
    }

    ngx_memcpy(rc->data, text->data, text->len);
    ngx_memcpy(rc->data + text->len, ctx->token.data, ctx->token.len);

    rc->text_len = text->len;
    rc->token_len = ctx->token.len;

    if (reg_verdict_parse_head((reg_str_t) { text->len, rc->data },
                               &rc->verdict)
        != REG_OK)
    {
        return;
    }

    rc->expires = expires;
    rc->rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);
}


static ngx_http_registry_connection_t *
ngx_http_registry_connection(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_http_registry_client(r)->pool->cleanup;

    for ( /* void */ ; cln; cln = cln->next) {
        if (cln->handler == ngx_http_registry_connection_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


/* A stream of HTTP/2 has a connection of its own, for a single request. */

static ngx_connection_t *
ngx_http_registry_client(ngx_http_request_t *r)
{
#if (NGX_HTTP_V2)
    if (r->stream) {
        return r->stream->connection->connection;
    }
#endif

    return r->connection;
}


/* Takes the same time wherever they differ. */

static ngx_uint_t
ngx_http_registry_same_bytes(u_char *a, u_char *b, size_t len)
{
    uint64_t  x, y, differs;

    differs = 0;

    for ( /* void */ ; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        ngx_memcpy(&x, a, sizeof(uint64_t));
        ngx_memcpy(&y, b, sizeof(uint64_t));

        differs |= x ^ y;

        a += sizeof(uint64_t);
        b += sizeof(uint64_t);
    }

    while (len--) {
        differs |= *a++ ^ *b++;
    }

    return differs == 0;
}


static void
ngx_http_registry_connection_cleanup(void *data)
{
    ngx_http_registry_connection_t *rc = data;

    if (rc->data) {
        ngx_explicit_memzero(rc->data, rc->size);
        ngx_free(rc->data);

        rc->data = NULL;
        rc->size = 0;
    }
}
