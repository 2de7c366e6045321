/* image_derive.h: images that came by version 2 of the protocol, as images of
 * the original one (manifest/image_chain.h).
 *
 * They are derived when a client first asks and kept below _v1/; each host
 * derives the same, so they may be removed at any time. */

#ifndef IMAGE_DERIVE_H
#define IMAGE_DERIVE_H

#include "store/store.h"

/* The id, in the pool, of the image that a tag points to; all of its chain is
 * below _v1/ then.  Of an image index that of linux/amd64, else of its first
 * image.  DECLINED where there is no such tag, or what it points to is gone.
 * ERROR with *error_r a sentence for the client where docker 1.x could not have
 * it; with NULL where the store failed. */
int image_derive_tag(store_op_t *op, str_t name, str_t tag, str_t *id_r,
                     const char **error_r);

/* The same for a manifest. */
int image_derive_manifest(store_op_t *op, str_t name,
                          const reg_digest_t *digest, str_t *id_r,
                          const char **error_r);

#endif
