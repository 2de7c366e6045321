
/*
 * The original protocol, /v1/: who answers its requests, which repository they
 * are about, and the layers of its images, which are blobs.
 */


#include "ngx_http_registry_module.h"


static ngx_uint_t ngx_http_registry_v1_is_for_index(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_loc_conf_t *rlcf);
static ngx_int_t ngx_http_registry_v1_hint(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_str_t *ngx_http_registry_v1_location(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_v1_ping(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_v1_layer_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_registry_v1_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, const char *what,
    ngx_http_registry_link_t *link);
static ngx_int_t ngx_http_registry_v1_is_uploading(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static ngx_int_t ngx_http_registry_v1_layer(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);
static int ngx_http_registry_v1_path(ngx_http_registry_ctx_t *ctx, char *path,
    const char *what);
static ngx_int_t ngx_http_registry_v1_check_index(ngx_conf_t *cf,
    ngx_http_registry_place_t *place);
static ngx_int_t ngx_http_registry_v1_check_layers(ngx_conf_t *cf,
    ngx_http_registry_place_t *place);


/* any text, without which docker before 0.11 sees no registry */

static ngx_str_t  ngx_http_registry_v1_version = ngx_string("slipway");
static ngx_str_t  ngx_http_registry_v1_true = ngx_string("true");
static ngx_str_t  ngx_http_registry_v1_false = ngx_string("false");


/*
 * A location serves the protocol whose prefix begins its name, so that a
 * registry at "/" does not serve more than it did.
 */

void
ngx_http_registry_set_v1(ngx_conf_t *cf, ngx_http_registry_loc_conf_t *prev,
    ngx_http_registry_loc_conf_t *conf)
{
    ngx_str_t                      name;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_srv_conf_t  *rscf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    rscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_registry_module);

    if (clcf->noname) {
        conf->v1 = prev->v1;
        return;
    }

    if (clcf->named) {

        /* only other locations lead here */

        conf->v1 = 1;
        return;
    }

    name = clcf->name;

#if (NGX_PCRE)

    if (clcf->regex && name.len && name.data[0] == '^') {
        name.data++;
        name.len--;
    }

#endif

    conf->v1 = reg_path_is_v1(ngx_http_registry_str(&name));

    if (conf->v1) {
        rscf->v1 = 1;

    } else {
        rscf->used = 1;
    }
}


ngx_int_t
ngx_http_registry_v1_prepare(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (rlcf->verdict.len == 0) {
        return ngx_http_registry_v1_hint(r, ctx);
    }

    if (!ngx_http_registry_v1_is_for_index(r, ctx, rlcf)) {
        return NGX_OK;
    }

    if (rlcf->index.len == 0) {

        /* no worker of the registry may answer in place of the index */

        return NGX_HTTP_NOT_FOUND;
    }

    /* what the index allows, the registry would refuse */

    rc = ngx_http_registry_switches(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    ctx->for_index = 1;

    if (r->headers_in.content_length_n > rlcf->manifest_size) {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return NGX_DECLINED;
}


ngx_uint_t
ngx_http_registry_v1_is_of_store(ngx_http_registry_ctx_t *ctx)
{
    switch (ctx->route.act) {

    case REG_ACT_V1_USER_POST:
    case REG_ACT_V1_USER_PUT:
    case REG_ACT_V1_AUTH_PUT:
    case REG_ACT_V1_IMAGE_LIST_DELETE:
        return 0;

    default:
        return 1;
    }
}


/* A repository is deleted by the index first, and then by the registry. */

static ngx_uint_t
ngx_http_registry_v1_is_for_index(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_loc_conf_t *rlcf)
{
    ngx_str_t  *value;

    if (ctx->route.right == REG_RIGHT_INDEX) {
        return 1;
    }

    if (ctx->route.act != REG_ACT_V1_REPOSITORY_DELETE
        || rlcf->index.len == 0)
    {
        return 0;
    }

    if (r->headers_in.authorization == NULL) {
        return 1;
    }

    value = &r->headers_in.authorization->value;

    return !reg_token_v1_is_scheme(ngx_http_registry_str(value));
}


/*
 * Without an index a token proves nothing, but it tells the repository of an
 * image; so does a worker that sends the request here again.
 */

static ngx_int_t
ngx_http_registry_v1_hint(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx)
{
    u_char          *p;
    reg_str_t        name;
    ngx_str_t       *value;
    reg_token_v1_t   token;

    if (ctx->route.name.len || ctx->route.image_id.len == 0) {
        return NGX_OK;
    }

    name = reg_str("");

    if (r->headers_in.authorization) {
        value = &r->headers_in.authorization->value;

        (void) reg_token_v1_parse(ngx_http_registry_str(value), &token);
        name = reg_name_from_v1(token.repository);
    }

    if (r->internal) {
        p = ngx_pnalloc(r->pool, REG_NAME_MAX);
        if (p == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        (void) reg_query_arg(REG_QUERY_URI, ngx_http_registry_str(&r->args),
                             "repository", p, REG_NAME_MAX, &name);
    }

    if (reg_name_is_valid(name)) {
        ctx->route.name = name;
    }

    return NGX_OK;
}


/*
 * The verdict decides, and names a single repository.  What the text of the
 * token says must not be something else: the client asked for another one.
 */

ngx_int_t
ngx_http_registry_v1_repository(ngx_http_registry_ctx_t *ctx)
{
    size_t       pos;
    reg_scope_t  scope, next;

    pos = 0;

    if (reg_verdict_next_grant(&ctx->verdict, &pos, &scope) != REG_OK
        || reg_verdict_next_grant(&ctx->verdict, &pos, &next) == REG_OK
        || !reg_str_eq(scope.type, reg_str("repository"))
        || !reg_name_is_valid(scope.name))
    {
        return NGX_DECLINED;
    }

    if (ctx->token_name.len && !reg_str_eq(ctx->token_name, scope.name)) {
        return NGX_DECLINED;
    }

    if (ctx->route.name.len == 0) {
        ctx->route.name = scope.name;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_registry_v1_content(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_str_t  *name;

    name = ngx_http_registry_v1_location(r, ctx);

    if (name) {
        (void) ngx_http_named_location(r, name);
        ngx_http_finalize_request(r, NGX_DONE);
        return NGX_DONE;
    }

    switch (ctx->route.act) {

    case REG_ACT_V1_PING:
        r->content_handler = ngx_http_registry_v1_ping;
        break;

    case REG_ACT_V1_IMAGE_LAYER_GET:
    case REG_ACT_V1_IMAGE_LAYER_HEAD:
        ctx->handler = r->content_handler;
        r->content_handler = ngx_http_registry_v1_layer_handler;
        break;

    default:
        break;
    }

    return NGX_DECLINED;
}


static ngx_str_t *
ngx_http_registry_v1_location(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_loc_conf_t  *rlcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (ctx->for_index) {
        return &rlcf->index;
    }

    if (rlcf->layers.len == 0 || clcf->named) {
        return NULL;
    }

    switch (ctx->route.act) {

    case REG_ACT_V1_IMAGE_LAYER_PUT:
    case REG_ACT_V1_IMAGE_FILES_GET:
    case REG_ACT_V1_IMAGE_DIFF_GET:
        return &rlcf->layers;

    default:
        return NULL;
    }
}


/*
 * With an index, tokens count: the client must not send a password in place
 * of them, as it does to a registry that says that it stands alone.
 */

static ngx_int_t
ngx_http_registry_v1_ping(ngx_http_request_t *r)
{
    ngx_int_t                      rc;
    ngx_http_registry_loc_conf_t  *rlcf;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (ngx_http_registry_set_header(r, "X-Docker-Registry-Version",
                                     &ngx_http_registry_v1_version)
        != NGX_OK
        || ngx_http_registry_set_header(r, "X-Docker-Registry-Standalone",
                                        rlcf->verdict.len
                                        ? &ngx_http_registry_v1_false
                                        : &ngx_http_registry_v1_true)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_registry_send_json(r, "true");
}


/*
 * The worker knows why there is no layer, and may make it: of an image that
 * was pushed as a manifest.  It sends the request here again then.
 */

static ngx_int_t
ngx_http_registry_v1_layer_handler(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    ngx_http_registry_ctx_t  *ctx;

    ctx = ngx_http_registry_get_ctx(r);

    rc = ngx_http_registry_v1_layer(r, ctx);

    if (rc == NGX_OK) {

        /* from here on it is a blob of the repository, as any other */

        ctx->route.kind = REG_PATH_KIND_BLOB;

        return ngx_http_registry_content_handler(r);
    }

    if (rc != NGX_DECLINED) {
        return (rc == NGX_ERROR) ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
    }

    if (ctx->handler == NULL) {
        return ngx_http_registry_error(r, REG_ERR_IMAGE_UNKNOWN, NULL,
                                       reg_str(""));
    }

    return ctx->handler(r);
}


static ngx_int_t
ngx_http_registry_v1_layer(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_http_registry_link_t  *link;

    if (ctx->route.name.len == 0) {
        return NGX_DECLINED;
    }

    rc = ngx_http_registry_v1_is_uploading(r, ctx);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    /* the digest is a view into the link */

    link = ngx_palloc(r->pool, sizeof(ngx_http_registry_link_t));
    if (link == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_registry_v1_link(r, ctx, "layer", link);

    if (rc == NGX_OK) {
        ctx->route.digest = link->digest;
        ctx->route.has_digest = 1;
    }

    return rc;
}


ngx_int_t
ngx_http_registry_v1_manifest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link)
{
    return ctx->route.name.len
           ? ngx_http_registry_v1_link(r, ctx, "manifest", link)
           : NGX_DECLINED;
}


/* An empty link is as good as none: registry:2 writes none of these. */

static ngx_int_t
ngx_http_registry_v1_link(ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx,
    const char *what, ngx_http_registry_link_t *link)
{
    char       path[REG_PATH_MAX];
    ngx_int_t  rc;

    if (ngx_http_registry_v1_path(ctx, path, what) == REG_ERROR) {
        return NGX_DECLINED;
    }

    rc = ngx_http_registry_get_link(r, ctx, path, link);

    return (rc == NGX_AGAIN) ? NGX_DECLINED : rc;
}


/* NGX_DECLINED where the image is complete, or not there. */

static ngx_int_t
ngx_http_registry_v1_is_uploading(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    char         path[REG_PATH_MAX];
    ngx_err_t    err;
    struct stat  fi;

    if (ngx_http_registry_v1_path(ctx, path, "inprogress") == REG_ERROR) {
        return NGX_DECLINED;
    }

    if (stat(path, &fi) == 0) {
        return ngx_http_registry_error(r, REG_ERR_IMAGE_UPLOADING, NULL,
                                       reg_str(""));
    }

    err = ngx_errno;

    if (err == NGX_ENOENT || err == NGX_ENOTDIR) {
        return NGX_DECLINED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, err,
                  ngx_file_info_n " \"%s\" failed", path);

    return ngx_http_registry_failure(err);
}


/* Writes the path of a file of an image into path[REG_PATH_MAX]. */

static int
ngx_http_registry_v1_path(ngx_http_registry_ctx_t *ctx, char *path,
    const char *what)
{
    return reg_path_image_v1(path, REG_PATH_MAX,
                             ngx_http_registry_str(&ctx->root),
                             ctx->route.name, ctx->route.image_id, what);
}


const char *
ngx_http_registry_v1_message(reg_err_t err)
{
    switch (err) {

    case REG_ERR_UNAUTHORIZED:
        return "Requires authorization";

    case REG_ERR_TAG_INVALID:
        return "Invalid tag name";

    default:
        return NULL;
    }
}


ngx_int_t
ngx_http_registry_check_leaders(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf)
{
    ngx_uint_t                  i;
    ngx_http_registry_place_t  *place;

    place = rmcf->leaders.elts;

    for (i = 0; i < rmcf->leaders.nelts; i++) {

        if (ngx_http_registry_v1_check_index(cf, &place[i]) != NGX_OK
            || ngx_http_registry_v1_check_layers(cf, &place[i]) != NGX_OK
            || ngx_http_registry_check_store_pass(cf, &place[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_registry_check_store_roots(cf, &rmcf->leaders);
}


ngx_http_core_loc_conf_t *
ngx_http_registry_find_named(ngx_http_registry_place_t *place, ngx_str_t *name)
{
    ngx_http_core_loc_conf_t  **clcf;

    if (place->cscf->named_locations == NULL) {
        return NULL;
    }

    for (clcf = place->cscf->named_locations; *clcf; clcf++) {

        if ((*clcf)->name.len == name->len
            && ngx_strncmp((*clcf)->name.data, name->data, name->len) == 0)
        {
            return *clcf;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_registry_v1_check_index(ngx_conf_t *cf,
    ngx_http_registry_place_t *place)
{
    ngx_str_t                     *name;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_loc_conf_t  *rlcf;

    name = &place->conf->index;

    if (name->len == 0) {
        return NGX_OK;
    }

    if (place->conf->verdict.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_index\" without \"registry_realm\" in "
                           "the server at %s:%ui: the tokens of the index "
                           "would not be checked",
                           place->cscf->file_name, place->cscf->line);
        return NGX_ERROR;
    }

    clcf = ngx_http_registry_find_named(place, name);

    if (clcf == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_index\" needs a named location \"%V\" "
                           "in the server at %s:%ui", name,
                           place->cscf->file_name, place->cscf->line);
        return NGX_ERROR;
    }

    rlcf = clcf->loc_conf[ngx_http_registry_module.ctx_index];

    if (rlcf->enable) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" is one of the index: write "
                           "\"registry off;\" there", name);
        return NGX_ERROR;
    }

    if (clcf->handler == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" has no \"fastcgi_pass\"", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The second location checks the token again, and stores the layer. */

static ngx_int_t
ngx_http_registry_v1_check_layers(ngx_conf_t *cf,
    ngx_http_registry_place_t *place)
{
    ngx_str_t                     *name;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_registry_loc_conf_t  *rlcf, *conf;

    conf = place->conf;
    name = &conf->layers;

    if (name->len == 0) {
        return NGX_OK;
    }

    clcf = ngx_http_registry_find_named(place, name);

    if (clcf == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"registry_layers\" needs a named location \"%V\" "
                           "in the server at %s:%ui", name,
                           place->cscf->file_name, place->cscf->line);
        return NGX_ERROR;
    }

    rlcf = clcf->loc_conf[ngx_http_registry_module.ctx_index];

    if (!rlcf->enable) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" must have \"registry on\"", name);
        return NGX_ERROR;
    }

    if (!reg_str_eq(ngx_http_registry_str(&rlcf->root->value.value),
                    ngx_http_registry_str(&conf->root->value.value))
        || !reg_str_eq(ngx_http_registry_str(&rlcf->verdict),
                       ngx_http_registry_str(&conf->verdict)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "location \"%V\" must have the \"registry_root\" "
                           "and the \"registry_verdict\" of the location "
                           "that leads to it: set them in the server", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}
