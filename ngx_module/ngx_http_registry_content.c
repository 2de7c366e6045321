
/*
 * Blobs and manifests, served from the store's files.  The links to them come
 * and go, and are checked for each request (_link.c); the content never
 * changes and is opened through the location's open_file_cache.
 */


#include "ngx_http_registry_module.h"

#include <sys/file.h>


#define NGX_HTTP_REGISTRY_SCAN_SIZE  (64 * 1024)
#define NGX_HTTP_REGISTRY_SCAN_MAX   (16 * 1024 * 1024)

/* a small file is sent together with the header, in a single packet */

#define NGX_HTTP_REGISTRY_COPY_MAX   (32 * 1024)

/* in seconds; see docs/gc.md */

#define NGX_HTTP_REGISTRY_TOUCH      60

/* in milliseconds: how soon a manifest whose file is gone is seen */

#define NGX_HTTP_REGISTRY_RECHECK    1000

/* in milliseconds, doubled each time */

#define NGX_HTTP_REGISTRY_WAIT       10


/* what is served: content in memory, or an open file */

typedef struct {
    ngx_str_t                    path;
    ngx_open_file_info_t         of;
    off_t                        size;
    u_char                      *content;   /* NULL: in the file */
} ngx_http_registry_file_t;


static ngx_int_t ngx_http_registry_wait(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static void ngx_http_registry_again(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_unknown(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_manifest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest,
    ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_remembered(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, u_char *key, reg_digest_t *digest,
    ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_check(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest, ngx_str_t *path);
static void ngx_http_registry_remember(ngx_http_request_t *r, u_char *key,
    ngx_str_t *type, ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_path(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest, ngx_str_t *path);
static ngx_int_t ngx_http_registry_open(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest,
    ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_find_blob(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_open_error(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_touch(ngx_http_request_t *r,
    ngx_str_t *path, time_t mtime);
static ngx_int_t ngx_http_registry_touch_fd(ngx_http_request_t *r,
    ngx_fd_t fd, ngx_str_t *path);
static u_char *ngx_http_registry_zone_key(ngx_http_request_t *r,
    reg_digest_t *digest, char *buf);
static ngx_int_t ngx_http_registry_media_type(ngx_http_request_t *r,
    u_char *key, reg_digest_t *digest, ngx_http_registry_file_t *file);
static void ngx_http_registry_set_type(ngx_http_request_t *r,
    ngx_str_t *type);
static ngx_uint_t ngx_http_registry_wants_image(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_accepts(ngx_http_request_t *r,
    const char *type);
static ngx_int_t ngx_http_registry_pass(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_scan(ngx_http_request_t *r,
    reg_manifest_scan_t *scan, reg_digest_t *digest,
    ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_scan_file(ngx_http_request_t *r,
    reg_manifest_scan_t *scan, reg_hash_t *hash,
    ngx_http_registry_file_t *file);
static void ngx_http_registry_conditions(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_send(ngx_http_request_t *r,
    ngx_http_registry_file_t *file);
static ngx_int_t ngx_http_registry_read(ngx_http_request_t *r,
    ngx_http_registry_file_t *file);


ngx_int_t
ngx_http_registry_content_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_registry_ctx_t   *ctx;
    ngx_http_registry_file_t   file;
    ngx_http_registry_link_t   link;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx->route.kind == REG_PATH_KIND_BASE) {
        return ngx_http_registry_send_json(r, "{}");
    }

    rc = ngx_http_registry_resolve(r, ctx, &link);

    if (rc == NGX_AGAIN) {
        return ngx_http_registry_wait(r, ctx);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_registry_unknown(r, ctx);
    }

    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
    }

    ngx_memzero(&file, sizeof(file));

    if (ctx->route.kind == REG_PATH_KIND_MANIFEST) {
        rc = ngx_http_registry_manifest(r, ctx, &link.digest, &file);

    } else {
        rc = ngx_http_registry_open(r, ctx, &link.digest, &file);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_registry_redirect_blob(r, ctx, file.size);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ctx->route.kind != REG_PATH_KIND_MANIFEST) {
        ngx_str_set(&r->headers_out.content_type, "application/octet-stream");
        r->headers_out.content_type_len = r->headers_out.content_type.len;

    } else if (ngx_http_registry_wants_image(r, ctx)) {
        return ngx_http_registry_pass(r, ctx);
    }

    /* the bytes of an image's id may change, as those of a tag */

    ctx->immutable = ctx->route.has_digest && !ctx->v1;

    ngx_http_registry_conditions(r, ctx);

    return ngx_http_registry_send(r, &file);
}


/*
 * A client begins a pull here, and pulls go on without a worker.
 */

ngx_int_t
ngx_http_registry_send_json(ngx_http_request_t *r, const char *text)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = ngx_strlen(text);
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->pos = (u_char *) text;
    b->last = b->pos + ngx_strlen(text);
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_registry_wait(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    ngx_event_t  *wev;

    wev = r->connection->write;

    r->main->count++;
    r->write_event_handler = ngx_http_registry_again;

    wev->delayed = 1;
    ngx_add_timer(wev, NGX_HTTP_REGISTRY_WAIT << (ctx->waits - 1));

    return NGX_DONE;
}


static void
ngx_http_registry_again(ngx_http_request_t *r)
{
    ngx_event_t  *wev;

    wev = r->connection->write;

    if (wev->delayed) {

        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_finalize_request(r, ngx_http_registry_content_handler(r));
}


static ngx_int_t
ngx_http_registry_unknown(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    reg_err_t  err;

    ngx_str_null(&ctx->digest);

    err = ctx->v1 ? REG_ERR_IMAGE_UNKNOWN
          : (ctx->route.kind == REG_PATH_KIND_BLOB) ? REG_ERR_BLOB_UNKNOWN
          : REG_ERR_MANIFEST_UNKNOWN;

    return ngx_http_registry_error(r, err, NULL, ctx->route.reference);
}


/*
 * A small manifest is sent from the zone.  Its bytes had the digest when they
 * were put there, and whether the repository has it was asked of its links.
 */

static ngx_int_t
ngx_http_registry_manifest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_digest_t *digest,
    ngx_http_registry_file_t *file)
{
    char                           buf[REG_DIGEST_HEX_MAX + 1];
    u_char                        *key;
    ngx_int_t                      rc;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    key = ngx_http_registry_zone_key(r, digest, buf);

    if (rlcf->manifest_cache) {
        rc = ngx_http_registry_remembered(r, ctx, key, digest, file);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    rc = ngx_http_registry_open(r, ctx, digest, file);

    if (rc != NGX_OK) {
        return rc;
    }

    if (file->size
        && file->size <= (off_t) rlcf->manifest_cache
        && ngx_http_registry_read(r, file) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_registry_media_type(r, key, digest, file);
}


/* The value in the zone: the length of the type in one byte, type, content. */

static ngx_int_t
ngx_http_registry_remembered(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, u_char *key, reg_digest_t *digest,
    ngx_http_registry_file_t *file)
{
    ngx_int_t  rc;
    ngx_str_t  type, value;

    rc = ngx_http_registry_zone_get(r, NGX_HTTP_REGISTRY_MANIFEST, key,
                                    &value, NULL);

    if (rc == NGX_DECLINED) {
        return rc;
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_AGAIN
        || (r->method == NGX_HTTP_HEAD
            && ngx_http_registry_may_push(r, ctx)))
    {
        rc = ngx_http_registry_check(r, ctx, digest, &file->path);

        if (rc == NGX_DECLINED) {
            ngx_http_registry_zone_del(r, NGX_HTTP_REGISTRY_MANIFEST, key);
        }

        if (rc != NGX_OK) {
            return rc;
        }
    }

    type.len = value.data[0];
    type.data = value.data + 1;

    file->content = type.data + type.len;
    file->size = value.len - 1 - type.len;

    ngx_http_registry_set_type(r, &type);

    return NGX_OK;
}


/*
 * The file of a manifest that the zone has: a client that may push relies on
 * it, and it may have been moved away, with its links still there.
 * NGX_DECLINED if it is gone.
 */

static ngx_int_t
ngx_http_registry_check(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    reg_digest_t *digest, ngx_str_t *path)
{
    struct stat  fi;

    if (ngx_http_registry_path(r, ctx, digest, path) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (stat((char *) path->data, &fi) == -1) {
        return (ngx_errno == NGX_ENOENT) ? NGX_DECLINED : NGX_OK;
    }

    if (r->method == NGX_HTTP_HEAD && ngx_http_registry_may_push(r, ctx)) {
        return ngx_http_registry_touch(r, path, fi.st_mtime);
    }

    return NGX_OK;
}


static void
ngx_http_registry_remember(ngx_http_request_t *r, u_char *key,
    ngx_str_t *type, ngx_http_registry_file_t *file)
{
    ngx_str_t  value;

    value.len = 1 + type->len + file->size;
    value.data = ngx_pnalloc(r->pool, value.len);

    if (value.data == NULL) {
        return;
    }

    value.data[0] = (u_char) type->len;

    ngx_memcpy(ngx_cpymem(value.data + 1, type->data, type->len),
               file->content, file->size);

    ngx_http_registry_zone_set(r, NGX_HTTP_REGISTRY_MANIFEST, key, &value,
                               NGX_HTTP_REGISTRY_RECHECK);
}


static ngx_int_t
ngx_http_registry_path(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    reg_digest_t *digest, ngx_str_t *path)
{
    int   len;
    char  buf[REG_PATH_MAX];

    len = reg_path_blob(buf, sizeof(buf), ngx_http_registry_str(&ctx->root),
                        digest);
    if (len == REG_ERROR) {
        return NGX_ERROR;
    }

    path->len = len;
    path->data = ngx_pnalloc(r->pool, len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(path->data, buf, len + 1);

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_open(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    reg_digest_t *digest, ngx_http_registry_file_t *file)
{
    ngx_int_t                  rc;
    ngx_open_file_info_t      *of;
    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_http_registry_path(r, ctx, digest, &file->path) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    of = &file->of;

    ngx_memzero(of, sizeof(ngx_open_file_info_t));

    of->read_ahead = clcf->read_ahead;
    of->directio = (ctx->route.kind == REG_PATH_KIND_BLOB)
                   ? clcf->directio : NGX_OPEN_FILE_DIRECTIO_OFF;
    of->valid = clcf->open_file_cache_valid;
    of->min_uses = clcf->open_file_cache_min_uses;
    of->errors = clcf->open_file_cache_errors;
    of->events = clcf->open_file_cache_events;

    /* of a blob only the size is asked for */

    of->test_only = (ctx->route.act == REG_ACT_BLOB_HEAD
                     || ctx->route.act == REG_ACT_V1_IMAGE_LAYER_HEAD);

    if (ngx_http_set_disable_symlinks(r, clcf, &file->path, of) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = of->test_only ? ngx_http_registry_find_blob(r, ctx, file)
                       : NGX_DECLINED;

    if (rc == NGX_DECLINED) {
        rc = ngx_open_cached_file(clcf->open_file_cache, &file->path, of,
                                  r->pool);
    }

    if (rc != NGX_OK) {
        return ngx_http_registry_open_error(r, ctx, file);
    }

    if (!of->is_file) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "\"%s\" is not a regular file", file->path.data);

        return ngx_http_registry_unknown(r, ctx);
    }

    if (r->method == NGX_HTTP_HEAD
        && ngx_http_registry_may_push(r, ctx)
        && ngx_http_registry_touch(r, &file->path,
                                   clcf->open_file_cache ? 0 : of->mtime)
           == NGX_DECLINED)
    {
        return ngx_http_registry_unknown(r, ctx);
    }

    file->size = of->size;

    return NGX_OK;
}


/*
 * What stat() says of a blob, found from the directory of all blobs, which is
 * kept open where links are remembered; NGX_DECLINED where nginx has to find
 * it, in its own cache or without symbolic links.
 */

static ngx_int_t
ngx_http_registry_find_blob(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_file_t *file)
{
    size_t                         below;
    struct stat                    fi;
    ngx_open_file_info_t          *of;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_loc_conf_t  *rlcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    of = &file->of;

    if (clcf->open_file_cache
        || rlcf->link_cache == NGX_HTTP_REGISTRY_LINKS_OFF)
    {
        return NGX_DECLINED;
    }

#if (NGX_HAVE_OPENAT)
    if (of->disable_symlinks != NGX_DISABLE_SYMLINKS_OFF) {
        return NGX_DECLINED;
    }
#endif

    below = ctx->root.len + sizeof(REG_PATH_PREFIX "/blobs") - 1;

    if (ngx_http_registry_stat(r, (char *) file->path.data, below, &fi, 0)
        == -1)
    {
        of->err = ngx_errno;
        of->failed = ngx_file_info_n;

        return NGX_ERROR;
    }

    of->mtime = fi.st_mtime;
    of->size = fi.st_size;
    of->is_file = S_ISREG(fi.st_mode);

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_open_error(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_file_t *file)
{
    ngx_open_file_info_t  *of;

    of = &file->of;

    if (of->err) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, of->err,
                      "%s \"%s\" failed", of->failed, file->path.data);
    }

    switch (of->err) {

    case NGX_ENOENT:
    case NGX_ENOTDIR:

        /* there is a link, but not the data that it names */

        return ngx_http_registry_unknown(r, ctx);

    default:
        return ngx_http_registry_failure(of->err);
    }
}


ngx_uint_t
ngx_http_registry_may_push(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    return rlcf->verdict.len == 0
           || reg_actions_allow(ctx->actions, REG_ACTION_PUSH);
}


/*
 * A client that may push will not send data that exists.  So its modification
 * time is updated: a garbage collection removes no recent data.  mtime is 0 if
 * what is known of the file may be old.  NGX_DECLINED means that the data is
 * gone.
 */

static ngx_int_t
ngx_http_registry_touch(ngx_http_request_t *r, ngx_str_t *path, time_t mtime)
{
    ngx_fd_t     fd;
    ngx_int_t    rc;
    struct stat  fi;

    if (mtime == 0) {

        if (stat((char *) path->data, &fi) == -1) {
            return (ngx_errno == NGX_ENOENT) ? NGX_DECLINED : NGX_OK;
        }

        mtime = fi.st_mtime;
    }

    if (mtime > ngx_time() - NGX_HTTP_REGISTRY_TOUCH) {
        return NGX_OK;
    }

    fd = open((char *) path->data,
              O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        return (ngx_errno == NGX_ENOENT) ? NGX_DECLINED : NGX_OK;
    }

    rc = ngx_http_registry_touch_fd(r, fd, path);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", path);
    }

    return rc;
}


/*
 * A process that removes old data holds its lock exclusively and checks the
 * time first; so if the name still exists after the touch, the data stays.
 */

static ngx_int_t
ngx_http_registry_touch_fd(ngx_http_request_t *r, ngx_fd_t fd,
    ngx_str_t *path)
{
    struct stat        fi;
    static ngx_uint_t  warned;

    if (flock(fd, LOCK_SH|LOCK_NB) == -1 && ngx_errno == NGX_EAGAIN) {

        /* being removed at this moment */

        return NGX_DECLINED;
    }

    if (futimens(fd, NULL) == -1 && !warned) {
        warned = 1;
        ngx_log_error(NGX_LOG_WARN, r->connection->log, ngx_errno,
                      "cannot touch \"%V\": a garbage collection may remove "
                      "content that a client has found", path);
    }

    if (stat((char *) path->data, &fi) == -1 && ngx_errno == NGX_ENOENT) {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/*
 * The digest, which has at least NGX_HTTP_REGISTRY_KEY_LEN characters; a
 * tenant's own, in buf, where the root has variables.
 */

static u_char *
ngx_http_registry_zone_key(ngx_http_request_t *r, reg_digest_t *digest,
    char *buf)
{
    reg_hash_t                     hash;
    ngx_http_registry_ctx_t       *ctx;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->root->below.len == 0) {
        return digest->hex.data;
    }

    ctx = ngx_http_registry_get_ctx(r);

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, ctx->root.data, ctx->root.len);
    reg_hash_update(&hash, "", 1);
    reg_hash_update(&hash, digest->hex.data, digest->hex.len);
    reg_hash_hex(&hash, buf);

    return (u_char *) buf;
}


static ngx_int_t
ngx_http_registry_media_type(ngx_http_request_t *r, u_char *key,
    reg_digest_t *digest, ngx_http_registry_file_t *file)
{
    ngx_int_t             rc;
    ngx_str_t             type, value;
    reg_manifest_scan_t   scan;

    rc = file->content ? NGX_DECLINED
                       : ngx_http_registry_zone_get(r,
                                                NGX_HTTP_REGISTRY_MEDIA_TYPE,
                                                key, &type, NULL);

    if (rc == NGX_DECLINED) {

        rc = ngx_http_registry_scan(r, &scan, digest, file);

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        value.data = (u_char *) reg_manifest_scan_type(&scan);
        value.len = ngx_strlen(value.data);

        type.len = value.len;
        type.data = ngx_pstrdup(r->pool, &value);
        if (type.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (rc == NGX_OK && file->content) {
            ngx_http_registry_remember(r, key, &type, file);

        } else if (rc == NGX_OK) {
            ngx_http_registry_zone_set(r, NGX_HTTP_REGISTRY_MEDIA_TYPE, key,
                                       &type, 0);
        }

    } else if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_registry_set_type(r, &type);

    return NGX_OK;
}


static void
ngx_http_registry_set_type(ngx_http_request_t *r, ngx_str_t *type)
{
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
}


/*
 * True where a tag points to a Docker manifest list, and the client accepts
 * Docker's images but neither their lists nor any type.
 */

static ngx_uint_t
ngx_http_registry_wants_image(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_str_t  *type;

    type = &r->headers_out.content_type;

    return !ctx->route.has_digest
           && type->len == sizeof(REG_MT_DOCKER_LIST) - 1
           && ngx_strncmp(type->data, REG_MT_DOCKER_LIST, type->len) == 0
           && ngx_http_registry_accepts(r, REG_MT_DOCKER_MANIFEST)
           && !ngx_http_registry_accepts(r, REG_MT_DOCKER_LIST)
           && !ngx_http_registry_accepts(r, "*/*");
}


/* In any of several lines; what "q" says does not count. */

static ngx_uint_t
ngx_http_registry_accepts(ngx_http_request_t *r, const char *type)
{
    size_t            len;
    u_char           *p, *last;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(type);

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len != sizeof("Accept") - 1
            || ngx_strncasecmp(h[i].key.data, (u_char *) "Accept",
                               sizeof("Accept") - 1)
               != 0)
        {
            continue;
        }

        last = h[i].value.data + h[i].value.len;

        for (p = h[i].value.data; (size_t) (last - p) >= len; p++) {
            if (ngx_strncasecmp(p, (u_char *) type, len) == 0) {
                return 1;
            }
        }
    }
}


/*
 * Passes the request to the worker, which can read a list; its
 * X-Accel-Redirect returns the request, with a digest.
 */

static ngx_int_t
ngx_http_registry_pass(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    if (ctx->handler == NULL) {
        return ngx_http_registry_unknown(r, ctx);
    }

    ctx->tag = ctx->route.reference;

    ngx_str_null(&ctx->digest);
    ngx_str_null(&r->headers_out.content_type);
    r->headers_out.content_type_len = 0;
    ngx_http_clear_etag(r);

    return ctx->handler(r);
}


/*
 * NGX_DECLINED where the bytes may not match the digest: their type is used,
 * but not stored, until the file is repaired.
 */

static ngx_int_t
ngx_http_registry_scan(ngx_http_request_t *r, reg_manifest_scan_t *scan,
    reg_digest_t *digest, ngx_http_registry_file_t *file)
{
    char        hex[REG_DIGEST_HEX_MAX + 1];
    ngx_int_t   rc;
    reg_hash_t  hash;

    reg_manifest_scan_init(scan);
    reg_hash_init(&hash, digest->algorithm);

    if (file->content) {
        reg_manifest_scan_feed(scan, file->content, file->size);
        reg_hash_update(&hash, file->content, file->size);

    } else {
        rc = ngx_http_registry_scan_file(r, scan, &hash, file);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    reg_hash_hex(&hash, hex);

    if (!reg_str_eq(reg_cstr(hex), digest->hex)) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "manifest \"%s\" is corrupt: its bytes have another "
                      "digest", file->path.data);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* NGX_DECLINED where there is more than is read. */

static ngx_int_t
ngx_http_registry_scan_file(ngx_http_request_t *r, reg_manifest_scan_t *scan,
    reg_hash_t *hash, ngx_http_registry_file_t *file)
{
    off_t     offset;
    u_char   *buf;
    ssize_t   n;

    buf = ngx_alloc(NGX_HTTP_REGISTRY_SCAN_SIZE, r->connection->log);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (offset = 0; offset < NGX_HTTP_REGISTRY_SCAN_MAX; offset += n) {

        n = pread(file->of.fd, buf, NGX_HTTP_REGISTRY_SCAN_SIZE, offset);

        if (n == -1) {
            ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                          "pread() \"%s\" failed", file->path.data);
            ngx_free(buf);
            return NGX_ERROR;
        }

        if (n == 0) {
            break;
        }

        reg_manifest_scan_feed(scan, buf, n);
        reg_hash_update(hash, buf, n);
    }

    ngx_free(buf);

    return n ? NGX_DECLINED : NGX_OK;
}


/*
 * nginx compares quoted entity tags; some clients send the bare digest.
 * There is no time of modification to compare with.
 */

static void
ngx_http_registry_conditions(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    u_char           *p, *last, *start;
    ngx_table_elt_t  *h;

    r->headers_in.if_modified_since = NULL;
    r->headers_in.if_unmodified_since = NULL;

    h = r->headers_in.if_none_match;

    if (h == NULL) {
        return;
    }

    p = h->value.data;
    last = p + h->value.len;

    while (p < last) {

        while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
            p++;
        }

        start = p;

        while (p < last && *p != ' ' && *p != '\t' && *p != ',') {
            p++;
        }

        if ((size_t) (p - start) == ctx->digest.len
            && ngx_strncmp(start, ctx->digest.data, ctx->digest.len) == 0)
        {
            h->value = r->headers_out.etag->value;
            return;
        }
    }
}


static ngx_int_t
ngx_http_registry_send(ngx_http_request_t *r, ngx_http_registry_file_t *file)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    r->connection->log->action = "sending response to client";

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = file->size;

    r->allow_ranges = 1;

    /* we need to allocate all before the header would be sent */

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last_buf = 1;
    b->last_in_chain = 1;

    if (r->method == NGX_HTTP_GET
        && file->content == NULL
        && file->size <= NGX_HTTP_REGISTRY_COPY_MAX
        && !file->of.is_directio
        && ngx_http_registry_read(r, file) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (file->content) {
        b->pos = file->content;
        b->last = file->content + file->size;
        b->temporary = file->size ? 1 : 0;

    } else {
        b->file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));
        if (b->file == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        b->file_pos = 0;
        b->file_last = file->size;

        b->in_file = b->file_last ? 1 : 0;

        b->file->fd = file->of.fd;
        b->file->name = file->path;
        b->file->log = r->connection->log;
        b->file->directio = file->of.is_directio;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_http_registry_read(ngx_http_request_t *r, ngx_http_registry_file_t *file)
{
    u_char   *buf;
    ssize_t   n;

    buf = ngx_pnalloc(r->pool, file->size + 1);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    n = pread(file->of.fd, buf, file->size, 0);

    if (n != file->size) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log,
                      (n == -1) ? ngx_errno : 0,
                      "pread() \"%s\" failed", file->path.data);
        return NGX_ERROR;
    }

    file->content = buf;

    return NGX_OK;
}
