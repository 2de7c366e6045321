
/*
 * The shared memory: verdicts for a few seconds, links, small manifests and
 * media types of larger ones for as long as there is room, and the counters.
 * The counts of pulls, which are in it too, are those of _pull.c.
 */


#include "ngx_http_registry_module.h"


/* entries removed for one, and one more for so many bytes of it */

#define NGX_HTTP_REGISTRY_EVICT_MAX   64
#define NGX_HTTP_REGISTRY_EVICT_SIZE  64


typedef struct {
    ngx_rbtree_node_t              node;
    ngx_queue_t                    queue;
    ngx_msec_t                     expires;
    ngx_msec_t                     valid;    /* 0: for good */
    size_t                         len;
    u_char                         key[NGX_HTTP_REGISTRY_KEY_LEN + 1];
    u_char                         data[1];
} ngx_http_registry_node_t;


static ngx_int_t ngx_http_registry_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_http_registry_rbtree_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static ngx_http_registry_node_t *ngx_http_registry_find(
    ngx_http_registry_zone_t *zone, u_char *key, ngx_uint_t *stale);
static ngx_http_registry_node_t *ngx_http_registry_lookup(
    ngx_http_registry_zone_t *zone, u_char *key);
static ngx_http_registry_node_t *ngx_http_registry_new(
    ngx_http_registry_zone_t *zone, u_char *key, size_t len);
static ngx_queue_t *ngx_http_registry_queue(ngx_http_registry_zone_t *zone,
    u_char *key);
static void ngx_http_registry_delete(ngx_http_registry_zone_t *zone,
    ngx_http_registry_node_t *rn);
static void ngx_http_registry_key(u_char *dst, u_char kind, u_char *key);
static ngx_uint_t ngx_http_registry_hash(u_char *key);


ngx_int_t
ngx_http_registry_add_zone(ngx_conf_t *cf,
    ngx_http_registry_main_conf_t *rmcf)
{
    ngx_shm_zone_t            *shm_zone;
    ngx_http_registry_zone_t  *zone;

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_registry_zone_t));
    if (zone == NULL) {
        return NGX_ERROR;
    }

    shm_zone = ngx_shared_memory_add(cf, &rmcf->zone_name, rmcf->zone_size,
                                     &ngx_http_registry_module);
    if (shm_zone == NULL) {
        return NGX_ERROR;
    }

    shm_zone->init = ngx_http_registry_init_zone;
    shm_zone->data = zone;

    rmcf->shm_zone = shm_zone;

    return NGX_OK;
}


static ngx_int_t
ngx_http_registry_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_registry_zone_t  *ozone = data;

    size_t                     len;
    ngx_http_registry_zone_t  *zone;

    zone = shm_zone->data;

    if (ozone) {
        zone->sh = ozone->sh;
        zone->shpool = ozone->shpool;

        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;

        return NGX_OK;
    }

    zone->sh = ngx_slab_calloc(zone->shpool,
                               sizeof(ngx_http_registry_shctx_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    zone->shpool->data = zone->sh;

    ngx_rbtree_init(&zone->sh->rbtree, &zone->sh->sentinel,
                    ngx_http_registry_rbtree_insert_value);

    ngx_queue_init(&zone->sh->queue);
    ngx_queue_init(&zone->sh->manifests);

    zone->sh->manifests_max = shm_zone->shm.size / 2;

    ngx_rbtree_init(&zone->sh->pulls, &zone->sh->pulls_sentinel,
                    ngx_str_rbtree_insert_value);

    ngx_queue_init(&zone->sh->pulls_queue);

    zone->sh->pulls_max = shm_zone->shm.size / 4;

    len = sizeof(" in registry zone \"\"") + shm_zone->shm.name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in registry zone \"%V\"%Z",
                &shm_zone->shm.name);

    zone->shpool->log_nomem = 0;

    return NGX_OK;
}


void
ngx_http_registry_zone_reset(ngx_cycle_t *cycle)
{
    ngx_http_registry_zone_t       *zone;
    ngx_http_registry_main_conf_t  *rmcf;

    rmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_registry_module);

    if (rmcf == NULL || rmcf->shm_zone == NULL) {
        return;
    }

    zone = rmcf->shm_zone->data;
    zone->sh->counters.uploads_open[ngx_process_slot] = 0;
}


ngx_http_registry_zone_t *
ngx_http_registry_get_zone(ngx_http_request_t *r)
{
    ngx_http_registry_main_conf_t  *rmcf;

    rmcf = ngx_http_get_module_main_conf(r, ngx_http_registry_module);

    return rmcf->shm_zone->data;
}


ngx_http_registry_counters_t *
ngx_http_registry_counters(ngx_http_request_t *r)
{
    return &ngx_http_registry_get_zone(r)->sh->counters;
}


ngx_int_t
ngx_http_registry_zone_get(ngx_http_request_t *r, u_char kind, u_char *key,
    ngx_str_t *value, ngx_msec_t *expires)
{
    u_char                     k[NGX_HTTP_REGISTRY_KEY_LEN + 1];
    ngx_int_t                  rc;
    ngx_uint_t                 stale;
    ngx_http_registry_node_t  *rn;
    ngx_http_registry_zone_t  *zone;

    zone = ngx_http_registry_get_zone(r);

    ngx_http_registry_key(k, kind, key);

    rc = NGX_DECLINED;

    stale = 0;

    ngx_shmtx_lock(&zone->shpool->mutex);

    rn = ngx_http_registry_find(zone, k, (kind == NGX_HTTP_REGISTRY_MANIFEST)
                                         ? &stale : NULL);

    if (rn) {
        value->len = rn->len;
        value->data = ngx_pnalloc(r->pool, rn->len + 1);

        if (value->data) {
            ngx_memcpy(value->data, rn->data, rn->len);
            rc = stale ? NGX_AGAIN : NGX_OK;

            if (expires) {
                *expires = rn->expires;
            }

        } else {
            rc = NGX_ERROR;
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


ngx_int_t
ngx_http_registry_zone_read(ngx_http_request_t *r, u_char kind, u_char *key,
    u_char *buf, size_t size, size_t *len)
{
    u_char                     k[NGX_HTTP_REGISTRY_KEY_LEN + 1];
    ngx_int_t                  rc;
    ngx_http_registry_node_t  *rn;
    ngx_http_registry_zone_t  *zone;

    zone = ngx_http_registry_get_zone(r);

    ngx_http_registry_key(k, kind, key);

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&zone->shpool->mutex);

    rn = ngx_http_registry_find(zone, k, NULL);

    if (rn && rn->len <= size) {
        ngx_memcpy(buf, rn->data, rn->len);
        *len = rn->len;
        rc = NGX_OK;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return rc;
}


void
ngx_http_registry_zone_set(ngx_http_request_t *r, u_char kind, u_char *key,
    ngx_str_t *value, ngx_msec_t valid)
{
    u_char                     k[NGX_HTTP_REGISTRY_KEY_LEN + 1];
    ngx_http_registry_node_t  *rn;
    ngx_http_registry_zone_t  *zone;

    zone = ngx_http_registry_get_zone(r);

    ngx_http_registry_key(k, kind, key);

    ngx_shmtx_lock(&zone->shpool->mutex);

    rn = ngx_http_registry_lookup(zone, k);

    if (rn) {
        ngx_http_registry_delete(zone, rn);
    }

    rn = ngx_http_registry_new(zone, k, value->len);

    if (rn) {
        rn->valid = valid;
        rn->expires = ngx_current_msec + valid;

        ngx_memcpy(rn->data, value->data, value->len);

    } else {
        (void) ngx_atomic_fetch_add(&zone->sh->counters.zone_full, 1);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


void
ngx_http_registry_zone_del(ngx_http_request_t *r, u_char kind, u_char *key)
{
    u_char                     k[NGX_HTTP_REGISTRY_KEY_LEN + 1];
    ngx_http_registry_node_t  *rn;
    ngx_http_registry_zone_t  *zone;

    zone = ngx_http_registry_get_zone(r);

    ngx_http_registry_key(k, kind, key);

    ngx_shmtx_lock(&zone->shpool->mutex);

    rn = ngx_http_registry_lookup(zone, k);

    if (rn) {
        ngx_http_registry_delete(zone, rn);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* what follows runs under the lock of the zone */

static ngx_http_registry_node_t *
ngx_http_registry_new(ngx_http_registry_zone_t *zone, u_char *key, size_t len)
{
    size_t                     size;
    ngx_queue_t               *queue, *q;
    ngx_http_registry_node_t  *rn;

    size = offsetof(ngx_http_registry_node_t, data) + len;
    queue = ngx_http_registry_queue(zone, key);

    if (queue == &zone->sh->manifests) {

        /* the rest of the zone is for what is small */

        while (zone->sh->manifests_size + size > zone->sh->manifests_max) {

            if (ngx_queue_empty(queue)) {
                return NULL;
            }

            q = ngx_queue_last(queue);
            ngx_http_registry_delete(zone, ngx_queue_data(q,
                                           ngx_http_registry_node_t, queue));

            (void) ngx_atomic_fetch_add(&zone->sh->counters.zone_evictions,
                                        1);
        }
    }

    rn = ngx_http_registry_zone_alloc(zone, size);

    if (rn == NULL) {
        return NULL;
    }

    ngx_memcpy(rn->key, key, sizeof(rn->key));

    rn->node.key = ngx_http_registry_hash(key);
    rn->len = len;

    ngx_rbtree_insert(&zone->sh->rbtree, &rn->node);
    ngx_queue_insert_head(queue, &rn->queue);

    if (queue == &zone->sh->manifests) {
        zone->sh->manifests_size += size;
    }

    (void) ngx_atomic_fetch_add(&zone->sh->counters.zone_entries, 1);

    return rn;
}


static ngx_queue_t *
ngx_http_registry_queue(ngx_http_registry_zone_t *zone, u_char *key)
{
    return key[NGX_HTTP_REGISTRY_KEY_LEN] == NGX_HTTP_REGISTRY_MANIFEST
           ? &zone->sh->manifests : &zone->sh->queue;
}


static void
ngx_http_registry_rbtree_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t         **p;
    ngx_http_registry_node_t   *rn, *rnt;

    for ( ;; ) {

        if (node->key < temp->key) {

            p = &temp->left;

        } else if (node->key > temp->key) {

            p = &temp->right;

        } else { /* node->key == temp->key */

            rn = (ngx_http_registry_node_t *) node;
            rnt = (ngx_http_registry_node_t *) temp;

            p = (ngx_memcmp(rn->key, rnt->key, sizeof(rn->key)) < 0)
                ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


/*
 * An entry, as the latest used.  One that has expired is deleted, or *stale is
 * set, once for the time that it is valid.
 */

static ngx_http_registry_node_t *
ngx_http_registry_find(ngx_http_registry_zone_t *zone, u_char *key,
    ngx_uint_t *stale)
{
    ngx_http_registry_node_t  *rn;

    rn = ngx_http_registry_lookup(zone, key);

    if (rn == NULL) {
        return NULL;
    }

    if (rn->valid
        && (ngx_msec_int_t) (rn->expires - ngx_current_msec) <= 0)
    {
        if (stale == NULL) {
            ngx_http_registry_delete(zone, rn);
            return NULL;
        }

        /* one request checks it, and the others go on */

        rn->expires = ngx_current_msec + rn->valid;
        *stale = 1;
    }

    ngx_queue_remove(&rn->queue);
    ngx_queue_insert_head(ngx_http_registry_queue(zone, key), &rn->queue);

    return rn;
}


static ngx_http_registry_node_t *
ngx_http_registry_lookup(ngx_http_registry_zone_t *zone, u_char *key)
{
    ngx_int_t                  rc;
    ngx_uint_t                 hash;
    ngx_rbtree_node_t         *node, *sentinel;
    ngx_http_registry_node_t  *rn;

    hash = ngx_http_registry_hash(key);

    node = zone->sh->rbtree.root;
    sentinel = zone->sh->rbtree.sentinel;

    while (node != sentinel) {

        if (hash < node->key) {
            node = node->left;
            continue;
        }

        if (hash > node->key) {
            node = node->right;
            continue;
        }

        /* hash == node->key */

        rn = (ngx_http_registry_node_t *) node;

        rc = ngx_memcmp(key, rn->key, sizeof(rn->key));

        if (rc == 0) {
            return rn;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


void *
ngx_http_registry_zone_alloc(ngx_http_registry_zone_t *zone, size_t size)
{
    void         *p;
    ngx_uint_t    n, max;
    ngx_queue_t  *q;

    /* a long value needs adjacent pages */

    max = NGX_HTTP_REGISTRY_EVICT_MAX + size / NGX_HTTP_REGISTRY_EVICT_SIZE;

    for (n = 0; /* void */ ; n++) {

        p = ngx_slab_alloc_locked(zone->shpool, size);

        if (p || n == max || ngx_queue_empty(&zone->sh->queue)) {
            return p;
        }

        q = ngx_queue_last(&zone->sh->queue);
        ngx_http_registry_delete(zone, ngx_queue_data(q,
                                           ngx_http_registry_node_t, queue));

        (void) ngx_atomic_fetch_add(&zone->sh->counters.zone_evictions, 1);
    }
}


static void
ngx_http_registry_delete(ngx_http_registry_zone_t *zone,
    ngx_http_registry_node_t *rn)
{
    if (ngx_http_registry_queue(zone, rn->key) == &zone->sh->manifests) {
        zone->sh->manifests_size -= offsetof(ngx_http_registry_node_t, data)
                                    + rn->len;
    }

    ngx_queue_remove(&rn->queue);
    ngx_rbtree_delete(&zone->sh->rbtree, &rn->node);
    ngx_slab_free_locked(zone->shpool, rn);

    (void) ngx_atomic_fetch_add(&zone->sh->counters.zone_entries, -1);
}


static void
ngx_http_registry_key(u_char *dst, u_char kind, u_char *key)
{
    ngx_memcpy(dst, key, NGX_HTTP_REGISTRY_KEY_LEN);
    dst[NGX_HTTP_REGISTRY_KEY_LEN] = kind;
}


static ngx_uint_t
ngx_http_registry_hash(u_char *key)
{
    ngx_uint_t  hash;

    ngx_memcpy(&hash, key, sizeof(ngx_uint_t));

    return hash;
}
