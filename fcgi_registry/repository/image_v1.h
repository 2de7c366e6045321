/* image_v1.h: images of the original protocol, below
 * repositories/<name>/_v1/<id>/ (docs/layout.md).
 *
 * An id belongs to its repository: another repository may have other bytes
 * under the same id.  Ids must have been found valid before.  Readers return
 * DECLINED for what is not there; all writes are durable on return, and can be
 * repeated. */

#ifndef IMAGE_V1_H
#define IMAGE_V1_H

#include "store/store.h"

#include "fcgi_core/json.h"

#define IMAGE_V1_JSON_MAX ((size_t)(1024 * 1024)) /* bytes of a json */
#define IMAGE_V1_ANCESTRY_MAX 1024                /* images of a chain */
#define IMAGE_V1_FILES_MAX ((size_t)(65 * 1024 * 1024))

/* What is known of an image's layer.  A text may be empty: not known. */
typedef struct {
    uint64_t size;         /* as it was sent */
    uint64_t uncompressed; /* 0 where it is not known */
    str_t json;            /* digest of the json that payload and tarsum are
                              over */
    str_t payload;         /* "sha256:…" */
    str_t tarsum;  /* "tarsum+sha256:…"; empty also for what is no tar */
    str_t diff_id; /* "sha256:…" of the layer without compression */
    bool is_plain; /* the layer is not compressed */
} image_v1_sums_t;

/* Waits until no one else changes the image, or gives up as store_lock(); held
 * until store_unlock() or, where lock_r is NULL, the end of the operation.
 * Makes the image's directory. */
int image_v1_lock(store_op_t *op, str_t name, str_t id, store_lock_t *lock_r);

/* The json as it was sent; with it an image exists. */
int image_v1_json(store_op_t *op, str_t name, str_t id, str_t *json_r);
int image_v1_json_put(store_op_t *op, str_t name, str_t id, str_t json);

/* Marks an image as used now: garbage collection leaves it for the grace time.
 * For a caller that relies on it before a manifest leads to it. */
int image_v1_touch(store_op_t *op, str_t name, str_t id);

/* Whether its upload has begun and not ended; DECLINED: no. */
int image_v1_is_uploading(store_op_t *op, str_t name, str_t id);
int image_v1_uploading_put(store_op_t *op, str_t name, str_t id);
int image_v1_uploading_del(store_op_t *op, str_t name, str_t id);

/* The ids of the image, its parent and so on up to the root, in the pool. */
int image_v1_ancestry(store_op_t *op, str_t name, str_t id, str_t **ids_r,
                      size_t *n_r);

/* Writes the id, and then those of the parent's ancestry, n of them. */
int image_v1_ancestry_put(store_op_t *op, str_t name, str_t id,
                          const str_t *parents, size_t n);

/* The digest of the blob that is its layer. */
int image_v1_layer(store_op_t *op, str_t name, str_t id,
                   reg_digest_t *digest_r);
int image_v1_layer_put(store_op_t *op, str_t name, str_t id,
                       const reg_digest_t *digest);

/* What is known of its layer. */
int image_v1_sums(store_op_t *op, str_t name, str_t id,
                  image_v1_sums_t *sums_r);
int image_v1_sums_put(store_op_t *op, str_t name, str_t id,
                      const image_v1_sums_t *sums);

/* The list of its files, JSON. */
int image_v1_files(store_op_t *op, str_t name, str_t id, str_t *files_r);
int image_v1_files_put(store_op_t *op, str_t name, str_t id, str_t files);

/* Forgets sums and files, whose layer is to be another one. */
int image_v1_sums_del(store_op_t *op, str_t name, str_t id);

/* The manifest that is the same image for version 2 of the protocol, and the
 * image that is that manifest. */
int image_v1_manifest(store_op_t *op, str_t name, str_t id,
                      reg_digest_t *digest_r);
int image_v1_of_manifest(store_op_t *op, str_t name, const reg_digest_t *digest,
                         str_t *id_r);

/* Notes both. */
int image_v1_manifest_put(store_op_t *op, str_t name, str_t id,
                          const reg_digest_t *digest);

/* Forgets the manifest of an image, whose bytes are to be others. */
int image_v1_manifest_del(store_op_t *op, str_t name, str_t id);

#endif
