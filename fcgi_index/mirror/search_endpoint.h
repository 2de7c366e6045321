/* search_endpoint.h: GET /v1/search, which "docker search" and "podman search"
 * ask (docs/search.md). */

#ifndef SEARCH_ENDPOINT_H
#define SEARCH_ENDPOINT_H

#include "fcgi_core/req.h"

int search_endpoint(req_t *rq);

#endif
