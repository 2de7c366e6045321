
/*
 * Directives of other modules in a registry location: refused if no client
 * could work with them, logged as a warning, or undone.
 */


#include "ngx_http_registry_module.h"


/* the first members of configurations that no header of nginx declares */

typedef struct {
    ngx_http_complex_value_t    *realm;
    ngx_http_complex_value_t    *user_file;
} ngx_http_registry_basic_conf_t;


typedef struct {
    ngx_array_t                 *mirror;
    ngx_flag_t                   request_body;
} ngx_http_registry_mirror_conf_t;


typedef struct {
    const char                  *module;
    const char                  *directive;
} ngx_http_registry_pass_t;


static ngx_int_t ngx_http_registry_conflict_pass(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_int_t ngx_http_registry_conflict_files(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_int_t ngx_http_registry_conflict_mirror(ngx_conf_t *cf,
    ngx_str_t *name);
static ngx_int_t ngx_http_registry_conflict_basic(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf, ngx_str_t *name);
static void *ngx_http_registry_conf_of(ngx_conf_t *cf, const char *name);

#if (NGX_PCRE)

static void ngx_http_registry_check_regex(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_http_core_loc_conf_t *pclcf,
    ngx_http_location_tree_node_t *node);
static ngx_uint_t ngx_http_registry_is_within(
    ngx_http_core_loc_conf_t *clcf);
static ngx_uint_t ngx_http_registry_is_in_tree(
    ngx_http_location_tree_node_t *node);
static ngx_uint_t ngx_http_registry_is_elsewhere(ngx_str_t *pattern,
    ngx_str_t *name);

#endif


/* all of them begin with the configuration of the upstream */

static ngx_http_registry_pass_t  ngx_http_registry_other_passes[] = {
    { "ngx_http_proxy_module", "proxy_pass" },
    { "ngx_http_grpc_module", "grpc_pass" },
    { "ngx_http_uwsgi_module", "uwsgi_pass" },
    { "ngx_http_scgi_module", "scgi_pass" },
    { "ngx_http_memcached_module", "memcached_pass" },
    { NULL, NULL }
};


/* filters that change bodies, which must match a digest */

static const char  *ngx_http_registry_filters[] = {
    "ngx_http_sub_filter_module",
    "ngx_http_addition_filter_module",
    "ngx_http_ssi_filter_module",
    "ngx_http_charset_filter_module",
    "ngx_http_image_filter_module",
    "ngx_http_xslt_filter_module",
    NULL
};


ngx_int_t
ngx_http_registry_check_conflicts(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf)
{
    ngx_str_t                 *name;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    name = &clcf->name;

    /* an "if" may have a handler of its own */

    if ((!clcf->noname && ngx_http_registry_conflict_pass(cf, name) != NGX_OK)
        || ngx_http_registry_conflict_files(cf, name) != NGX_OK
        || ngx_http_registry_conflict_mirror(cf, name) != NGX_OK
        || ngx_http_registry_conflict_basic(cf, conf, name) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_registry_undo_filters(cf);
}


/* If a location has two handlers, the one that was set last is used. */

static ngx_int_t
ngx_http_registry_conflict_pass(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_http_registry_pass_t  *pass;

    for (pass = ngx_http_registry_other_passes; pass->module; pass++) {

        if (ngx_http_registry_passes(cf, pass->module)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%s\" cannot be used with \"registry\" in "
                               "location \"%V\", only \"fastcgi_pass\" can",
                               pass->directive, name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_conflict_files(ngx_conf_t *cf, ngx_str_t *name)
{
    void  **files;

    files = ngx_http_registry_conf_of(cf, "ngx_http_try_files_module");

    if (files && *files) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"try_files\" would answer in place of the "
                           "registry in location \"%V\", remove it", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* It reads bodies first, and those of uploads are not in memory. */

static ngx_int_t
ngx_http_registry_conflict_mirror(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_http_registry_mirror_conf_t  *mcf;

    mcf = ngx_http_registry_conf_of(cf, "ngx_http_mirror_module");

    if (mcf && mcf->mirror && mcf->mirror != NGX_CONF_UNSET_PTR
        && mcf->request_body)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mirror\" would pass on uploads without their "
                           "bodies, write \"mirror_request_body off;\" or "
                           "\"mirror off;\" in location \"%V\"", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A request has one Authorization: a password, or a token. */

static ngx_int_t
ngx_http_registry_conflict_basic(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf, ngx_str_t *name)
{
    ngx_http_core_loc_conf_t        *clcf;
    ngx_http_registry_basic_conf_t  *bcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    bcf = ngx_http_registry_conf_of(cf, "ngx_http_auth_basic_module");

    if (conf->verdict.len == 0
        || clcf->satisfy == NGX_HTTP_SATISFY_ANY
        || bcf == NULL || bcf->realm == NULL || bcf->user_file == NULL)
    {
        return NGX_OK;
    }

    /* a variable may be "off" for requests with a token */

    if (bcf->realm->lengths
        || (bcf->realm->value.len == 3
            && ngx_strncmp(bcf->realm->value.data, "off", 3) == 0))
    {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"auth_basic\" and \"registry_realm\" both need the "
                       "\"Authorization\" of a request, write \"auth_basic "
                       "off;\" in location \"%V\"", name);

    return NGX_ERROR;
}


/*
 * A location with such a filter would send bytes that do not match the digest;
 * it gets the configuration of a location without one.
 */

ngx_int_t
ngx_http_registry_undo_filters(ngx_conf_t *cf)
{
    void                 *parent, *child;
    const char          **name;
    ngx_module_t         *module;
    ngx_http_module_t    *ctx;
    ngx_http_conf_ctx_t  *conf_ctx;

    conf_ctx = cf->ctx;

    for (name = ngx_http_registry_filters; *name; name++) {

        module = ngx_http_registry_find_module(cf, *name);

        if (module == NULL) {
            continue;
        }

        ctx = module->ctx;

        parent = ctx->create_loc_conf(cf);
        child = ctx->create_loc_conf(cf);

        if (parent == NULL || child == NULL
            || ctx->merge_loc_conf(cf, parent, child) != NGX_CONF_OK)
        {
            return NGX_ERROR;
        }

        conf_ctx->loc_conf[module->ctx_index] = child;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_registry_passes(ngx_conf_t *cf, const char *name)
{
    ngx_http_upstream_conf_t  *ucf;

    ucf = ngx_http_registry_conf_of(cf, name);

    return ucf && ucf->upstream;
}


static void *
ngx_http_registry_conf_of(ngx_conf_t *cf, const char *name)
{
    ngx_module_t         *module;
    ngx_http_conf_ctx_t  *ctx;

    ctx = cf->ctx;
    module = ngx_http_registry_find_module(cf, name);

    return module ? ctx->loc_conf[module->ctx_index] : NULL;
}


ngx_module_t *
ngx_http_registry_find_module(ngx_conf_t *cf, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; cf->cycle->modules[i]; i++) {
        if (ngx_strcmp(cf->cycle->modules[i]->name, name) == 0) {
            return cf->cycle->modules[i];
        }
    }

    return NULL;
}


/*
 * A regular expression wins over a prefix location: a website's "\.js$" would
 * take the tag "t.js".
 */

void
ngx_http_registry_check_locations(ngx_conf_t *cf)
{
#if (NGX_PCRE)

    ngx_uint_t                   i;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_core_srv_conf_t   **cscfp;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscfp = cmcf->servers.elts;

    for (i = 0; i < cmcf->servers.nelts; i++) {
        clcf = cscfp[i]->ctx->loc_conf[ngx_http_core_module.ctx_index];

        ngx_http_registry_check_regex(cf, cscfp[i], clcf,
                                      clcf->static_locations);
    }

#endif
}


#if (NGX_PCRE)

static void
ngx_http_registry_check_regex(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_http_core_loc_conf_t *pclcf, ngx_http_location_tree_node_t *node)
{
    ngx_http_core_loc_conf_t      *clcf, **regex;
    ngx_http_registry_loc_conf_t  *rlcf;

    if (node == NULL) {
        return;
    }

    ngx_http_registry_check_regex(cf, cscf, pclcf, node->left);
    ngx_http_registry_check_regex(cf, cscf, pclcf, node->tree);
    ngx_http_registry_check_regex(cf, cscf, pclcf, node->right);

    clcf = node->inclusive;

    if (clcf == NULL || !ngx_http_registry_is_within(clcf)) {
        return;
    }

    ngx_http_registry_check_regex(cf, cscf, clcf, clcf->static_locations);

    if (clcf->noregex || pclcf->regex_locations == NULL) {
        return;
    }

    for (regex = pclcf->regex_locations; *regex; regex++) {

        rlcf = (*regex)->loc_conf[ngx_http_registry_module.ctx_index];

        if (rlcf->enable
            || ngx_http_registry_is_elsewhere(&(*regex)->name, &clcf->name))
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "location \"~ %V\" takes paths from the registry "
                           "of the server at %s:%ui, write \"location ^~ %V\"",
                           &(*regex)->name, cscf->file_name, cscf->line,
                           &clcf->name);
        return;
    }
}


static ngx_uint_t
ngx_http_registry_is_within(ngx_http_core_loc_conf_t *clcf)
{
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = clcf->loc_conf[ngx_http_registry_module.ctx_index];

    return rlcf->enable
           || ngx_http_registry_is_in_tree(clcf->static_locations);
}


static ngx_uint_t
ngx_http_registry_is_in_tree(ngx_http_location_tree_node_t *node)
{
    if (node == NULL) {
        return 0;
    }

    return (node->inclusive && ngx_http_registry_is_within(node->inclusive))
           || ngx_http_registry_is_in_tree(node->left)
           || ngx_http_registry_is_in_tree(node->tree)
           || ngx_http_registry_is_in_tree(node->right);
}


/* True for a pattern such as "^/v1/", which matches nothing below "/v2/". */

static ngx_uint_t
ngx_http_registry_is_elsewhere(ngx_str_t *pattern, ngx_str_t *name)
{
    size_t   i;
    u_char  *p, *last, next;

    p = pattern->data;
    last = p + pattern->len;

    if (p == last || *p++ != '^' || ngx_strlchr(p, last, '|')) {
        return 0;
    }

    for (i = 0; p < last && i < name->len; i++, p++) {

        if (ngx_strchr("\\.[](){}*+?$^", *p)) {
            return 0;
        }

        if (ngx_tolower(*p) != ngx_tolower(name->data[i])) {
            next = (last - p > 1) ? p[1] : '\0';
            return next != '?' && next != '*' && next != '{';
        }
    }

    return 0;
}


#endif
