
/*
 * Counts of pulls.  A request that pulls a manifest, or the ancestry of the
 * image that is the same, changes an entry in the shared memory.  A timer of
 * each worker moves the entries of a store into a file of its directory of
 * events, where "slipway-registry deliver" takes them from; while that file
 * still exists, the entries wait, and are added up.
 */


#include "ngx_http_registry_module.h"

#include <openssl/rand.h>


/* stores that a worker serves each time, and when it exits */

#define NGX_HTTP_REGISTRY_PULL_ROOTS       64
#define NGX_HTTP_REGISTRY_PULL_ROOTS_EXIT  4096

#define NGX_HTTP_REGISTRY_PULL_KEY                                            \
    (REG_ROOT_MAX + 1 + REG_NAME_MAX + 1 + REG_DIGEST_MAX)

/* entries that are removed for another one at most: they differ in size */

#define NGX_HTTP_REGISTRY_PULL_EVICTED  8

/* as the worker has it */

#define NGX_HTTP_REGISTRY_EVENTS_SIZE  ((off_t) 1024 * 1024 * 1024)


/* the key is "root", null, "repository", null, "reference" */

typedef struct {
    ngx_str_node_t               sn;
    ngx_queue_t                  queue;
    ngx_uint_t                   pass;      /* that found that it must wait */
    uint64_t                     count;
    time_t                       last;
    off_t                        limit;     /* of events that wait */
    size_t                       root_len;
    size_t                       name_len;
    u_char                       data[1];
} ngx_http_registry_pull_node_t;


typedef struct {
    ngx_http_registry_zone_t    *zone;
    ngx_log_t                   *log;
    ngx_uint_t                   pass;
    ngx_uint_t                   files;     /* names that may be used */
    ngx_str_t                    root;
    off_t                        limit;
    u_char                       buf[REG_ROOT_MAX];     /* of root */
    reg_str_t                    batch;
} ngx_http_registry_flush_t;


static ngx_int_t ngx_http_registry_pull_reference(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *digest, reg_str_t *reference);
static void ngx_http_registry_pull_add(ngx_http_registry_zone_t *zone,
    ngx_str_t *root, reg_pull_t *pull, off_t limit);
static void ngx_http_registry_pull_new(ngx_http_registry_zone_t *zone,
    ngx_str_t *key, uint32_t hash, ngx_str_t *root, reg_pull_t *pull,
    off_t limit);
static void ngx_http_registry_pull_make_room(ngx_http_registry_zone_t *zone,
    ngx_str_t *root, size_t size);
static void ngx_http_registry_pull_delete(ngx_http_registry_zone_t *zone,
    ngx_http_registry_pull_node_t *pn);
static void ngx_http_registry_pull_handler(ngx_event_t *ev);
static void ngx_http_registry_pull_flush(ngx_http_registry_zone_t *zone,
    ngx_log_t *log, ngx_uint_t files);
static ngx_int_t ngx_http_registry_pull_next(ngx_http_registry_flush_t *flush);
static ngx_fd_t ngx_http_registry_pull_open(ngx_http_registry_flush_t *flush,
    char *path);
static ngx_int_t ngx_http_registry_pull_write(ngx_http_registry_flush_t *flush,
    ngx_fd_t fd, char *path);
static ngx_int_t ngx_http_registry_pull_head(ngx_http_registry_flush_t *flush);
static ngx_uint_t ngx_http_registry_pull_take(
    ngx_http_registry_flush_t *flush);
static ngx_uint_t ngx_http_registry_pull_print(
    ngx_http_registry_flush_t *flush, ngx_http_registry_pull_node_t *pn);
static void ngx_http_registry_pull_restore(ngx_http_registry_flush_t *flush);
static void ngx_http_registry_pull_delay(ngx_http_registry_flush_t *flush);
static ngx_uint_t ngx_http_registry_pull_is_of(
    ngx_http_registry_flush_t *flush, ngx_http_registry_pull_node_t *pn);
static ngx_http_registry_main_conf_t *ngx_http_registry_pull_conf(
    ngx_cycle_t *cycle);


static ngx_event_t       ngx_http_registry_pull_event;
static ngx_connection_t  ngx_http_registry_pull_dumb;


void
ngx_http_registry_count_pull(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx)
{
    char                           digest[REG_DIGEST_MAX + 1];
    reg_pull_t                     pull;
    ngx_http_registry_zone_t      *zone;
    ngx_http_registry_loc_conf_t  *rlcf;

    rlcf = ngx_http_get_module_loc_conf(r, ngx_http_registry_module);

    if (!rlcf->pulls || r->method != NGX_HTTP_GET
        || r->err_status || r->headers_out.status != NGX_HTTP_OK
        || ngx_http_registry_pull_reference(r, ctx, digest, &pull.reference)
           != NGX_OK)
    {
        return;
    }

    pull.count = 1;
    pull.last = ngx_time();
    pull.repository = ctx->route.name;

    zone = ngx_http_registry_get_zone(r);

    ngx_shmtx_lock(&zone->shpool->mutex);

    ngx_http_registry_pull_add(zone, &ctx->root, &pull,
                               (rlcf->events_size == NGX_CONF_UNSET)
                               ? NGX_HTTP_REGISTRY_EVENTS_SIZE
                               : rlcf->events_size);

    ngx_shmtx_unlock(&zone->shpool->mutex);

    (void) ngx_atomic_fetch_add(&zone->sh->counters.pulls, 1);
}


/*
 * What a request pulls: a tag or a digest.  A client of the original protocol
 * asks once for the ancestry, of the image of a tag; that manifest's digest is
 * written into digest[REG_DIGEST_MAX + 1].
 */

static ngx_int_t
ngx_http_registry_pull_reference(ngx_http_request_t *r,
    ngx_http_registry_ctx_t *ctx, char *digest, reg_str_t *reference)
{
    ngx_http_registry_link_t  link;

    switch (ctx->route.act) {

    case REG_ACT_MANIFEST_GET:
        *reference = ctx->tag.len ? ctx->tag : ctx->route.reference;
        return NGX_OK;

    case REG_ACT_V1_IMAGE_ANCESTRY_GET:
        if (ngx_http_registry_v1_manifest(r, ctx, &link) != NGX_OK) {
            return NGX_DECLINED;
        }

        reference->len = reg_digest_print(&link.digest, digest);
        reference->data = (u_char *) digest;
        return NGX_OK;

    default:
        return NGX_DECLINED;
    }
}


/* under the lock of the zone */

static void
ngx_http_registry_pull_add(ngx_http_registry_zone_t *zone, ngx_str_t *root,
    reg_pull_t *pull, off_t limit)
{
    u_char                         *p, buf[NGX_HTTP_REGISTRY_PULL_KEY];
    uint32_t                        hash;
    ngx_str_t                       key;
    ngx_http_registry_pull_node_t  *pn;

    if (root->len + pull->repository.len + pull->reference.len + 2
        > sizeof(buf))
    {
        return;
    }

    p = ngx_cpymem(buf, root->data, root->len);
    *p++ = '\0';
    p = ngx_cpymem(p, pull->repository.data, pull->repository.len);
    *p++ = '\0';
    p = ngx_cpymem(p, pull->reference.data, pull->reference.len);

    key.data = buf;
    key.len = p - buf;

    hash = ngx_murmur_hash2(key.data, key.len);

    pn = (ngx_http_registry_pull_node_t *)
             ngx_str_rbtree_lookup(&zone->sh->pulls, &key, hash);

    if (pn) {
        pn->count += pull->count;
        pn->last = ngx_max(pn->last, (time_t) pull->last);
        return;
    }

    ngx_http_registry_pull_new(zone, &key, hash, root, pull, limit);
}


static void
ngx_http_registry_pull_new(ngx_http_registry_zone_t *zone, ngx_str_t *key,
    uint32_t hash, ngx_str_t *root, reg_pull_t *pull, off_t limit)
{
    size_t                          size;
    ngx_http_registry_pull_node_t  *pn;

    size = offsetof(ngx_http_registry_pull_node_t, data) + key->len;

    ngx_http_registry_pull_make_room(zone, root, size);

    /* the rest of the zone is for verdicts and media types */

    pn = (zone->sh->pulls_size + size <= zone->sh->pulls_max)
         ? ngx_http_registry_zone_alloc(zone, size) : NULL;

    if (pn == NULL) {
        (void) ngx_atomic_fetch_add(&zone->sh->counters.pulls_dropped,
                                    pull->count);
        return;
    }

    pn->sn.node.key = hash;
    pn->sn.str.len = key->len;
    pn->sn.str.data = pn->data;
    pn->pass = 0;
    pn->count = pull->count;
    pn->last = pull->last;
    pn->limit = limit;
    pn->root_len = root->len;
    pn->name_len = pull->repository.len;

    ngx_memcpy(pn->data, key->data, key->len);

    ngx_rbtree_insert(&zone->sh->pulls, &pn->sn.node);
    ngx_queue_insert_tail(&zone->sh->pulls_queue, &pn->queue);

    zone->sh->pulls_size += size;

    (void) ngx_atomic_fetch_add(&zone->sh->counters.pulls_waiting, 1);
}


/*
 * What waits for a store whose file is not taken gives way to other stores:
 * one without a receiver must not have all of the memory.
 */

static void
ngx_http_registry_pull_make_room(ngx_http_registry_zone_t *zone,
    ngx_str_t *root, size_t size)
{
    ngx_uint_t                      n;
    ngx_queue_t                    *q;
    ngx_http_registry_pull_node_t  *pn;

    for (n = 0; n < NGX_HTTP_REGISTRY_PULL_EVICTED; n++) {

        if (zone->sh->pulls_size + size <= zone->sh->pulls_max
            || ngx_queue_empty(&zone->sh->pulls_queue))
        {
            return;
        }

        q = ngx_queue_head(&zone->sh->pulls_queue);
        pn = ngx_queue_data(q, ngx_http_registry_pull_node_t, queue);

        if (pn->pass == 0
            || (pn->root_len == root->len
                && ngx_memcmp(pn->data, root->data, root->len) == 0))
        {
            return;
        }

        (void) ngx_atomic_fetch_add(&zone->sh->counters.pulls_dropped,
                                    pn->count);
        (void) ngx_atomic_fetch_add(&zone->sh->counters.pulls_waiting, -1);

        ngx_http_registry_pull_delete(zone, pn);
    }
}


static void
ngx_http_registry_pull_delete(ngx_http_registry_zone_t *zone,
    ngx_http_registry_pull_node_t *pn)
{
    zone->sh->pulls_size -= offsetof(ngx_http_registry_pull_node_t, data)
                            + pn->sn.str.len;

    ngx_queue_remove(&pn->queue);
    ngx_rbtree_delete(&zone->sh->pulls, &pn->sn.node);
    ngx_slab_free_locked(zone->shpool, pn);
}


ngx_int_t
ngx_http_registry_pull_init(ngx_cycle_t *cycle)
{
    ngx_event_t                    *ev;
    ngx_http_registry_main_conf_t  *rmcf;

    rmcf = ngx_http_registry_pull_conf(cycle);

    if (rmcf == NULL) {
        return NGX_OK;
    }

    ngx_http_registry_pull_dumb.fd = (ngx_socket_t) -1;

    ev = &ngx_http_registry_pull_event;

    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = ngx_http_registry_pull_handler;
    ev->log = cycle->log;
    ev->data = &ngx_http_registry_pull_dumb;
    ev->cancelable = 1;

    ngx_add_timer(ev, rmcf->pulls_interval);

    return NGX_OK;
}


static void
ngx_http_registry_pull_handler(ngx_event_t *ev)
{
    ngx_http_registry_main_conf_t  *rmcf;

    rmcf = ngx_http_registry_pull_conf((ngx_cycle_t *) ngx_cycle);

    ngx_http_registry_pull_flush(rmcf->shm_zone->data, ev->log, 1);

    if (!ngx_exiting) {
        ngx_add_timer(ev, rmcf->pulls_interval);
    }
}


/* The memory is gone after nginx: what waits there needs more files. */

void
ngx_http_registry_pull_exit(ngx_cycle_t *cycle)
{
    ngx_http_registry_main_conf_t  *rmcf;

    rmcf = ngx_http_registry_pull_conf(cycle);

    if (rmcf) {
        ngx_http_registry_pull_flush(rmcf->shm_zone->data, cycle->log,
                                     REG_PATH_PULLS);
    }
}


static ngx_http_registry_main_conf_t *
ngx_http_registry_pull_conf(ngx_cycle_t *cycle)
{
    ngx_http_registry_main_conf_t  *rmcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NULL;
    }

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_registry_module);

    return (rmcf && rmcf->pulls && rmcf->shm_zone) ? rmcf : NULL;
}


static void
ngx_http_registry_pull_flush(ngx_http_registry_zone_t *zone, ngx_log_t *log,
    ngx_uint_t files)
{
    char                       path[REG_PATH_MAX];
    ngx_fd_t                   fd;
    ngx_int_t                  rc;
    ngx_uint_t                 i, n;
    ngx_http_registry_flush_t  flush;

    if (ngx_queue_empty(&zone->sh->pulls_queue)) {
        return;
    }

    ngx_memzero(&flush, sizeof(ngx_http_registry_flush_t));

    flush.zone = zone;
    flush.log = log;
    flush.files = files;
    flush.pass = ngx_atomic_fetch_add(&zone->sh->pulls_pass, 1) + 1;

    flush.batch.data = ngx_alloc(REG_PULL_BATCH_MAX, log);
    if (flush.batch.data == NULL) {
        return;
    }

    n = (files == 1) ? NGX_HTTP_REGISTRY_PULL_ROOTS
                     : NGX_HTTP_REGISTRY_PULL_ROOTS_EXIT;

    for (i = 0; i < n; i++) {

        if (ngx_http_registry_pull_next(&flush) != NGX_OK) {
            break;
        }

        fd = ngx_http_registry_pull_open(&flush, path);

        rc = (fd != NGX_INVALID_FILE)
             ? ngx_http_registry_pull_write(&flush, fd, path) : NGX_ERROR;

        /* what did not fit goes into the next file, if there may be one */

        if (files == 1 || rc != NGX_OK) {
            ngx_http_registry_pull_delay(&flush);
        }
    }

    ngx_free(flush.batch.data);
}


/* Finds the store whose oldest entry has waited longest. */

static ngx_int_t
ngx_http_registry_pull_next(ngx_http_registry_flush_t *flush)
{
    ngx_int_t                       rc;
    ngx_queue_t                    *q;
    ngx_http_registry_zone_t       *zone;
    ngx_http_registry_pull_node_t  *pn;

    zone = flush->zone;
    rc = NGX_DONE;

    ngx_shmtx_lock(&zone->shpool->mutex);

    if (!ngx_queue_empty(&zone->sh->pulls_queue)) {

        q = ngx_queue_head(&zone->sh->pulls_queue);
        pn = ngx_queue_data(q, ngx_http_registry_pull_node_t, queue);

        if (pn->pass != flush->pass) {
            flush->limit = pn->limit;
            flush->root.len = pn->root_len;
            flush->root.data = flush->buf;
            ngx_memcpy(flush->buf, pn->data, pn->root_len);

            rc = NGX_OK;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


/*
 * A file that exists has not been taken yet.  Before the first push there is
 * no directory.
 */

static ngx_fd_t
ngx_http_registry_pull_open(ngx_http_registry_flush_t *flush, char *path)
{
    ngx_fd_t    fd;
    ngx_err_t   err;
    ngx_uint_t  n;

    fd = NGX_INVALID_FILE;
    err = NGX_EEXIST;

    for (n = 0; n < flush->files && err == NGX_EEXIST; n++) {

        if (reg_path_pulls(path, REG_PATH_MAX,
                           ngx_http_registry_str(&flush->root), n)
            == REG_ERROR)
        {
            return NGX_INVALID_FILE;
        }

        fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0660);

        err = (fd == NGX_INVALID_FILE) ? ngx_errno : 0;
    }

    if (err && err != NGX_EEXIST && err != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_ERR, flush->log, err,
                      "counts of pulls wait: " ngx_open_file_n
                      " \"%s\" failed", path);
    }

    return fd;
}


/* NGX_DECLINED where another worker has taken the entries. */

static ngx_int_t
ngx_http_registry_pull_write(ngx_http_registry_flush_t *flush, ngx_fd_t fd,
    char *path)
{
    ssize_t     n;
    ngx_int_t   rc;
    ngx_err_t   err;
    ngx_uint_t  taken;

    rc = NGX_OK;
    taken = 0;
    n = 0;
    err = 0;

    if (ngx_http_registry_pull_head(flush) == NGX_OK) {
        taken = ngx_http_registry_pull_take(flush);
    }

    if (taken) {
        n = write(fd, flush->batch.data, flush->batch.len);
        err = (n == -1) ? ngx_errno : NGX_ENOSPC;
    }

    if (n != (ssize_t) flush->batch.len || !taken) {

        rc = taken ? NGX_ERROR : NGX_DECLINED;

        if (unlink(path) == -1) {
            ngx_log_error(NGX_LOG_ALERT, flush->log, ngx_errno,
                          ngx_delete_file_n " \"%s\" failed", path);
        }

        if (taken) {
            ngx_log_error(NGX_LOG_ERR, flush->log, err,
                          "counts of pulls wait: " ngx_write_fd_n
                          " to \"%s\" failed", path);

            ngx_http_registry_pull_restore(flush);
        }
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, flush->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", path);
    }

    return rc;
}


static ngx_int_t
ngx_http_registry_pull_head(ngx_http_registry_flush_t *flush)
{
    u_char           id[REG_PULL_ID_LEN], random[REG_PULL_ID_LEN / 2];
    reg_pull_head_t  head;

    if (RAND_bytes(random, sizeof(random)) != 1) {
        ngx_log_error(NGX_LOG_ERR, flush->log, 0,
                      "counts of pulls wait: RAND_bytes() failed");
        return NGX_ERROR;
    }

    ngx_hex_dump(id, random, sizeof(random));

    head.id.data = id;
    head.id.len = REG_PULL_ID_LEN;
    head.limit = flush->limit;

    flush->batch.len = reg_pull_head_print((char *) flush->batch.data,
                                           REG_PULL_BATCH_MAX, &head);

    return NGX_OK;
}


/*
 * Moves entries from the memory to the batch.  A worker that is killed before
 * it has written them loses them, and none is ever written twice.
 */

static ngx_uint_t
ngx_http_registry_pull_take(ngx_http_registry_flush_t *flush)
{
    char                           *p;
    ngx_uint_t                      n;
    ngx_queue_t                    *q, *next;
    ngx_http_registry_zone_t       *zone;
    ngx_http_registry_shctx_t      *sh;
    ngx_http_registry_pull_node_t  *pn;

    zone = flush->zone;
    sh = zone->sh;
    n = 0;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (q = ngx_queue_head(&sh->pulls_queue);
         q != ngx_queue_sentinel(&sh->pulls_queue);
         q = next)
    {
        next = ngx_queue_next(q);
        pn = ngx_queue_data(q, ngx_http_registry_pull_node_t, queue);

        if (!ngx_http_registry_pull_is_of(flush, pn)) {
            continue;
        }

        if (!ngx_http_registry_pull_print(flush, pn)) {
            break;
        }

        ngx_http_registry_pull_delete(zone, pn);

        n++;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    (void) ngx_atomic_fetch_add(&sh->counters.pulls_waiting,
                                -(ngx_atomic_int_t) n);

    p = (char *) flush->batch.data + flush->batch.len;

    flush->batch.len += reg_pull_end_print(p, REG_PULL_LINE_MAX);

    return n;
}


/* False where the batch is full; the last line has its room in any case. */

static ngx_uint_t
ngx_http_registry_pull_print(ngx_http_registry_flush_t *flush,
    ngx_http_registry_pull_node_t *pn)
{
    int         len;
    u_char     *name;
    size_t      used;
    reg_pull_t  pull;

    name = pn->data + pn->root_len + 1;

    pull.count = ngx_min(pn->count, REG_PULL_COUNT_MAX);
    pull.last = pn->last;
    pull.repository.data = name;
    pull.repository.len = pn->name_len;
    pull.reference.data = name + pn->name_len + 1;
    pull.reference.len = pn->data + pn->sn.str.len - pull.reference.data;

    used = flush->batch.len + REG_PULL_LINE_MAX;

    len = (used < REG_PULL_BATCH_MAX)
          ? reg_pull_print((char *) flush->batch.data + flush->batch.len,
                           REG_PULL_BATCH_MAX - used, &pull)
          : REG_ERROR;

    if (len == REG_ERROR) {
        return 0;
    }

    flush->batch.len += len;

    return 1;
}


/* Adds what was not written to what was counted meanwhile. */

static void
ngx_http_registry_pull_restore(ngx_http_registry_flush_t *flush)
{
    reg_str_t                  batch;
    reg_pull_t                 pull;
    reg_pull_head_t            head;
    ngx_http_registry_zone_t  *zone;

    zone = flush->zone;
    batch = flush->batch;

    if (reg_pull_head_take(&batch, &head) != REG_OK) {
        return;
    }

    ngx_shmtx_lock(&zone->shpool->mutex);

    while (reg_pull_take(&batch, &pull) == REG_OK) {
        ngx_http_registry_pull_add(zone, &flush->root, &pull, flush->limit);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* What is left of a store comes behind the others. */

static void
ngx_http_registry_pull_delay(ngx_http_registry_flush_t *flush)
{
    ngx_queue_t                    *q, *next, *last;
    ngx_http_registry_zone_t       *zone;
    ngx_http_registry_pull_node_t  *pn;

    zone = flush->zone;

    ngx_shmtx_lock(&zone->shpool->mutex);

    q = ngx_queue_head(&zone->sh->pulls_queue);
    last = ngx_queue_last(&zone->sh->pulls_queue);

    while (q != ngx_queue_sentinel(&zone->sh->pulls_queue)) {

        next = (q == last) ? ngx_queue_sentinel(&zone->sh->pulls_queue)
                           : ngx_queue_next(q);

        pn = ngx_queue_data(q, ngx_http_registry_pull_node_t, queue);

        if (ngx_http_registry_pull_is_of(flush, pn)) {
            pn->pass = flush->pass;
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&zone->sh->pulls_queue, q);
        }

        q = next;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


static ngx_uint_t
ngx_http_registry_pull_is_of(ngx_http_registry_flush_t *flush,
    ngx_http_registry_pull_node_t *pn)
{
    return pn->root_len == flush->root.len
           && ngx_memcmp(pn->data, flush->root.data, pn->root_len) == 0;
}
