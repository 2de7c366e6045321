/* layer_put.h: a layer is received. */

#ifndef LAYER_PUT_H
#define LAYER_PUT_H

#include "request/registry.h"

/* PUT /v1/images/ID/layer, of an image whose json was sent before.  nginx has
 * put the body into an upload that it made for this request. */
int layer_put(req_t *rq);

#endif
