/* layer_find.h: a layer that nginx did not find. */

#ifndef LAYER_FIND_H
#define LAYER_FIND_H

#include "request/registry.h"

/* GET and HEAD /v1/images/ID/layer: says why there is none; where there is one,
 * because the request named no repository or it came in the meantime, nginx
 * sends it. */
int layer_find(req_t *rq);

#endif
