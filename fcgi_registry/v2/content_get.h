/* content_get.h: GET and HEAD of blobs and manifests.  nginx serves those of
 * local files itself, and passes on what is in a bucket. */

#ifndef CONTENT_GET_H
#define CONTENT_GET_H

#include "request/registry.h"

/* GET, HEAD /v2/N/blobs/D.  From a bucket the client gets the content by nginx,
 * or by a redirect (docs/object-stores.md). */
int content_blob_get(req_t *rq);

/* GET, HEAD /v2/N/manifests/R. */
int content_manifest_get(req_t *rq);

#endif
