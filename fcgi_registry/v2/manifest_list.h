/* manifest_list.h: one image of a Docker manifest list, for clients that ask
 * by tag and know no lists (Docker image manifest version 2, schema 2). */

#ifndef MANIFEST_LIST_H
#define MANIFEST_LIST_H

#include "request/registry.h"

/* GET, HEAD /v2/N/manifests/T.  nginx serves manifests from files, and passes
 * on only a list that the client would not understand: the answer sends it to
 * the image for linux/amd64.  Where there is none: MANIFEST_UNKNOWN. */
int manifest_list_get(req_t *rq);

#endif
