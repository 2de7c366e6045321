/* image_manifest.h: the config and the manifest of an image of the original
 * protocol (manifest/image_chain.h). */

#ifndef IMAGE_MANIFEST_H
#define IMAGE_MANIFEST_H

#include "store/store.h"

/* Makes both, in the pool, of an image and its chain, and marks all of the
 * chain as used.  DECLINED where there is no such image, or the upload of one
 * of the chain has not ended; ERROR with *error_r a sentence where a json
 * cannot be understood, with NULL where the store failed. */
int image_manifest_make(store_op_t *op, str_t name, str_t id, str_t *config_r,
                        str_t *manifest_r, const char **error_r);

#endif
