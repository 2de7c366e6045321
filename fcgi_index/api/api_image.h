/* api_image.h: how an image was built, and how it runs: its config, which the
 * registry has. */

#ifndef API_IMAGE_H
#define API_IMAGE_H

#include "api/api.h"

extern const field_t api_image_query[];
extern const model_t api_image_model;

/* Before the fork: of so many processes, a quarter wait for the registry at the
 * same time.  ERROR, logged. */
int api_image_open(pool_t *pool, long processes);

int api_image_get(api_t *api);

#endif
