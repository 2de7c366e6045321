
/*
 * The links of the store, each a small file that names a digest: a tag's, a
 * revision's and a layer's.  They come and go, so each request checks them.
 */


#include "ngx_http_registry_module.h"


/* the time that registry:2 needs to write a link, even on a busy machine */

#define NGX_HTTP_REGISTRY_WAITS      7


static ngx_int_t ngx_http_registry_resolve_tag(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link);
static ngx_int_t ngx_http_registry_read_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, ngx_http_registry_link_t *link);
static ngx_int_t ngx_http_registry_set_digest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest);


/*
 * The content of a link names the data, which may be stored under a digest of
 * another algorithm than the requested one.
 */

ngx_int_t
ngx_http_registry_resolve(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link)
{
    char          path[REG_PATH_MAX];
    int           len;
    ngx_int_t     rc;
    reg_str_t     root;
    reg_route_t  *route;

    route = &ctx->route;

    if (!route->has_digest) {
        return ngx_http_registry_resolve_tag(r, ctx, link);
    }

    root = ngx_http_registry_str(&ctx->root);

    if (route->kind == REG_PATH_KIND_BLOB) {
        len = reg_path_layer_link(path, sizeof(path), root, route->name,
                                  &route->digest);
    } else {
        len = reg_path_revision_link(path, sizeof(path), root, route->name,
                                     &route->digest);
    }

    if (len == REG_ERROR) {
        return NGX_DECLINED;
    }

    rc = ngx_http_registry_read_link(r, ctx, path, link);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_registry_set_digest(r, ctx, &route->digest);
}


/* A tag names the digest of a revision, whose own link only has to exist. */

static ngx_int_t
ngx_http_registry_resolve_tag(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link)
{
    char         path[REG_PATH_MAX];
    int          len;
    ngx_err_t    err;
    ngx_int_t    rc;
    reg_str_t    root;
    struct stat  fi;

    root = ngx_http_registry_str(&ctx->root);

    len = reg_path_tag_current(path, sizeof(path), root, ctx->route.name,
                               ctx->route.reference);
    if (len == REG_ERROR) {
        return NGX_DECLINED;
    }

    rc = ngx_http_registry_read_link(r, ctx, path, link);

    if (rc != NGX_OK) {
        return rc;
    }

    len = reg_path_revision_link(path, sizeof(path), root, ctx->route.name,
                                 &link->digest);

    if (len == REG_ERROR) {
        return NGX_DECLINED;
    }

    if (stat(path, &fi) == -1) {
        err = ngx_errno;

        if (err == NGX_ENOENT || err == NGX_ENOTDIR) {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                      ngx_file_info_n " \"%s\" failed", path);
        return ngx_http_registry_failure(err);
    }

    return ngx_http_registry_set_digest(r, ctx, &link->digest);
}


/*
 * NGX_AGAIN means that the link is empty: registry:2, on the same store,
 * truncates a link before it writes it again.
 */

static ngx_int_t
ngx_http_registry_read_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, ngx_http_registry_link_t *link)
{
    ssize_t    n;
    ngx_int_t  rc;
    reg_str_t  content;

    rc = ngx_http_registry_read_file(r, path, link->data, sizeof(link->data),
                                     &n);
    if (rc != NGX_OK) {
        return rc;
    }

    if (n == 0) {
        return (ctx->waits++ < NGX_HTTP_REGISTRY_WAITS) ? NGX_AGAIN
                                                        : NGX_DECLINED;
    }

    content.data = link->data;
    content.len = n;

    if (reg_link_parse(content, &link->digest) != REG_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "link \"%s\" holds no digest", path);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* ctx->digest is the text between the quotes of the ETag */

static ngx_int_t
ngx_http_registry_set_digest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   etag;

    p = ngx_pnalloc(r->pool, REG_DIGEST_MAX + 3);
    if (p == NULL) {
        return NGX_ERROR;
    }

    len = reg_digest_print(digest, (char *) p + 1);

    p[0] = '"';
    p[len + 1] = '"';

    ctx->digest.data = p + 1;
    ctx->digest.len = len;

    etag.data = p;
    etag.len = len + 2;

    r->headers_out.etag = ngx_http_registry_add_header(r, "ETag", &etag);

    return r->headers_out.etag ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_registry_read_file(ngx_http_request_t *r, char *path, u_char *buf,
    size_t size, ssize_t *n)
{
    ngx_fd_t   fd;
    ngx_err_t  err;

    fd = open(path, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        err = ngx_errno;

        if (err == NGX_ENOENT || err == NGX_ENOTDIR
            || err == NGX_ENAMETOOLONG)
        {
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                      ngx_open_file_n " \"%s\" failed", path);
        return ngx_http_registry_failure(err);
    }

    *n = read(fd, buf, size);

    if (*n == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      ngx_read_file_n " \"%s\" failed", path);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", path);
    }

    if (*n == -1) {
        return NGX_ERROR;
    }

    if ((size_t) *n == size) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "file \"%s\" is too long", path);
        return NGX_DECLINED;
    }

    return NGX_OK;
}
