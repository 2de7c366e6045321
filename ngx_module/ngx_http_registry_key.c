
/*
 * The keys that prove that the index wrote a verdict in memcached, and
 * warnings of "nginx -t" about configurations without them.
 */


#include "ngx_http_registry_module.h"


#define NGX_HTTP_REGISTRY_KEYS_MAX      8
#define NGX_HTTP_REGISTRY_KEY_FILE_MAX  4096


static ngx_int_t ngx_http_registry_read_key_file(ngx_conf_t *cf,
    ngx_str_t *name, u_char *buf, size_t *len);
static ngx_int_t ngx_http_registry_parse_keys(ngx_conf_t *cf, ngx_str_t *name,
    ngx_array_t *keys, u_char *p, u_char *last);
static ngx_int_t ngx_http_registry_add_key(ngx_conf_t *cf, ngx_array_t *keys,
    u_char *p, size_t len);
static ngx_uint_t ngx_http_registry_same(ngx_str_t *a, ngx_str_t *b);


char *
ngx_http_registry_verdict_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_registry_loc_conf_t *rlcf = conf;

    ngx_str_t  *value;

    if (rlcf->verdict_keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    rlcf->verdict_keys = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
    if (rlcf->verdict_keys == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    return (ngx_http_registry_load_keys(cf, &value[1], rlcf->verdict_keys)
            == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_registry_load_keys(ngx_conf_t *cf, ngx_str_t *file, ngx_array_t *keys)
{
    u_char     buf[NGX_HTTP_REGISTRY_KEY_FILE_MAX];
    size_t     len;
    ngx_int_t  rc;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_registry_read_key_file(cf, file, buf, &len);

    if (rc == NGX_OK) {
        rc = ngx_http_registry_parse_keys(cf, file, keys, buf, buf + len);
    }

    ngx_explicit_memzero(buf, sizeof(buf));

    return rc;
}


static ngx_int_t
ngx_http_registry_read_key_file(ngx_conf_t *cf, ngx_str_t *name, u_char *buf,
    size_t *len)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_err_t        err;
    ngx_file_info_t  fi;

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_ERROR;
    }

    n = -1;
    err = 0;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        err = ngx_errno;

    } else if (ngx_is_file(&fi)) {
        n = ngx_read_fd(fd, buf, NGX_HTTP_REGISTRY_KEY_FILE_MAX);
        err = (n == -1) ? ngx_errno : 0;
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "\"%V\" is not a readable file", name);
        return NGX_ERROR;
    }

    if (ngx_file_access(&fi) & 077) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "others than its owner may open the key \"%V\": "
                           "chmod 0600 %V", name, name);
        return NGX_ERROR;
    }

    if (n == NGX_HTTP_REGISTRY_KEY_FILE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is longer than %d bytes", name,
                           NGX_HTTP_REGISTRY_KEY_FILE_MAX - 1);
        return NGX_ERROR;
    }

    *len = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_parse_keys(ngx_conf_t *cf, ngx_str_t *name,
    ngx_array_t *keys, u_char *p, u_char *last)
{
    u_char  *end;

    for ( /* void */ ; p < last; p = end + 1) {

        for (end = p; end < last && *end != LF; end++) {

            if (*end <= ' ' || *end >= 0x7f) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" is not a key a line: see "
                                   "slipway-index verdict-key", name);
                return NGX_ERROR;
            }
        }

        if (end == p) {
            continue;
        }

        if (end - p < REG_VERDICT_SECRET_MIN
            || end - p > REG_VERDICT_SECRET_MAX)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "a key of \"%V\" has %z characters, and not "
                               "%d to %d", name, (ssize_t) (end - p),
                               REG_VERDICT_SECRET_MIN, REG_VERDICT_SECRET_MAX);
            return NGX_ERROR;
        }

        if (ngx_http_registry_add_key(cf, keys, p, end - p) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (keys->nelts == 0 || keys->nelts > NGX_HTTP_REGISTRY_KEYS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has %ui keys, and not 1 to %d", name,
                           keys->nelts, NGX_HTTP_REGISTRY_KEYS_MAX);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_add_key(ngx_conf_t *cf, ngx_array_t *keys, u_char *p,
    size_t len)
{
    ngx_str_t  *key;

    key = ngx_array_push(keys);
    if (key == NULL) {
        return NGX_ERROR;
    }

    key->len = len;
    key->data = ngx_pnalloc(cf->pool, len);
    if (key->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(key->data, p, len);

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_unseal(ngx_http_registry_loc_conf_t *rlcf,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *text)
{
    u_char       key[REG_VERDICT_KEY_LEN];
    reg_str_t    found;
    ngx_str_t   *keys;
    ngx_uint_t   i;

    if (rlcf->verdict_keys == NULL) {
        return NGX_DECLINED;
    }

    ngx_http_registry_print_key(key, ngx_http_registry_token_hash(ctx));

    keys = rlcf->verdict_keys->elts;

    for (i = 0; i < rlcf->verdict_keys->nelts; i++) {

        if (reg_verdict_unseal(ngx_http_registry_str(text),
                               ngx_http_registry_str(&keys[i]),
                               (reg_str_t) { REG_VERDICT_KEY_LEN, key },
                               &found)
            == REG_OK)
        {
            text->len = found.len;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


u_char *
ngx_http_registry_token_hash(ngx_http_registry_ctx_t *ctx)
{
    reg_hash_t  hash;

    if (!ctx->hashed) {
        reg_hash_init(&hash, REG_SHA256);
        reg_hash_update(&hash, ctx->token.data, ctx->token.len);
        reg_hash_raw(&hash, ctx->token_hash);

        ctx->hashed = 1;
    }

    return ctx->token_hash;
}


void
ngx_http_registry_print_key(u_char *dst, u_char *hash)
{
    dst = ngx_cpymem(dst, REG_VERDICT_KEY_PREFIX,
                     sizeof(REG_VERDICT_KEY_PREFIX) - 1);

    reg_hex_encode(hash, NGX_HTTP_REGISTRY_HASH_LEN, (char *) dst);
}


ngx_int_t
ngx_http_registry_add_place(ngx_conf_t *cf, ngx_array_t *places,
    ngx_http_registry_loc_conf_t *conf)
{
    ngx_http_registry_place_t  *place;

    place = ngx_array_push(places);
    if (place == NULL) {
        return NGX_ERROR;
    }

    place->cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    place->clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    place->conf = conf;

    return NGX_OK;
}


void
ngx_http_registry_check_keys(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf)
{
    ngx_uint_t                  i, n;
    ngx_http_registry_place_t  *asker, *cache;

    asker = rmcf->askers.elts;
    cache = rmcf->caches.elts;

    for (i = 0; i < rmcf->askers.nelts; i++) {

        if (asker[i].conf->verdict_keys) {
            continue;
        }

        for (n = 0; n < rmcf->caches.nelts; n++) {

            if (cache[n].cscf != asker[i].cscf
                || !ngx_http_registry_same(&cache[n].clcf->name,
                                           &asker[i].conf->verdict))
            {
                continue;
            }

            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "without \"registry_verdict_key\" no value of "
                               "memcached at \"%V\" is accepted, and the "
                               "index is asked each time",
                               &asker[i].conf->verdict);
            return;
        }
    }
}


/* With variables, each request has the service of its tenant. */

void
ngx_http_registry_check_services(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf)
{
    ngx_uint_t                  i, n;
    ngx_http_complex_value_t   *service;
    ngx_http_registry_place_t  *a, *b;

    a = rmcf->askers.elts;

    for (i = 1; i < rmcf->askers.nelts; i++) {

        service = a[i].conf->service;
        b = rmcf->askers.elts;

        for (n = 0; n < i; n++) {

            if (a[i].cscf == b[n].cscf
                || service->lengths
                || b[n].conf->service->lengths
                || !ngx_http_registry_same(&service->value,
                                           &b[n].conf->service->value)
                || ngx_http_registry_same(&a[i].conf->root->value.value,
                                          &b[n].conf->root->value.value))
            {
                continue;
            }

            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "servers with the roots \"%V\" and \"%V\" "
                               "share \"registry_service %V\": a token of one "
                               "may be valid for the other",
                               &b[n].conf->root->value.value,
                               &a[i].conf->root->value.value,
                               &service->value);
            return;
        }
    }
}


static ngx_uint_t
ngx_http_registry_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len && ngx_strncmp(a->data, b->data, a->len) == 0;
}
