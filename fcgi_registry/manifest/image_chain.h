/* image_chain.h: an image as a chain of images of the original protocol, each
 * with a json and a layer, and as a config and a manifest.
 *
 * Both directions depend on the bytes alone, so that every host makes the same
 * of the same image.  A config is made as docker 1.10 does when it pulls by the
 * original protocol.  Ids of a chain are sums of the layer's digest, the
 * parent's id and, of the leaf, the config: as distribution makes them for
 * manifests of schema 1, so no image that was made here has the id of one with
 * other bytes. */

#ifndef IMAGE_CHAIN_H
#define IMAGE_CHAIN_H

#include "manifest/manifest_parse.h"

#define IMAGE_CHAIN_MAX 1024 /* images of a chain */
#define IMAGE_CHAIN_ID 64    /* characters of an id */

/* The layer of an image without files: docker's empty archive, compressed, and
 * its digests. */
extern const str_t image_chain_empty_layer;
#define IMAGE_CHAIN_EMPTY_BLOB                                                 \
    "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
#define IMAGE_CHAIN_EMPTY_DIFF_ID                                              \
    "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

/* An image of a chain. */
typedef struct {
    str_t json;
    str_t blob;                  /* digest of its layer, as text */
    str_t diff_id;               /* of the layer without compression, as text */
    uint64_t size;               /* of the layer */
    bool is_plain;               /* the layer is not compressed */
    char id[IMAGE_CHAIN_ID + 1]; /* set by image_chain_derive() */
} chain_image_t;

/* The config of n > 0 images, the root first.  ERROR with *error_r, a sentence,
 * where a json cannot be understood. */
int image_chain_config(pool_t *pool, const chain_image_t *images, size_t n,
                       str_t *config_r, const char **error_r);

/* The manifest (schema 2) of n images and their config. */
str_t image_chain_manifest(pool_t *pool, const chain_image_t *images, size_t n,
                           str_t config);

/* The images, the root first, in the pool, of a manifest and its config.  ERROR
 * with *error_r, a sentence, where docker 1.x could not read them: the config
 * is no image's, or a layer is of a type that it does not know or is kept
 * elsewhere. */
int image_chain_derive(pool_t *pool, const manifest_t *manifest, str_t config,
                       chain_image_t **images_r, size_t *n_r,
                       const char **error_r);

#endif
