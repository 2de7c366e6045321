/* manifest_put.h: a manifest is pushed (OCI distribution "Pushing
 * manifests"). */

#ifndef MANIFEST_PUT_H
#define MANIFEST_PUT_H

#include "request/registry.h"

int manifest_put(req_t *rq); /* PUT /v2/N/manifests/<T|D>[?tag=T] */

#endif
