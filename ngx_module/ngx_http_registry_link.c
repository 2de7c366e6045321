
/*
 * The links of the store, each a small file that names a digest: a tag's, a
 * revision's and a layer's.  They come and go, so each request checks them.
 * A link is replaced by another file, or written again: device, inode, size
 * and time of change identify its content, which the zone remembers.
 */


#include "ngx_http_registry_module.h"

#include <sys/vfs.h>


/* the time that registry:2 needs to write a link, even on a busy machine */

#define NGX_HTTP_REGISTRY_WAITS      7

/*
 * in seconds: a file system's clock may have ticks of one second, and a link
 * that is replaced twice in a tick may have the inode and the time of before
 */

#define NGX_HTTP_REGISTRY_SETTLED    2


static ngx_int_t ngx_http_registry_resolve_tag(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link);
static int ngx_http_registry_stat_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, struct stat *fi);
static ngx_int_t ngx_http_registry_read_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, ngx_http_registry_link_t *link,
    struct stat *fi);
static ngx_uint_t ngx_http_registry_may_remember(
    ngx_http_registry_loc_conf_t *rlcf, char *path, struct stat *fi);
static ngx_uint_t ngx_http_registry_is_local(long type);
static void ngx_http_registry_link_key(u_char *key, struct stat *fi);
static ngx_int_t ngx_http_registry_set_digest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest);


/* the file systems on which stat() is never older than open(), by statfs(2) */

static long  ngx_http_registry_local[] = {
    0xef53,                                 /* ext2, ext3, ext4 */
    0x58465342,                             /* XFS */
    0x9123683e,                             /* Btrfs */
    0x2fc12fc1,                             /* ZFS */
    0xf2f52010,                             /* F2FS */
    0xca451a4e,                             /* bcachefs */
    0x01021994,                             /* tmpfs */
    0x794c7630,                             /* overlayfs */
    0
};


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

    rc = ngx_http_registry_get_link(r, ctx, path, link);

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

    rc = ngx_http_registry_get_link(r, ctx, path, link);

    if (rc != NGX_OK) {
        return rc;
    }

    len = reg_path_revision_link(path, sizeof(path), root, ctx->route.name,
                                 &link->digest);

    if (len == REG_ERROR) {
        return NGX_DECLINED;
    }

    if (ngx_http_registry_stat_link(r, ctx, path, &fi) == -1) {
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


/* One system call where the zone remembers what the link says. */

ngx_int_t
ngx_http_registry_get_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, ngx_http_registry_link_t *link)
{
    u_char                         key[NGX_HTTP_REGISTRY_KEY_LEN];
    ngx_int_t                      rc;
    ngx_str_t                      value;
    struct stat                    fi;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->link_cache == NGX_HTTP_REGISTRY_LINKS_OFF) {
        return ngx_http_registry_read_link(r, ctx, path, link, NULL);
    }

    if (ngx_http_registry_stat_link(r, ctx, path, &fi) == 0
        && S_ISREG(fi.st_mode))
    {

        ngx_http_registry_link_key(key, &fi);

        if (ngx_http_registry_zone_read(r, NGX_HTTP_REGISTRY_LINK, key,
                                        link->data, sizeof(link->data),
                                        &link->len)
            == NGX_OK
            && reg_link_parse((reg_str_t) { link->len, link->data },
                              &link->digest)
               == REG_OK)
        {
            return NGX_OK;
        }
    }

    rc = ngx_http_registry_read_link(r, ctx, path, link, &fi);

    if (rc == NGX_OK && fi.st_size == (off_t) link->len
        && ngx_http_registry_may_remember(rlcf, path, &fi))
    {

        ngx_http_registry_link_key(key, &fi);

        value.len = link->len;
        value.data = link->data;

        ngx_http_registry_zone_set(r, NGX_HTTP_REGISTRY_LINK, key, &value, 0);
    }

    return rc;
}


static int
ngx_http_registry_stat_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, struct stat *fi)
{
    size_t                         below;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->link_cache == NGX_HTTP_REGISTRY_LINKS_OFF) {
        return lstat(path, fi);
    }

    below = ctx->root.len + sizeof(REG_PATH_PREFIX "/repositories/") - 1
            + ctx->route.name.len;

    return ngx_http_registry_stat(r, path, below, fi, AT_SYMLINK_NOFOLLOW);
}


/*
 * NGX_AGAIN means that the link is empty: registry:2, on the same store,
 * truncates a link before it writes it again.
 */

static ngx_int_t
ngx_http_registry_read_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, ngx_http_registry_link_t *link,
    struct stat *fi)
{
    ssize_t    n;
    ngx_int_t  rc;
    reg_str_t  content;

    rc = ngx_http_registry_read_file(r, path, link->data, sizeof(link->data),
                                     &n, fi);
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

    link->len = n;

    return NGX_OK;
}


/*
 * Another host that changes a file of a network file system may not be seen
 * by stat(), while open() asks the server.  Such a location finds out once in
 * each nginx worker.
 */

static ngx_uint_t
ngx_http_registry_may_remember(ngx_http_registry_loc_conf_t *rlcf, char *path,
    struct stat *fi)
{
    struct statfs  fs;

    if (fi->st_ctim.tv_sec > ngx_time() - NGX_HTTP_REGISTRY_SETTLED - 1) {
        return 0;
    }

    if (rlcf->link_cache == NGX_HTTP_REGISTRY_LINKS_ON) {
        return 1;
    }

    if (statfs(path, &fs) == -1) {
        return 0;
    }

    if (!ngx_http_registry_is_local(fs.f_type)) {
        rlcf->link_cache = NGX_HTTP_REGISTRY_LINKS_OFF;
        return 0;
    }

    return 1;
}


static ngx_uint_t
ngx_http_registry_is_local(long type)
{
    ngx_uint_t  i;

    for (i = 0; ngx_http_registry_local[i]; i++) {
        if (type == ngx_http_registry_local[i]) {
            return 1;
        }
    }

    return 0;
}


/* the first bytes of a key are its place in the tree */

static void
ngx_http_registry_link_key(u_char *key, struct stat *fi)
{
    uint64_t  id[6];

    id[1] = fi->st_dev;
    id[2] = fi->st_ino;
    id[3] = fi->st_size;
    id[4] = fi->st_ctim.tv_sec;
    id[5] = fi->st_ctim.tv_nsec;

    id[0] = ngx_murmur_hash2((u_char *) &id[1], sizeof(id) - sizeof(id[0]));
    id[0] = id[0] << 32 | (id[2] & 0xffffffff);

    ngx_memzero(key, NGX_HTTP_REGISTRY_KEY_LEN);
    ngx_memcpy(key, id, sizeof(id));
}


/* ctx->digest is the text between the quotes of the ETag */

static ngx_int_t
ngx_http_registry_set_digest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, REG_DIGEST_MAX + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ctx->digest.data = p;
    ctx->digest.len = reg_digest_print(digest, (char *) p);

    return ngx_http_registry_set_etag(r, ctx);
}


ngx_int_t
ngx_http_registry_set_etag(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   etag;

    p = ngx_pnalloc(r->pool, ctx->digest.len + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    etag.data = p;
    etag.len = ctx->digest.len + 2;

    *p++ = '"';
    p = ngx_cpymem(p, ctx->digest.data, ctx->digest.len);
    *p = '"';

    r->headers_out.etag = ngx_http_registry_add_header(r, "ETag", &etag);

    return r->headers_out.etag ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_registry_read_file(ngx_http_request_t *r, char *path, u_char *buf,
    size_t size, ssize_t *n, struct stat *fi)
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

    } else if (fi && ngx_fd_info(fd, fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      ngx_fd_info_n " \"%s\" failed", path);
        *n = -1;
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
