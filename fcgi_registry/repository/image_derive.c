/* image_derive.c: images that came by version 2 of the protocol, as images of
 * the original one. */

#include "repository/image_derive.h"
#include "repository/blob.h"
#include "repository/image_v1.h"
#include "repository/manifest.h"
#include "repository/tag.h"
#include "manifest/image_chain.h"

#define INDEX_DEPTH 4 /* image indexes within each other */
#define CONFIG_MAX ((size_t)(1024 * 1024))


/* --- which image --------------------------------------------------------- */


static bool
is_platform(const descriptor_t *child, const char *os, const char *architecture)
{
    const json_t *platform = child->platform;
    const char *has_os = json_string_value(json_object_get(platform, "os"));
    const char *has_architecture =
        json_string_value(json_object_get(platform, "architecture"));

    return has_os != NULL && has_architecture != NULL && strcmp(has_os, os) == 0
           && strcmp(has_architecture, architecture) == 0;
}


/* Attestations of BuildKit stand among the images, with a platform that no one
 * has. */
static const descriptor_t *
child_choose(const manifest_t *image_index)
{
    const descriptor_t *first = NULL;

    for (size_t i = 0; i < image_index->n; i++) {
        const descriptor_t *child = &image_index->references[i];

        if (!child->is_known) {
            continue;
        }

        if (is_platform(child, "linux", "amd64")) {
            return child;
        }

        if (first == NULL && !is_platform(child, "unknown", "unknown")) {
            first = child;
        }
    }

    return first;
}


/* Why a manifest could not be read: DECLINED where it is not there. */
static int
unreadable(store_op_t *op, str_t name, const reg_digest_t *digest,
           const char **error_r)
{
    reg_digest_t stored;
    int rc = manifest_find(op, name, digest, &stored);

    if (rc != OK) {
        return rc;
    }

    *error_r = "its manifest is of a schema that cannot be converted";

    return ERROR;
}


/* Reads a manifest or, of an image index, that of one of its images;
 * *digest_r is which. */
static int
image_find(store_op_t *op, str_t name, const reg_digest_t *digest,
           reg_digest_t *digest_r, manifest_t *manifest_r, const char **error_r)
{
    *digest_r = *digest;

    for (int depth = 0; depth < INDEX_DEPTH; depth++) {
        const descriptor_t *child;
        str_t content;
        int rc = manifest_read(op, name, digest_r, &content, manifest_r);

        if (rc == DECLINED) {
            return unreadable(op, name, digest_r, error_r);
        }

        if (rc != OK || !manifest_r->is_index) {
            return rc;
        }

        child = child_choose(manifest_r);

        if (child == NULL) {
            break;
        }

        *digest_r = child->digest;
    }

    *error_r = "the image index has no image for docker 1.x";

    return ERROR;
}


/* --- what is kept of it -------------------------------------------------- */


static int
config_read(store_op_t *op, str_t name, const manifest_t *manifest,
            str_t *config_r, const char **error_r)
{
    reg_digest_t stored;
    store_stat_t stat;
    store_key_t key;
    int rc = DECLINED;

    if (!manifest->is_index && manifest->n != 0
        && manifest->references[0].is_known) {
        rc = blob_find(op, name, &manifest->references[0].digest, &stored);
    }

    if (rc != OK) {
        return rc;
    }

    key = key_blob(&stored);
    rc = store_stat(op, key.text, &stat);

    if (rc == OK && stat.size > CONFIG_MAX) {
        *error_r = "the image's config is too large";
        return ERROR;
    }

    return rc == OK ? store_get(op, key.text, CONFIG_MAX, config_r) : rc;
}


/* The one layer that no manifest names. */
static int
empty_layer_put(store_op_t *op, str_t name)
{
    reg_digest_t digest;

    reg_digest_parse(reg_str(IMAGE_CHAIN_EMPTY_BLOB), &digest);

    return blob_put(op, &digest, image_chain_empty_layer) == OK
               ? blob_link(op, name, &digest, &digest)
               : ERROR;
}


static int
layer_check(store_op_t *op, str_t name, const chain_image_t *image,
            reg_digest_t *digest_r)
{
    reg_digest_t stored;

    if (reg_str_eq(image->blob, reg_str(IMAGE_CHAIN_EMPTY_BLOB))
        && empty_layer_put(op, name) != OK) {
        return ERROR;
    }

    reg_digest_parse(image->blob, digest_r); /* image_chain_derive() did */

    return blob_find(op, name, digest_r, &stored);
}


/* The ids of images[at] and of those below it, the root last. */
static str_t *
ancestors_of(pool_t *pool, const chain_image_t *images, size_t at)
{
    str_t *ids = pool_alloc(pool, (at + 1) * sizeof(str_t));

    for (size_t i = 0; i <= at; i++) {
        ids[i] = reg_cstr(images[at - i].id);
    }

    return ids;
}


/* Whether the ancestry of ids[0] is ids, n of them. */
static int
ancestry_compare(store_op_t *op, str_t name, const str_t *ids, size_t n)
{
    str_t *stored;
    size_t n_stored;
    int rc = image_v1_ancestry(op, name, ids[0], &stored, &n_stored);

    if (rc != OK || n_stored != n) {
        return rc == ERROR ? ERROR : DECLINED;
    }

    for (size_t i = 0; i < n; i++) {
        if (!reg_str_eq(stored[i], ids[i])) {
            return DECLINED;
        }
    }

    return OK;
}


/* DECLINED where the image is not there, or is another one: a client may have
 * pushed any bytes under its id. */
static int
image_compare(store_op_t *op, str_t name, const chain_image_t *image,
              const reg_digest_t *layer, const str_t *ids, size_t n)
{
    reg_digest_t digest;
    str_t json;
    int rc = image_v1_is_uploading(op, name, ids[0]);

    if (rc != DECLINED) {
        return rc == OK ? DECLINED : ERROR;
    }

    rc = image_v1_json(op, name, ids[0], &json);

    if (rc == OK) {
        rc = image_v1_layer(op, name, ids[0], &digest);
    }

    if (rc != OK) {
        return rc;
    }

    return reg_str_eq(json, image->json) && reg_digest_eq(&digest, layer)
               ? ancestry_compare(op, name, ids, n)
               : DECLINED;
}


/* The json after what belongs to it, and the mark of an upload last, which has
 * lost: the id is the manifest's. */
static int
image_replace(store_op_t *op, str_t name, const chain_image_t *image,
              const reg_digest_t *layer, const str_t *ids, size_t n)
{
    const image_v1_sums_t sums = { .size = image->size,
                                   .diff_id = image->diff_id,
                                   .is_plain = image->is_plain };
    str_t id = ids[0];

    return image_v1_sums_del(op, name, id) == OK
                   && image_v1_layer_put(op, name, id, layer) == OK
                   && image_v1_ancestry_put(op, name, id, ids + 1, n - 1) == OK
                   && (sums.diff_id.len == 0
                       || image_v1_sums_put(op, name, id, &sums) == OK)
                   && image_v1_json_put(op, name, id, image->json) == OK
               ? image_v1_uploading_del(op, name, id)
               : ERROR;
}


static int
image_write(store_op_t *op, str_t name, const chain_image_t *images, size_t at)
{
    const chain_image_t *image = &images[at];
    str_t *ids = ancestors_of(op->pool, images, at);
    reg_digest_t digest;
    store_lock_t lock;
    int rc = layer_check(op, name, image, &digest);

    if (rc != OK) {
        return rc;
    }

    rc = image_compare(op, name, image, &digest, ids, at + 1);

    if (rc != DECLINED) {
        return rc;
    }

    if (image_v1_lock(op, name, ids[0], &lock) != OK) {
        return ERROR;
    }

    rc = image_replace(op, name, image, &digest, ids, at + 1);
    store_unlock(&lock);

    return rc;
}


/* An image index leads to the id of its image, too. */
static int
chain_write(store_op_t *op, str_t name, const chain_image_t *images, size_t n,
            const reg_digest_t *digest, const reg_digest_t *image_digest)
{
    str_t id = reg_cstr(images[n - 1].id);
    store_key_t key = key_revision_v1(name, digest);

    for (size_t i = 0; i < n; i++) {
        int rc = image_write(op, name, images, i);

        if (rc != OK) {
            return rc;
        }
    }

    return image_v1_manifest_put(op, name, id, image_digest) == OK
               ? store_put(op, key.text, id)
               : ERROR;
}


/* Whether all that was noted of an image is still there. */
static int
noted_check(store_op_t *op, str_t name, str_t id)
{
    str_t *ids;
    size_t n;
    int rc = image_v1_ancestry(op, name, id, &ids, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        store_key_t key = key_image_v1(name, ids[i], "json");

        rc = store_check(op, key.text);
    }

    return rc;
}


int
image_derive_manifest(store_op_t *op, str_t name, const reg_digest_t *digest,
                      str_t *id_r, const char **error_r)
{
    chain_image_t *images;
    manifest_t manifest;
    reg_digest_t found;
    str_t config;
    size_t n;
    int rc = image_v1_of_manifest(op, name, digest, id_r);

    *error_r = NULL;

    if (rc == OK) {
        rc = noted_check(op, name, *id_r);
    }

    if (rc != DECLINED) {
        return rc;
    }

    rc = image_find(op, name, digest, &found, &manifest, error_r);

    if (rc == OK) {
        rc = config_read(op, name, &manifest, &config, error_r);
    }

    if (rc == OK) {
        rc = image_chain_derive(op->pool, &manifest, config, &images, &n,
                                error_r);
    }

    if (rc == OK) {
        rc = chain_write(op, name, images, n, digest, &found);
    }

    if (rc == OK) {
        *id_r = reg_cstr(images[n - 1].id);
    }

    return rc;
}


int
image_derive_tag(store_op_t *op, str_t name, str_t tag, str_t *id_r,
                 const char **error_r)
{
    reg_digest_t digest;
    int rc = tag_get(op, name, tag, &digest);

    *error_r = NULL;

    return rc == OK ? image_derive_manifest(op, name, &digest, id_r, error_r)
                    : rc;
}
