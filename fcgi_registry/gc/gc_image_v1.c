/* gc_image_v1.c: images of the original protocol.
 *
 * An image stays if a manifest leads to it, if it was used since the cutoff, or
 * if an image that stays descends from it.  What stays keeps its layer.  A
 * request that relies on an image touches its json first, as pushes do with
 * blobs (gc_sweep.c): so the removal of the json, or the touch, is first. */

#include "gc/gc.h"
#include "repository/image_v1.h"

#include "common/name.h"
#include "fcgi_core/log.h"

typedef struct {
    gc_t *gc;
    str_t name;         /* of the repository */
    digest_set_t *kept; /* ids, as digests */
} images_t;


/* An id as something that a set can hold; short ids only occur in tests. */
static reg_digest_t
id_digest(str_t id, char hex[REG_DIGEST_HEX_MAX + 1])
{
    size_t len = reg_algorithm_hex_len(REG_SHA256);

    memset(hex, '0', len);
    memcpy(hex, id.data, id.len < len ? id.len : len);

    return (reg_digest_t){ REG_SHA256, { len, (unsigned char *)hex } };
}


static bool
kept_add(images_t *images, str_t id)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_digest_t digest = id_digest(id, hex);

    return digest_set_add(images->kept, &digest);
}


/* Keeps an image and those that it descends from. */
static void
chain_keep(images_t *images, str_t id)
{
    gc_t *gc = images->gc;
    str_t *ids;
    size_t n;
    int rc = image_v1_ancestry(&gc->op, images->name, id, &ids, &n);

    kept_add(images, id);

    if (rc == ERROR) {
        gc_incomplete(gc);
    }

    for (size_t i = 0; i < n && rc == OK; i++) {
        kept_add(images, ids[i]);
    }
}


static void
revision_pass(void *data, const reg_digest_t *digest)
{
    images_t *images = data;
    gc_t *gc = images->gc;
    str_t id;
    int rc = image_v1_of_manifest(&gc->op, images->name, digest, &id);

    if (rc == OK) {
        chain_keep(images, id);

    } else if (rc == ERROR) {
        gc_incomplete(gc);
    }

    pool_reset(gc->op.pool);
}


/* Whether something of an image was written or used since the cutoff; what
 * cannot be checked may have been. */
static bool
is_young(images_t *images, str_t id)
{
    static const char *const subs[] = { "json", "inprogress", "ancestry",
                                        "layer", "sums" };
    gc_t *gc = images->gc;

    for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
        store_key_t key = key_image_v1(images->name, id, subs[i]);
        store_stat_t stat;
        int rc = store_stat_used(&gc->op, key.text, &stat);

        if (rc == ERROR || (rc == OK && store_is_since(&stat, &gc->cutoff))) {
            gc->has_failed |= rc == ERROR;
            return true;
        }
    }

    return false;
}


static void
young_pass(void *data, const char *id)
{
    images_t *images = data;

    if (reg_image_id_is_valid(reg_cstr(id)) && is_young(images, reg_cstr(id))) {
        chain_keep(images, reg_cstr(id));
    }

    pool_reset(images->gc->op.pool);
}


static void
layer_mark(images_t *images, str_t id)
{
    gc_t *gc = images->gc;
    reg_digest_t digest;
    int rc = image_v1_layer(&gc->op, images->name, id, &digest);

    if (rc == OK) {
        digest_set_add(gc->marked, &digest);

    } else if (rc == ERROR) {
        gc_incomplete(gc);
    }
}


/* The json first: without it there is no image. */
static int
image_remove(images_t *images, str_t id)
{
    gc_t *gc = images->gc;
    store_key_t key = key_image_v1(images->name, id, "json");
    int rc;

    if (gc->is_dry_run) {
        return OK;
    }

    rc = store_del_old(&gc->op, key.text, &gc->cutoff);

    if (rc == ERROR
        || (rc == DECLINED && store_check(&gc->op, key.text) != DECLINED)) {
        return rc;
    }

    key = key_image_v1(images->name, id, NULL);

    return store_del_tree(&gc->op, key.text) == ERROR ? ERROR : OK;
}


static void
sweep_pass(void *data, const char *text)
{
    images_t *images = data;
    char hex[REG_DIGEST_HEX_MAX + 1];
    gc_t *gc = images->gc;
    str_t id = reg_cstr(text);
    reg_digest_t digest;

    if (!reg_image_id_is_valid(id)) {
        log_warn("gc: _v1/%s of %.*s is no image and is ignored", text,
                 STR(images->name));
        return;
    }

    digest = id_digest(id, hex);

    if (digest_set_has(images->kept, &digest) || gc->is_incomplete) {
        layer_mark(images, id);

    } else if (image_remove(images, id) == OK) {
        gc->n.images++;
        gc_report(gc,
                  "image %.*s %s of the original protocol: nothing leads to "
                  "it",
                  STR(images->name), text);

    } else {
        gc->has_failed |= gc->op.err != 0;
        layer_mark(images, id);
    }

    pool_reset(gc->op.pool);
}


void
gc_images_v1(gc_t *gc, str_t name)
{
    images_t images = { .gc = gc, .name = name };
    walk_t walk = { &gc->op, &images, NULL };
    store_key_t revisions = key_repository(name, "_manifests/revisions");
    store_key_t key = key_repository(name, "_v1");

    images.kept = digest_set_create();

    if (walk_digests(&walk, revisions.text, revision_pass) == ERROR
        || walk_names(&walk, key.text, young_pass) == ERROR
        || walk_names(&walk, key.text, sweep_pass) == ERROR) {
        gc_incomplete(gc);
    }

    digest_set_destroy(images.kept);
}
