/* v1_image.h: the list of images of a repository, and what registries ask. */

#ifndef V1_IMAGE_H
#define V1_IMAGE_H

#include "v1/v1.h"

/* GET /v1/repositories/N/images: the beginning of a pull, and how a registry
 * asks whether a token is good. */
int v1_image_list_get(v1_t *v1);

/* Reads the list that a push begins and ends with into v1->prepared, for
 * image_list_put(); ERROR, recorded. */
int v1_image_list_read(v1_t *v1);

/* PUT: the end of a push. */
int v1_image_list_put(v1_t *v1);

/* DELETE: nothing but a token. */
int v1_image_list_delete(v1_t *v1);

/* PUT /v1/repositories/N/auth: whether a token is good. */
int v1_auth_put(v1_t *v1);

/* GET /v1/repositories/N/layer/I/access: whether an image belongs to the
 * repository of a token. */
int v1_layer_access_get(v1_t *v1);

#endif
