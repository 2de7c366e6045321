/* image_repository.h: a repository as a whole, in the original protocol. */

#ifndef IMAGE_REPOSITORY_H
#define IMAGE_REPOSITORY_H

#include "request/registry.h"

/* DELETE /v1/repositories/N/ and /v1/repositories/N/tags: its tags, manifests
 * and images.  Can be repeated until nothing is left; its blobs go with the
 * next garbage collection. */
int image_repository_delete(req_t *rq);

#endif
