
/*
 * The module's types, and the functions that its files share.  The files
 * follow a request: module (configuration, phases), access, connection, link,
 * directory, content, upload, error; zone, variables and metrics serve them.
 */


#ifndef _NGX_HTTP_REGISTRY_MODULE_H_INCLUDED_
#define _NGX_HTTP_REGISTRY_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <openssl/sha.h>


/* everything declared from here on is hidden */

#pragma GCC visibility push(hidden)

#undef REG_ERR                              /* a register in ucontext.h */

#include "common/encode.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/manifest_scan.h"
#include "common/name.h"
#include "common/path.h"
#include "common/pull.h"
#include "common/query.h"
#include "common/range.h"
#include "common/route.h"
#include "common/token_v1.h"
#include "common/utc.h"
#include "common/verdict.h"


#define NGX_HTTP_REGISTRY_TOKEN_MAX    40960
#define NGX_HTTP_REGISTRY_LINK_MAX     256

/* bytes of a manifest in the zone, which are copied under its lock */

#define NGX_HTTP_REGISTRY_MANIFEST_MAX  (64 * 1024)

#define NGX_HTTP_REGISTRY_RETRY_AFTER  "5"

/* the place of a layer's upload whose repository is not known */

#define NGX_HTTP_REGISTRY_V1_STAGING   "_v1"

/* kinds of entries in the zone, also the last byte of their keys */

#define NGX_HTTP_REGISTRY_VERDICT      'v'
#define NGX_HTTP_REGISTRY_MEDIA_TYPE   'm'
#define NGX_HTTP_REGISTRY_MANIFEST     'c'
#define NGX_HTTP_REGISTRY_LINK         'l'

/* an entry's key: two hashes, a hash in hex, or a link's identity */

#define NGX_HTTP_REGISTRY_KEY_LEN      64
#define NGX_HTTP_REGISTRY_HASH_LEN     32

#define ngx_http_registry_str(s)       ((reg_str_t) { (s)->len, (s)->data })


typedef struct {
    ngx_shm_zone_t              *shm_zone;
    ngx_str_t                    zone_name;
    ssize_t                      zone_size;
    ngx_array_t                  askers;    /* of ..._place_t: of verdicts */
    ngx_array_t                  caches;    /* with "memcached_pass" */
    ngx_array_t                  leaders;   /* to named locations */
    ngx_msec_t                   pulls_interval;
    ngx_uint_t                   used;      /* unsigned  used:1; */
    ngx_uint_t                   pulls;     /* unsigned  pulls:1; */
} ngx_http_registry_main_conf_t;


/* whether the server has locations of each protocol */

typedef struct {
    ngx_uint_t                   used;      /* unsigned  used:1; */
    ngx_uint_t                   v1;        /* unsigned  v1:1; */
} ngx_http_registry_srv_conf_t;


/* a root with variables is always below a directory, and never made */

typedef struct {
    ngx_http_complex_value_t     value;
    ngx_str_t                    below;     /* empty without variables */
    size_t                       literal;   /* bytes that are no variables' */
    ngx_uint_t                   slashes;   /* 0: no limit */
} ngx_http_registry_root_t;


/* a registry that serves blobs to clients that another one has redirected */

typedef struct {
    ngx_str_t                    name;      /* "host" or "host:port" */
    ngx_str_t                    url;       /* the name, with a scheme */
    ngx_array_t                 *keys;      /* of ngx_str_t; one signs */
} ngx_http_registry_edge_t;


typedef struct {
    ngx_flag_t                   enable;
    ngx_flag_t                   readonly;
    ngx_flag_t                   delete;
    ngx_flag_t                   manifest_urls;
    ngx_uint_t                   sparse;
    ngx_http_complex_value_t    *immutable_tags;
    time_t                       upload_expiry;
    ngx_flag_t                   events;        /* may stay unset */
    off_t                        events_size;   /* may stay unset */
    ngx_flag_t                   pulls;
    ngx_http_complex_value_t    *url;
    ngx_http_registry_root_t    *root;
    ngx_http_complex_value_t    *realm;
    ngx_http_complex_value_t    *service;
    ngx_str_t                    verdict;
    ngx_array_t                 *verdict_keys;  /* of ngx_str_t, or NULL */
    ngx_msec_t                   verdict_valid;
    ngx_uint_t                   cache_control; /* may stay unset */
    off_t                        manifest_size;
    ngx_str_t                    index;         /* named locations of /v1/ */
    ngx_str_t                    layers;
    size_t                       manifest_cache;
    ngx_uint_t                   link_cache;
    u_char                       place[NGX_HTTP_REGISTRY_HASH_LEN];
    ngx_http_complex_value_t    *redirect;      /* NULL: off */
    off_t                        redirect_min;
    time_t                       redirect_valid;
    ngx_array_t                 *edges;     /* of ..._edge_t, or NULL */
    ngx_http_registry_edge_t    *edge;      /* this one; NULL: is none */
    ngx_array_t                 *error_pages;

    /* of a store in a bucket */

    ngx_str_t                    store;         /* empty: local files */
    ngx_str_t                    store_pass;    /* a named location */
    ngx_http_complex_value_t    *store_redirect;    /* NULL: off */
    off_t                        store_min;
    time_t                       store_valid;
    ngx_flag_t                   store_proxy;

    unsigned                     v1:1;          /* serves /v1/, not /v2/ */
    unsigned                     metrics:1;
    unsigned                     has_pages:1;   /* error_page of its own */
    unsigned                     has_place:1;
} ngx_http_registry_loc_conf_t;


/* a location, for what "nginx -t" can only check of all of them */

typedef struct {
    ngx_http_core_srv_conf_t    *cscf;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_registry_loc_conf_t  *conf;
} ngx_http_registry_place_t;


typedef enum {
    NGX_HTTP_REGISTRY_SPARSE_OFF = 0,
    NGX_HTTP_REGISTRY_SPARSE_INDEX,
    NGX_HTTP_REGISTRY_SPARSE_ON
} ngx_http_registry_sparse_e;


typedef enum {
    NGX_HTTP_REGISTRY_LINKS_OFF = 0,
    NGX_HTTP_REGISTRY_LINKS_ON,
    NGX_HTTP_REGISTRY_LINKS_AUTO        /* on a local file system */
} ngx_http_registry_links_e;


typedef enum {
    NGX_HTTP_REGISTRY_CACHE_PRIVATE = 0,
    NGX_HTTP_REGISTRY_CACHE_PUBLIC
} ngx_http_registry_cache_e;


typedef enum {
    NGX_HTTP_REGISTRY_SOURCE_NONE = 0,
    NGX_HTTP_REGISTRY_SOURCE_ZONE,
    NGX_HTTP_REGISTRY_SOURCE_MEMCACHED,
    NGX_HTTP_REGISTRY_SOURCE_INDEX,
    NGX_HTTP_REGISTRY_SOURCE_N
} ngx_http_registry_source_e;


typedef enum {
    NGX_HTTP_REGISTRY_RESULT_NONE = 0,
    NGX_HTTP_REGISTRY_RESULT_GRANTED,
    NGX_HTTP_REGISTRY_RESULT_DENIED,
    NGX_HTTP_REGISTRY_RESULT_INVALID,
    NGX_HTTP_REGISTRY_RESULT_UNAVAILABLE,
    NGX_HTTP_REGISTRY_RESULT_N
} ngx_http_registry_result_e;


typedef enum {
    NGX_HTTP_REGISTRY_VERDICT_UNASKED = 0,
    NGX_HTTP_REGISTRY_VERDICT_PENDING,
    NGX_HTTP_REGISTRY_VERDICT_GOOD,
    NGX_HTTP_REGISTRY_VERDICT_BAD,
    NGX_HTTP_REGISTRY_VERDICT_UNAVAILABLE
} ngx_http_registry_state_e;


/* the upload's file, lent to nginx for the body */

typedef struct {
    ngx_http_request_t          *request;
    ngx_fd_t                     fd;
    ngx_temp_file_t              temp_file; /* nginx may forget its fd */
    ngx_str_t                    path;      /* of data, with a final null */
    reg_str_t                    id;
    off_t                        offset;    /* size before this body */
    off_t                        size;      /* size after it */
    off_t                        length;    /* of Content-Range, or -1 */
    reg_hash_t                   hash;
    unsigned                     hashing:1;
    unsigned                     created:1; /* by POST with a digest */
    unsigned                     whole:1;
    unsigned                     failed:1;
} ngx_http_registry_upload_t;


typedef struct {
    reg_route_t                  route;
    ngx_str_t                    root;
    ngx_http_registry_loc_conf_t *rlcf;     /* that access was checked with */

    ngx_str_t                    service;
    ngx_str_t                    token;
    reg_str_t                    token_name;    /* repository in its text */
    u_char                       token_hash[NGX_HTTP_REGISTRY_HASH_LEN];
    u_char                       zone_key[NGX_HTTP_REGISTRY_KEY_LEN];
    ngx_http_request_t          *subrequest;
    ngx_str_t                    text;      /* of the verdict */
    size_t                       text_size; /* the size of text */
    reg_verdict_t                verdict;
    unsigned                     actions;   /* on the path's repository */
    ngx_http_registry_state_e    state;
    ngx_http_registry_source_e   source;
    ngx_http_registry_result_e   result;

    ngx_http_handler_pt          handler;   /* the next handler in the chain */
    ngx_str_t                    digest;    /* of what was served */
    reg_str_t                    tag;       /* that led to an image's digest */

    ngx_http_registry_upload_t  *upload;
    off_t                        received;

    ngx_str_t                    store_url;     /* of a blob in a bucket */
    ngx_str_t                    store_host;
    ngx_str_t                    store_uri;
    off_t                        store_size;
    ngx_http_log_handler_pt      log_handler;   /* without a store */

    reg_err_t                    err;
    ngx_uint_t                   err_status;
    const char                  *err_message;
    ngx_str_t                    err_detail;    /* JSON */
    const char                  *sentence;      /* in place of a general one */
    ngx_chain_t                 *err_body;

    unsigned                     direct:1;      /* not memcached's verdict */
    unsigned                     hashed:1;      /* has token_hash */
    unsigned                     routed:1;
    unsigned                     v1:1;          /* the original protocol */
    unsigned                     for_index:1;   /* not for the registry */
    unsigned                     entered:1;
    unsigned                     waits:4;       /* for an empty link */
    unsigned                     has_err:1;
    unsigned                     redirected:1;  /* has a signature */
    unsigned                     immutable:1;
    unsigned                     from_store:1;  /* a bucket sends it */
    unsigned                     delayed:1;     /* the answer's header */
    unsigned                     replaced:1;
} ngx_http_registry_ctx_t;


typedef struct {
    reg_digest_t                 digest;    /* a view into data */
    size_t                       len;
    u_char                       data[NGX_HTTP_REGISTRY_LINK_MAX];
} ngx_http_registry_link_t;


#define NGX_HTTP_REGISTRY_CLASSES  4        /* 2xx to 5xx */


/* counters of the zone, only ever changed by atomic additions */

typedef struct {
    ngx_atomic_t                 requests[REG_ACT_NONE + 1]
                                         [NGX_HTTP_REGISTRY_CLASSES];
    ngx_atomic_t                 sent[REG_ACT_NONE + 1];
    ngx_atomic_t                 received;
    ngx_atomic_t                 verdicts[NGX_HTTP_REGISTRY_SOURCE_N]
                                         [NGX_HTTP_REGISTRY_RESULT_N];
    ngx_atomic_t                 zone_entries;
    ngx_atomic_t                 zone_evictions;
    ngx_atomic_t                 zone_full;
    ngx_atomic_t                 pulls;
    ngx_atomic_t                 pulls_waiting;
    ngx_atomic_t                 pulls_dropped;

    /* by ngx_process_slot: a worker's own, so that it can die with it */

    ngx_atomic_t                 uploads_open[NGX_MAX_PROCESSES];
} ngx_http_registry_counters_t;


/* the shared memory */

typedef struct {
    ngx_rbtree_t                   rbtree;
    ngx_rbtree_node_t              sentinel;
    ngx_queue_t                    queue;    /* the latest used first */
    ngx_queue_t                    manifests;       /* so are these */
    size_t                         manifests_size;
    size_t                         manifests_max;
    ngx_http_registry_counters_t   counters;

    /* of _pull.c */

    ngx_rbtree_t                   pulls;
    ngx_rbtree_node_t              pulls_sentinel;
    ngx_queue_t                    pulls_queue;     /* the oldest first */
    size_t                         pulls_size;
    size_t                         pulls_max;
    ngx_atomic_t                   pulls_pass;
} ngx_http_registry_shctx_t;


typedef struct {
    ngx_http_registry_shctx_t     *sh;
    ngx_slab_pool_t               *shpool;
} ngx_http_registry_zone_t;


extern ngx_module_t  ngx_http_registry_module;


/*
 * The context of the main request, NULL where there is none; it is found
 * also when nginx has reset the array of contexts.
 */
ngx_http_registry_ctx_t *ngx_http_registry_get_ctx(ngx_http_request_t *r);

/* As above, but makes one; NULL means no memory. */
ngx_http_registry_ctx_t *ngx_http_registry_add_ctx(ngx_http_request_t *r);

/*
 * Reads the path and the method into ctx->route once; a mistake is kept in
 * the context until the preaccess phase.  NGX_ERROR means no memory.
 */
ngx_int_t ngx_http_registry_route(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/*
 * The root of the location's store for this request, in the pool if it has
 * variables; NGX_DECLINED if these result in a root that is not allowed.
 */
ngx_int_t ngx_http_registry_get_root(ngx_http_request_t *r, ngx_str_t *value);

/* Notes that there is no store for the request, and returns the status. */
ngx_int_t ngx_http_registry_no_root(ngx_http_request_t *r);

/* True for a request with a body, whether or not its length is known. */
ngx_uint_t ngx_http_registry_has_body(ngx_http_request_t *r);


/* _module.c */

/*
 * Refuses what registry_readonly and registry_delete do not allow, before the
 * body is read: NGX_OK, or a status.
 */
ngx_int_t ngx_http_registry_switches(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);


/* _v1.c */

/* Decides whether the location serves the original protocol. */
void ngx_http_registry_set_v1(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *prev, ngx_http_registry_loc_conf_t *conf);

/* Finds out who answers, before the registry checks the rest. */
ngx_int_t ngx_http_registry_v1_prepare(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* False for what is about accounts and tokens only. */
ngx_uint_t ngx_http_registry_v1_is_of_store(ngx_http_registry_ctx_t *ctx);

/* The repository of a request whose verdict is good; NGX_DECLINED: none. */
ngx_int_t ngx_http_registry_v1_repository(ngx_http_registry_ctx_t *ctx);

/*
 * Passes the request on to the named location of its action, or sets the
 * content handler: NGX_DONE, NGX_DECLINED.
 */
ngx_int_t ngx_http_registry_v1_content(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/*
 * The manifest that is the same image as the one that the path names;
 * NGX_DECLINED where there is none.
 */
ngx_int_t ngx_http_registry_v1_manifest(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link);

/* What clients of the original protocol read in an error, or NULL. */
const char *ngx_http_registry_v1_message(reg_err_t err);

/* A named location of the place's server, or NULL. */
ngx_http_core_loc_conf_t *ngx_http_registry_find_named(
    ngx_http_registry_place_t *place, ngx_str_t *name);

/* Checks the named locations; NGX_ERROR after it logged why. */
ngx_int_t ngx_http_registry_check_leaders(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf);


/* _conflict.c */

/*
 * Refuses directives that do not work with "registry" in a location, and
 * removes body filters; NGX_ERROR after it logged why.
 */
ngx_int_t ngx_http_registry_check_conflicts(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf);

/* A module that this nginx may not have, or NULL. */
ngx_module_t *ngx_http_registry_find_module(ngx_conf_t *cf, const char *name);

/* Undoes filters that change bodies in the location; NGX_OK, NGX_ERROR. */
ngx_int_t ngx_http_registry_undo_filters(ngx_conf_t *cf);

/* Warns about locations with regular expressions that take paths. */
void ngx_http_registry_check_locations(ngx_conf_t *cf);

/* True where the location passes requests to the upstream of a module. */
ngx_uint_t ngx_http_registry_passes(ngx_conf_t *cf, const char *name);


/* _access.c */

/*
 * NGX_OK where the token grants what the request needs; NGX_AGAIN until its
 * verdict is there; NGX_DECLINED where no index is asked; else the status.
 */
ngx_int_t ngx_http_registry_access_handler(ngx_http_request_t *r);

/*
 * Takes the body of the verdict's subrequest; one that is too long counts as
 * missing.
 */
ngx_int_t ngx_http_registry_verdict_body(ngx_http_request_t *sr,
    ngx_http_registry_ctx_t *ctx, ngx_chain_t *in);

/*
 * Finds the bearer token, once; NGX_DECLINED where the request has
 * none, NGX_ABORT where it has one that cannot be valid.
 */
ngx_int_t ngx_http_registry_token(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);


/* _connection.c */

/*
 * The verdict of a token, copied into the request's pool, where the last
 * request of the connection that asked the zone had the same token in the
 * same location; NGX_DECLINED where it had not or the verdict has expired,
 * NGX_ERROR where there is no memory.
 */
ngx_int_t ngx_http_registry_connection_get(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *token);

/*
 * Keeps what the zone has of the request's token, a good verdict, until it
 * expires there.
 */
void ngx_http_registry_connection_set(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *text, ngx_msec_t expires);


/* _key.c */

/* The directive "registry_verdict_key": reads the file. */
char *ngx_http_registry_verdict_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Reads a file with keys, one a line, and adds them; NGX_ERROR after it logged
 * what is wrong with the file.
 */
ngx_int_t ngx_http_registry_load_keys(ngx_conf_t *cf, ngx_str_t *file,
    ngx_array_t *keys);

/*
 * Removes the seal of a value in memcached; NGX_DECLINED where none of the
 * keys has sealed it for the token of the request.
 */
ngx_int_t ngx_http_registry_unseal(ngx_http_registry_loc_conf_t *rlcf,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *text);

/* The SHA-256 of the request's token, computed once. */
u_char *ngx_http_registry_token_hash(ngx_http_registry_ctx_t *ctx);

/*
 * Prints the key in memcached of a token with that hash: REG_VERDICT_KEY_LEN
 * bytes.
 */
void ngx_http_registry_print_key(u_char *dst, u_char *hash);

/* Records the location that is being merged. */
ngx_int_t ngx_http_registry_add_place(ngx_conf_t *cf, ngx_array_t *places,
    ngx_http_registry_loc_conf_t *conf);

/* Warns where memcached is used for verdicts without a key. */
void ngx_http_registry_check_keys(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf);

/* Warns where servers with different roots share a service. */
void ngx_http_registry_check_services(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf);


/* _redirect.c */

/*
 * Whether a request to an edge has a signature.  Its Authorization is then
 * removed.
 */
ngx_uint_t ngx_http_registry_has_signature(ngx_http_request_t *r);

/*
 * For an edge: NGX_OK where the signature is for this request; NGX_DECLINED
 * where it has none, and a token counts; else the status.
 */
ngx_int_t ngx_http_registry_edge_access(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/*
 * Redirects a client to an edge for a blob of this size; NGX_DECLINED where it
 * is served here.
 */
ngx_int_t ngx_http_registry_redirect_blob(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, off_t size);

/* The directives "registry_redirect", "..._redirect_edge" and "..._edge". */
char *ngx_http_registry_redirect_value(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_registry_redirect_edge(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_registry_own_edge(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Refuses a redirect that would lead nowhere. */
char *ngx_http_registry_check_redirect(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf);


/* _store.c */

/*
 * Where a worker has found a blob in a bucket, in the location that gets it:
 * NGX_DECLINED, or a status.
 */
ngx_int_t ngx_http_registry_store_enter(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Undoes that for a request that goes on elsewhere. */
void ngx_http_registry_store_leave(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Keeps the tag, where a worker may redirect to the digest of an image. */
void ngx_http_registry_store_keep_tag(ngx_http_registry_ctx_t *ctx);

/* Takes the digest from a worker's answer with content of a bucket. */
void ngx_http_registry_store_found(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/*
 * Makes the header of the store's answer that of a blob; other results than
 * NGX_OK are those of the header filter.
 */
ngx_int_t ngx_http_registry_store_answer(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Adds what an error for a blob in a bucket says. */
ngx_int_t ngx_http_registry_store_error(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* The range of a blob that the store is asked for, or an empty value. */
ngx_int_t ngx_http_registry_store_wanted(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_str_t *value);

/* The directives "registry_store" and "registry_store_redirect". */
char *ngx_http_registry_store_name(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_registry_store_redirect(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

void ngx_http_registry_merge_store(ngx_http_registry_loc_conf_t *prev,
    ngx_http_registry_loc_conf_t *conf);

/* Refuses a store that cannot be served in the location. */
char *ngx_http_registry_check_store(ngx_conf_t *cf,
    ngx_http_registry_loc_conf_t *conf);

/* Refuses a store whose locations would not see each other's locks. */
ngx_int_t ngx_http_registry_check_store_roots(ngx_conf_t *cf,
    ngx_array_t *places);

/* Refuses a store without a location that gets its blobs. */
ngx_int_t ngx_http_registry_check_store_pass(ngx_conf_t *cf,
    ngx_http_registry_place_t *place);


/* _content.c */

/* True where the client may push to the repository of the request. */
ngx_uint_t ngx_http_registry_may_push(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Sets the ETag to ctx->digest. */
ngx_int_t ngx_http_registry_set_etag(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Answers GET and HEAD of the base, a blob or a manifest. */
ngx_int_t ngx_http_registry_content_handler(ngx_http_request_t *r);

/* Answers with a short constant text, which is JSON. */
ngx_int_t ngx_http_registry_send_json(ngx_http_request_t *r,
    const char *text);


/* _link.c */

/*
 * Finds the data that the request's path names, and sets ctx->digest and the
 * ETag.  NGX_DECLINED where a link is missing or has no digest, NGX_AGAIN
 * where it is empty and may be read again in a moment, NGX_ERROR, or a status.
 */
ngx_int_t ngx_http_registry_resolve(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, ngx_http_registry_link_t *link);

/*
 * Reads a link below the repository of ctx, or finds in the zone what it says.
 * Returns as ngx_http_registry_resolve() does.
 */
ngx_int_t ngx_http_registry_get_link(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *path, ngx_http_registry_link_t *link);

/*
 * Reads a small file, and then what fstat() says of it if fi is not NULL;
 * NGX_DECLINED where it is missing or has size bytes or more, NGX_ERROR, or a
 * status.
 */
ngx_int_t ngx_http_registry_read_file(ngx_http_request_t *r, char *path,
    u_char *buf, size_t size, ssize_t *n, struct stat *fi);


/* _directory.c */

/* Before the first request of a worker. */
void ngx_http_registry_directory_init(void);

/*
 * fstatat(2) of a path whose first below bytes are a directory, which is kept
 * open: if that was moved away, a second may pass until its successor is seen.
 * What is not found there is looked for by the whole path.
 */
int ngx_http_registry_stat(ngx_http_request_t *r, char *path, size_t below,
    struct stat *fi, int flags);


/* _upload.c */

/*
 * Opens and locks the upload's file before the body is read; NGX_DECLINED,
 * which lets the phases go on, or the status of an error.
 */
ngx_int_t ngx_http_registry_upload_open(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/*
 * NGX_DECLINED where the worker may answer with the offset of an upload, or
 * the status of an error: the upload is too old.
 */
ngx_int_t ngx_http_registry_upload_status(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* True where the body of the request goes into an upload's file. */
ngx_uint_t ngx_http_registry_is_upload(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/*
 * Returns the file and unlocks it: as soon as the body is complete, so that
 * the worker can lock it, or when the request ends before that.
 */
void ngx_http_registry_upload_release(ngx_http_registry_upload_t *u);

/*
 * Detaches the upload from a request that continues in another location, or in
 * this one again, without a body.  NGX_DECLINED means that the upload has only
 * a part of the body.
 */
ngx_int_t ngx_http_registry_upload_leave(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Puts the filter of request bodies in its chain. */
ngx_int_t ngx_http_registry_upload_init(ngx_conf_t *cf);


/* _error.c */

/* The configuration that the client's access was checked with. */
ngx_http_registry_loc_conf_t *ngx_http_registry_checked_by(
    ngx_http_request_t *r, ngx_http_registry_ctx_t *ctx);

/*
 * True for a request of the original protocol, also where nginx failed before
 * it had found a location for it.
 */
ngx_uint_t ngx_http_registry_is_v1(ngx_http_request_t *r);

/*
 * Notes an error for the answer's JSON and returns its status; message NULL
 * means the code's own, detail is copied and made a JSON string.
 */
ngx_int_t ngx_http_registry_error(ngx_http_request_t *r, reg_err_t err,
    const char *message, reg_str_t detail);

/*
 * Sets a response header, replacing one of the same name; value NULL removes
 * it.
 */
ngx_int_t ngx_http_registry_set_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value);

/* Adds a response header, the key of which is not copied; NULL: no memory. */
ngx_table_elt_t *ngx_http_registry_add_header(ngx_http_request_t *r,
    const char *key, ngx_str_t *value);

/* The status for a system call on the store that failed. */
ngx_int_t ngx_http_registry_failure(ngx_err_t err);

/* A response header that will be sent, or NULL. */
ngx_table_elt_t *ngx_http_registry_find_header(ngx_http_request_t *r,
    const char *key);

/* Puts the filters of responses in their chains. */
ngx_int_t ngx_http_registry_error_init(ngx_conf_t *cf);


/* _zone.c */

/* The zone that the request's configuration uses. */
ngx_http_registry_zone_t *ngx_http_registry_get_zone(ngx_http_request_t *r);

/*
 * Memory of the zone, under its lock; the least recently used entries are
 * removed for it.  NULL where that was not enough.
 */
void *ngx_http_registry_zone_alloc(ngx_http_registry_zone_t *zone,
    size_t size);

/* Sets rmcf->shm_zone; the same memory is used after a reload. */
ngx_int_t ngx_http_registry_add_zone(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf);

/*
 * Copies the value of an entry into the request's pool; NGX_DECLINED where
 * there is none or it has expired, NGX_ERROR where there is no memory.  A
 * manifest does not expire, but is NGX_AGAIN to one request, which has to
 * check it.  The time at which an entry expires is set where expires is not
 * NULL.
 */
ngx_int_t ngx_http_registry_zone_get(ngx_http_request_t *r, u_char kind,
    u_char *key, ngx_str_t *value, ngx_msec_t *expires);

/*
 * The same, but copies the value of at most size bytes into buf; never
 * NGX_ERROR.
 */
ngx_int_t ngx_http_registry_zone_read(ngx_http_request_t *r, u_char kind,
    u_char *key, u_char *buf, size_t size, size_t *len);

/*
 * Keeps a value for valid milliseconds, or for good where that is 0.  The
 * least recently used entries are removed; a full zone is not an error.
 */
void ngx_http_registry_zone_set(ngx_http_request_t *r, u_char kind,
    u_char *key, ngx_str_t *value, ngx_msec_t valid);

/* Forgets an entry, if there is one. */
void ngx_http_registry_zone_del(ngx_http_request_t *r, u_char kind,
    u_char *key);

/*
 * Resets the counters of a worker's slot, which a killed worker has left.
 */
void ngx_http_registry_zone_reset(ngx_cycle_t *cycle);


/* _pull.c */

/* Counts a request that is done, if it has pulled a manifest. */
void ngx_http_registry_count_pull(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx);

/* Starts the timer of a worker, if a location has "registry_pulls". */
ngx_int_t ngx_http_registry_pull_init(ngx_cycle_t *cycle);

/* Writes the counts that wait before a worker exits. */
void ngx_http_registry_pull_exit(ngx_cycle_t *cycle);


/* _variables.c */

/* Registers the variables, before the configuration is read. */
ngx_int_t ngx_http_registry_add_variables(ngx_conf_t *cf);

extern ngx_str_t  ngx_http_registry_sources[];
extern ngx_str_t  ngx_http_registry_results[];

/* the values of a directive, by ngx_http_registry_sparse_e */

extern ngx_conf_enum_t  ngx_http_registry_sparses[];


/* _metrics.c */

/* The counters of the zone that the request's configuration uses. */
ngx_http_registry_counters_t *ngx_http_registry_counters(
    ngx_http_request_t *r);

/* Adds to the number of uploads whose files this nginx worker has open. */
void ngx_http_registry_count_upload(ngx_http_request_t *r, ngx_int_t n);

/* Counts a request that is done. */
ngx_int_t ngx_http_registry_log_handler(ngx_http_request_t *r);

/* Answers with all counters. */
ngx_int_t ngx_http_registry_metrics_handler(ngx_http_request_t *r);


#pragma GCC visibility pop


#endif /* _NGX_HTTP_REGISTRY_MODULE_H_INCLUDED_ */
