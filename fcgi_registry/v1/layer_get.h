/* layer_get.h: what the files of a layer are, and what it changes. */

#ifndef LAYER_GET_H
#define LAYER_GET_H

#include "request/registry.h"

int layer_files_get(req_t *rq); /* GET /v1/images/ID/files */
int layer_diff_get(req_t *rq);  /* GET /v1/images/ID/diff */

#endif
