/* image_json.h: the json of an image, and who its ancestors are. */

#ifndef IMAGE_JSON_H
#define IMAGE_JSON_H

#include "request/registry.h"

/* GET and PUT /v1/images/ID/json.  An image that is put is in progress until
 * its checksum was put; until then it may be put again. */
int image_json_get(req_t *rq);
int image_json_put(req_t *rq);

/* GET /v1/images/ID/ancestry */
int image_ancestry_get(req_t *rq);

#endif
