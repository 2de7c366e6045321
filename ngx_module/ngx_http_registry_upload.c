
/*
 * The body of an upload: the upload's own file is lent to nginx as the file of
 * the request's body, so nginx's own code writes it, at the right offset and
 * in any version of HTTP; here it is locked, and hashed as it passes.
 */


#include "ngx_http_registry_module.h"

#include <sys/file.h>
#include <openssl/rand.h>


#define NGX_HTTP_REGISTRY_UUID_LEN  36


static ngx_int_t ngx_http_registry_upload_prepare(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_http_registry_upload_t *ngx_http_registry_upload_alloc(
    ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx, reg_str_t id);
static ngx_int_t ngx_http_registry_upload_create(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_err_t ngx_http_registry_create_path(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, u_char *path);
static ngx_int_t ngx_http_registry_uuid(ngx_http_request_t *r, reg_str_t *id);
static ngx_int_t ngx_http_registry_upload_lock(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_upload_is_old(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, time_t started);
static ngx_int_t ngx_http_registry_upload_unknown(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_upload_range(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_range_invalid(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_uint_t ngx_http_registry_hint(ngx_http_request_t *r,
    reg_algorithm_t *algorithm);
static ngx_int_t ngx_http_registry_upload_hash(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_hash_state(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_algorithm_t algorithm);
static ngx_int_t ngx_http_registry_request_body_filter(
    ngx_http_request_t *r, ngx_chain_t *in);
static ngx_int_t ngx_http_registry_upload_lend(ngx_http_request_t *r,
    ngx_http_registry_upload_t *u);
static ngx_int_t ngx_http_registry_body_limit(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_registry_body_whole(ngx_http_request_t *r,
    ngx_http_registry_upload_t *u);
static void ngx_http_registry_upload_cleanup(void *data);
static void ngx_http_registry_upload_tail(ngx_http_registry_upload_t *u);
static void ngx_http_registry_upload_delete(ngx_http_registry_upload_t *u);


static ngx_http_request_body_filter_pt  ngx_http_next_request_body_filter;


ngx_uint_t
ngx_http_registry_is_upload(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    int           rc;
    u_char        buf[REG_DIGEST_MAX];
    reg_str_t     value;
    reg_digest_t  digest;

    switch (ctx->route.act) {

    case REG_ACT_UPLOAD_PATCH:
    case REG_ACT_UPLOAD_PUT:
    case REG_ACT_V1_IMAGE_LAYER_PUT:
        return 1;

    case REG_ACT_UPLOAD_START:

        /* REG_ERROR: there is one, and it is longer than buf */

        rc = reg_query_arg(REG_QUERY_URI, ngx_http_registry_str(&r->args),
                           "digest", buf, sizeof(buf), &value);

        if (rc == REG_DECLINED) {
            return 0;
        }

        if (ngx_http_registry_has_body(r)) {
            return 1;
        }

        /* without a body it is complete only if the digest is of no bytes */

        return rc == REG_OK
               && reg_digest_parse(value, &digest) == REG_OK
               && reg_hash_fits(reg_str(""), &digest);

    default:
        return 0;
    }
}


ngx_int_t
ngx_http_registry_upload_open(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_registry_upload_prepare(r, ctx);

    if (rc != NGX_OK) {

        if (ctx->upload) {

            /* an error_page may read the body, which is not the upload's */

            ngx_http_registry_upload_release(ctx->upload);
            ctx->upload = NULL;
        }

        return rc;
    }

    if (!ngx_http_registry_has_body(r)) {
        ctx->upload->whole = 1;
        ngx_http_registry_upload_release(ctx->upload);
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_registry_upload_prepare(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->route.act == REG_ACT_V1_IMAGE_LAYER_PUT) {
        rc = ngx_http_registry_upload_create(r, ctx);

        return (rc == NGX_OK)
               ? ngx_http_registry_hash_state(r, ctx, REG_SHA256) : rc;
    }

    if (ctx->route.act == REG_ACT_UPLOAD_START) {
        rc = ngx_http_registry_upload_create(r, ctx);

    } else {
        ctx->upload = ngx_http_registry_upload_alloc(r, ctx,
                                                     ctx->route.reference);
        if (ctx->upload == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = ngx_http_registry_upload_lock(r, ctx);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_registry_upload_range(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_registry_upload_hash(r, ctx);
}


static ngx_http_registry_upload_t *
ngx_http_registry_upload_alloc(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_str_t id)
{
    int                          len;
    ngx_http_cleanup_t          *cln;
    ngx_http_registry_upload_t  *u;

    u = ngx_pcalloc(r->pool, sizeof(ngx_http_registry_upload_t));
    if (u == NULL) {
        return NULL;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_registry_upload_cleanup;
    cln->data = u;

    u->request = r;
    u->id = id;
    u->length = -1;
    u->fd = NGX_INVALID_FILE;
    u->temp_file.file.fd = NGX_INVALID_FILE;

    u->path.data = ngx_pnalloc(r->pool, REG_PATH_MAX);
    if (u->path.data == NULL) {
        return NULL;
    }

    len = reg_path_upload((char *) u->path.data, REG_PATH_MAX,
                          ngx_http_registry_str(&ctx->root),
                          ctx->route.name.len
                          ? ctx->route.name
                          : reg_cstr(NGX_HTTP_REGISTRY_V1_STAGING),
                          id, "data");
    if (len == REG_ERROR) {
        return NULL;
    }

    u->path.len = len;

    u->temp_file.file.name = u->path;
    u->temp_file.file.log = r->connection->log;
    u->temp_file.pool = r->pool;

    return u;
}


/* A push in a single request: there is no upload yet. */

static ngx_int_t
ngx_http_registry_upload_create(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_fd_t                     fd;
    ngx_err_t                    err;
    reg_str_t                    id;
    ngx_http_registry_upload_t  *u;

    if (ngx_http_registry_uuid(r, &id) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    u = ngx_http_registry_upload_alloc(r, ctx, id);
    if (u == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    err = ngx_http_registry_create_path(r, ctx, u->path.data);

    if (err == NGX_ENOENT) {

        /* a root with variables was removed after it was checked */

        return ngx_http_registry_no_root(r);
    }

    if (err) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, err,
                      ngx_create_dir_n " for \"%s\" failed", u->path.data);
        return ngx_http_registry_failure(err);
    }

    fd = open((char *) u->path.data,
              O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0660);

    if (fd == NGX_INVALID_FILE || flock(fd, LOCK_EX|LOCK_NB) == -1) {
        err = ngx_errno;

        ngx_log_error(NGX_LOG_CRIT, r->connection->log, err,
                      "cannot make upload \"%s\"", u->path.data);

        if (fd != NGX_INVALID_FILE) {
            (void) close(fd);
        }

        return ngx_http_registry_failure(err);
    }

    u->fd = fd;
    u->temp_file.file.fd = fd;
    u->created = 1;

    ctx->upload = u;

    ngx_http_registry_count_upload(r, 1);

    return NGX_OK;
}


/* As ngx_create_full_path(), but a root with variables must exist. */

static ngx_err_t
ngx_http_registry_create_path(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, u_char *path)
{
    u_char                        *p;
    ngx_err_t                      err;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->root->below.len == 0) {
        return ngx_create_full_path(path, 0770);
    }

    for (p = path + ctx->root.len + 1; *p; p++) {
        if (*p != '/') {
            continue;
        }

        *p = '\0';

        err = (ngx_create_dir(path, 0770) == NGX_FILE_ERROR) ? ngx_errno : 0;

        *p = '/';

        if (err && err != NGX_EEXIST) {
            return err;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_registry_uuid(ngx_http_request_t *r, reg_str_t *id)
{
    u_char  *p, b[16];

    if (RAND_bytes(b, sizeof(b)) != 1) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, 0,
                      "RAND_bytes() failed");
        return NGX_ERROR;
    }

    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;

    p = ngx_pnalloc(r->pool, NGX_HTTP_REGISTRY_UUID_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    id->data = p;
    id->len = NGX_HTTP_REGISTRY_UUID_LEN;

    p = ngx_hex_dump(p, b, 4);
    *p++ = '-';
    p = ngx_hex_dump(p, b + 4, 2);
    *p++ = '-';
    p = ngx_hex_dump(p, b + 6, 2);
    *p++ = '-';
    p = ngx_hex_dump(p, b + 8, 2);
    *p++ = '-';
    (void) ngx_hex_dump(p, b + 10, 6);

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_upload_lock(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_fd_t                     fd;
    ngx_err_t                    err;
    struct stat                  fi, si;
    ngx_uint_t                   busy;
    ngx_http_registry_upload_t  *u;

    u = ctx->upload;

    fd = open((char *) u->path.data,
              O_RDWR|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        err = ngx_errno;

        if (err == NGX_ENOENT || err == NGX_ENOTDIR) {
            return ngx_http_registry_upload_unknown(r, ctx);
        }

        ngx_log_error(NGX_LOG_CRIT, r->connection->log, err,
                      ngx_open_file_n " \"%s\" failed", u->path.data);

        return ngx_http_registry_failure(err);
    }

    u->fd = fd;
    u->temp_file.file.fd = fd;

    busy = (flock(fd, LOCK_EX|LOCK_NB) == -1);

    ngx_http_registry_count_upload(r, 1);

    /* a request that had the lock may have committed or cancelled it */

    err = (fstat(fd, &fi) == -1 || stat((char *) u->path.data, &si) == -1)
          ? ngx_errno : 0;

    if (err && err != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_CRIT, r->connection->log, err,
                      ngx_file_info_n " \"%s\" failed", u->path.data);

        return ngx_http_registry_failure(err);
    }

    if (err
        || !S_ISREG(fi.st_mode)
        || fi.st_dev != si.st_dev
        || fi.st_ino != si.st_ino
        || ngx_http_registry_upload_is_old(r, ctx, fi.st_mtime))
    {
        return ngx_http_registry_upload_unknown(r, ctx);
    }

    u->offset = fi.st_size;
    u->size = fi.st_size;
    u->temp_file.offset = fi.st_size;

    if (busy) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "upload \"%s\" is in use", u->path.data);
        return ngx_http_registry_range_invalid(r, ctx);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_upload_status(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    int          len;
    char         path[REG_PATH_MAX];
    struct stat  fi;

    len = reg_path_upload(path, sizeof(path),
                          ngx_http_registry_str(&ctx->root),
                          ctx->route.name, ctx->route.reference, "data");

    if (len == REG_ERROR || stat(path, &fi) == -1) {

        /* the worker logs a better reason */

        return NGX_DECLINED;
    }

    if (ngx_http_registry_upload_is_old(r, ctx, fi.st_mtime)) {
        return ngx_http_registry_upload_unknown(r, ctx);
    }

    return NGX_DECLINED;
}


/*
 * Checked when a request begins: one that was accepted may end later.  The
 * time of modification is used where startedat is missing or invalid; "purge",
 * which removes old uploads, uses the same rule.
 */

static ngx_uint_t
ngx_http_registry_upload_is_old(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, time_t started)
{
    int                            len;
    char                           path[REG_PATH_MAX];
    u_char                         buf[REG_UTC_MAX + 1];
    int64_t                        seconds;
    ssize_t                        n;
    reg_str_t                      text;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->upload_expiry == 0) {
        return 0;
    }

    len = reg_path_upload(path, sizeof(path),
                          ngx_http_registry_str(&ctx->root),
                          ctx->route.name, ctx->route.reference,
                          "startedat");

    if (len != REG_ERROR
        && ngx_http_registry_read_file(r, path, buf, sizeof(buf), &n, NULL)
           == NGX_OK)
    {
        text.data = buf;
        text.len = n;

        if (reg_utc_parse(text, &seconds) == REG_OK) {
            started = seconds;
        }
    }

    return started < ngx_time() - rlcf->upload_expiry;
}


static ngx_int_t
ngx_http_registry_upload_unknown(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    return ngx_http_registry_error(r, REG_ERR_BLOB_UPLOAD_UNKNOWN, NULL,
                                   ctx->route.reference);
}


static ngx_int_t
ngx_http_registry_upload_range(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_str_t                   *value;
    reg_range_t                  range;
    ngx_http_registry_upload_t  *u;

    if (r->headers_in.content_range == NULL) {
        return NGX_OK;
    }

    u = ctx->upload;
    value = &r->headers_in.content_range->value;

    if (reg_content_range_parse(ngx_http_registry_str(value), &range)
        != REG_OK)
    {
        return ngx_http_registry_error(r, REG_ERR_SIZE_INVALID,
                                       "malformed Content-Range",
                                       ngx_http_registry_str(value));
    }

    if (range.first != (uint64_t) u->offset || range.last < range.first) {
        return ngx_http_registry_range_invalid(r, ctx);
    }

    u->length = range.last - range.first + 1;

    if (!r->headers_in.chunked
        && u->length != ngx_max(r->headers_in.content_length_n, 0))
    {
        return ngx_http_registry_error(r, REG_ERR_SIZE_INVALID,
                           "Content-Range does not match Content-Length",
                           ngx_http_registry_str(value));
    }

    return NGX_OK;
}


/* The upload stays, and the response has its location. */

static ngx_int_t
ngx_http_registry_range_invalid(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    u_char                      *p;
    ngx_str_t                    value;
    reg_str_t                    name;
    reg_algorithm_t              algorithm;
    ngx_http_registry_upload_t  *u;

    u = ctx->upload;

    p = ngx_pnalloc(r->pool, sizeof("/v2//blobs/uploads/?digest-algorithm=")
                             + u->id.len + ctx->route.name.len
                             + REG_DIGEST_MAX);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.data = p;

    p = ngx_sprintf(p, "/v2/%V/blobs/uploads/%V", &ctx->route.name, &u->id);

    if (ngx_http_registry_hint(r, &algorithm)) {
        name = reg_algorithm_name(algorithm);
        p = ngx_sprintf(p, "?digest-algorithm=%V", &name);
    }

    value.len = p - value.data;

    /* not r->headers_out.location, which would be made absolute */

    if (ngx_http_registry_set_header(r, "Location", &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_pnalloc(r->pool, sizeof("0-") + NGX_OFF_T_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "0-%O", u->size ? u->size - 1 : 0) - p;

    if (ngx_http_registry_set_header(r, "Range", &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.data = u->id.data;
    value.len = u->id.len;

    if (ngx_http_registry_set_header(r, "Docker-Upload-UUID", &value)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_registry_error(r, REG_ERR_RANGE_INVALID, NULL,
                                   reg_str(""));
}


/* The algorithm of the digest, which the upload's location carries along. */

static ngx_uint_t
ngx_http_registry_hint(ngx_http_request_t *r, reg_algorithm_t *algorithm)
{
    u_char     buf[REG_DIGEST_MAX];
    reg_str_t  value;

    return reg_query_arg(REG_QUERY_URI, ngx_http_registry_str(&r->args),
                         "digest-algorithm", buf, sizeof(buf), &value)
           == REG_OK
           && reg_algorithm_parse(value, algorithm) == REG_OK;
}


/* A commit names its digest; before that there may be a hint. */

static ngx_int_t
ngx_http_registry_upload_hash(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    int                          rc;
    u_char                       buf[REG_DIGEST_MAX];
    reg_str_t                    args, value;
    reg_digest_t                 digest;
    reg_algorithm_t              algorithm;

    args = ngx_http_registry_str(&r->args);

    if (ctx->route.act != REG_ACT_UPLOAD_PATCH) {

        ngx_memzero(&value, sizeof(reg_str_t));

        rc = reg_query_arg(REG_QUERY_URI, args, "digest", buf, sizeof(buf),
                           &value);

        if (rc != REG_OK || reg_digest_parse(value, &digest) != REG_OK) {
            return ngx_http_registry_error(r, REG_ERR_DIGEST_INVALID,
                                           "invalid or missing digest",
                                           value);
        }

        return ngx_http_registry_hash_state(r, ctx, digest.algorithm);
    }

    if (!ngx_http_registry_hint(r, &algorithm)) {
        algorithm = REG_SHA256;
    }

    return ngx_http_registry_hash_state(r, ctx, algorithm);
}


/* Without a state at this very offset the worker hashes the file itself. */

static ngx_int_t
ngx_http_registry_hash_state(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, reg_algorithm_t algorithm)
{
    int                          len;
    char                         path[REG_PATH_MAX];
    u_char                       buf[REG_HASH_STATE_MAX + 1];
    ssize_t                      n;
    ngx_int_t                    rc;
    reg_str_t                    state;
    ngx_http_registry_upload_t  *u;

    u = ctx->upload;

    if (u->offset == 0) {
        reg_hash_init(&u->hash, algorithm);
        u->hashing = 1;
        return NGX_OK;
    }

    len = reg_path_hash_state(path, sizeof(path),
                              ngx_http_registry_str(&ctx->root),
                              ctx->route.name, u->id, algorithm, u->offset);
    if (len == REG_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_registry_read_file(r, path, buf, sizeof(buf), &n, NULL);

    if (rc != NGX_OK) {
        return NGX_OK;
    }

    state.data = buf;
    state.len = n;

    if (reg_hash_state_import(&u->hash, state) != REG_OK
        || u->hash.algorithm != algorithm
        || u->hash.length != (uint64_t) u->offset)
    {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "hash state \"%s\" is unusable", path);
        return NGX_OK;
    }

    u->hashing = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_request_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    size_t                       size;
    ngx_err_t                    err;
    ngx_int_t                    rc;
    ngx_chain_t                 *cl;
    ngx_http_registry_ctx_t     *ctx;
    ngx_http_request_body_t     *rb;
    ngx_http_registry_upload_t  *u;

    ctx = ngx_http_registry_get_ctx(r);

    if (ctx == NULL || !ctx->entered) {
        return ngx_http_next_request_body_filter(r, in);
    }

    if (ctx->upload == NULL) {
        return ngx_http_registry_body_limit(r, ctx, in);
    }

    if (ctx->upload->whole) {
        return ngx_http_next_request_body_filter(r, in);
    }

    u = ctx->upload;
    rb = r->request_body;

    if (rb->temp_file == NULL
        && ngx_http_registry_upload_lend(r, u) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (cl = in; cl; cl = cl->next) {

        size = cl->buf->last - cl->buf->pos;

        if (u->hashing && size) {
            reg_hash_update(&u->hash, cl->buf->pos, size);
        }

        u->size += size;
    }

    ngx_set_errno(0);

    rc = ngx_http_next_request_body_filter(r, in);

    if (rc != NGX_OK) {
        err = ngx_errno;

        /* the part that was written stays */

        u->failed = 1;

        if (rc == NGX_HTTP_INTERNAL_SERVER_ERROR) {

            /* a short write sets no errno: the disk is full */

            rc = err ? ngx_http_registry_failure(err)
                     : NGX_HTTP_SERVICE_UNAVAILABLE;

            return ngx_http_registry_error(r,
                                   (rc == NGX_HTTP_SERVICE_UNAVAILABLE)
                                   ? REG_ERR_UNAVAILABLE : REG_ERR_UNKNOWN,
                                   "the upload cannot be written",
                                   reg_str(""));
        }

        return rc;
    }

    if (rb->last_saved) {
        return ngx_http_registry_body_whole(r, u);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_upload_lend(ngx_http_request_t *r,
    ngx_http_registry_upload_t *u)
{
    if (r->request_body_no_buffering || u->fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "no file for the body of an upload");
        return NGX_ERROR;
    }

    r->request_body->temp_file = &u->temp_file;

    return NGX_OK;
}


/*
 * client_max_body_size must let layers pass; no other body is larger than a
 * manifest.
 */

static ngx_int_t
ngx_http_registry_body_limit(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_chain_t *in)
{
    ngx_chain_t                   *cl;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    for (cl = in; cl; cl = cl->next) {
        ctx->received += cl->buf->last - cl->buf->pos;
    }

    if (rlcf->enable && ctx->received > rlcf->manifest_size) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "client intended to send too large body: "
                      "more than %O bytes", rlcf->manifest_size);

        r->lingering_close = 1;

        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return ngx_http_next_request_body_filter(r, in);
}


static ngx_int_t
ngx_http_registry_body_whole(ngx_http_request_t *r,
    ngx_http_registry_upload_t *u)
{
    if (u->length != -1 && u->size - u->offset != u->length) {

        u->failed = 1;
        u->size = u->offset;

        if (ftruncate(u->fd, u->offset) == -1) {
            ngx_log_error(NGX_LOG_CRIT, r->connection->log, ngx_errno,
                          "ftruncate() \"%s\" failed", u->path.data);
        }

        return ngx_http_registry_error(r, REG_ERR_SIZE_INVALID,
                                 "Content-Range does not match the body",
                                 reg_str(""));
    }

    if (u->temp_file.offset != u->size) {

        u->failed = 1;

        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "upload \"%s\" has %O bytes instead of %O",
                      u->path.data, u->temp_file.offset, u->size);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    u->whole = 1;

    /* the worker finds the bytes where they are, and locks them itself */

    r->request_body->bufs = NULL;

    ngx_http_registry_upload_release(u);

    return NGX_OK;
}


/* Runs before the request is logged. */

static void
ngx_http_registry_upload_cleanup(void *data)
{
    ngx_http_registry_upload_release(data);
}


void
ngx_http_registry_upload_release(ngx_http_registry_upload_t *u)
{
    if (u->created && (!u->whole || u->request->err_status)) {

        /* no worker has it, or will answer that it has */

        ngx_http_registry_upload_delete(u);
        u->created = 0;
    }

    if (u->fd == NGX_INVALID_FILE) {
        return;
    }

    if (!u->whole && !u->failed) {
        ngx_http_registry_upload_tail(u);
    }

    if (ngx_close_file(u->fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, u->request->connection->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", u->path.data);
    }

    u->fd = NGX_INVALID_FILE;
    u->temp_file.file.fd = NGX_INVALID_FILE;

    ngx_http_registry_count_upload(u->request, -1);
}


ngx_int_t
ngx_http_registry_upload_leave(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_http_request_body_t     *rb;
    ngx_http_registry_upload_t  *u;

    u = ctx->upload;
    ctx->upload = NULL;

    ngx_http_registry_upload_release(u);

    rb = r->request_body;

    if (rb == NULL || rb->temp_file != &u->temp_file) {
        return NGX_OK;
    }

    /* the file also contains the chunks before this one, and is closed */

    rb->temp_file = NULL;
    rb->bufs = NULL;

    r->headers_in.content_length = NULL;
    r->headers_in.content_length_n = 0;
    r->headers_in.chunked = 0;

    return u->whole ? NGX_OK : NGX_DECLINED;
}


/* The bytes that came before the body was cut count as a chunk. */

static void
ngx_http_registry_upload_tail(ngx_http_registry_upload_t *u)
{
    ngx_http_request_body_t  *rb;

    rb = u->request->request_body;

    if (rb && rb->temp_file == &u->temp_file && rb->bufs) {
        (void) ngx_write_chain_to_temp_file(&u->temp_file, rb->bufs);
        u->failed = 1;
    }
}


static void
ngx_http_registry_upload_delete(ngx_http_registry_upload_t *u)
{
    u_char  *p;

    if (ngx_delete_file(u->path.data) == NGX_FILE_ERROR) {
        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_CRIT, u->request->connection->log,
                          ngx_errno, ngx_delete_file_n " \"%s\" failed",
                          u->path.data);
        }

        return;
    }

    p = u->path.data + u->path.len - (sizeof("/data") - 1);
    *p = '\0';

    (void) ngx_delete_dir(u->path.data);

    *p = '/';
}


ngx_int_t
ngx_http_registry_upload_init(ngx_conf_t *cf)
{
    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_registry_request_body_filter;

    return NGX_OK;
}
