/* image_checksum.h: the end of an image's upload. */

#ifndef IMAGE_CHECKSUM_H
#define IMAGE_CHECKSUM_H

#include "request/registry.h"

/* PUT /v1/images/ID/checksum: the image is complete where the client's checksum
 * is that of its json and layer. */
int image_checksum_put(req_t *rq);

#endif
