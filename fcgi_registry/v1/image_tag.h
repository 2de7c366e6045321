/* image_tag.h: tags of a repository, as the original protocol has them. */

#ifndef IMAGE_TAG_H
#define IMAGE_TAG_H

#include "request/registry.h"

int image_tag_list(req_t *rq);   /* GET /v1/repositories/N/tags */
int image_tag_get(req_t *rq);    /* GET /v1/repositories/N/tags/T */
int image_tag_put(req_t *rq);    /* PUT /v1/repositories/N/tags/T */
int image_tag_delete(req_t *rq); /* DELETE /v1/repositories/N/tags/T */

#endif
