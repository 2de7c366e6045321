/* image_config.h: the config of an image. */

#ifndef IMAGE_CONFIG_H
#define IMAGE_CONFIG_H

#include "manifest/manifest_parse.h"
#include "store/store.h"

/* The config of an image in a repository, as JSON, borrowed and in the pool.
 * DECLINED, and NULL, where the manifest is no image's, or its config is
 * missing, too long or no JSON: it is for display only, so the reason is not
 * logged.  ERROR, and NULL, where the store cannot be read. */
int image_config(store_op_t *op, str_t name, const manifest_t *manifest,
                 const json_t **config_r);

#endif
