/* api_endpoint.h: the door of the API. */

#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include "fcgi_core/req.h"

/* INDEX_ROUTE api: every path under /api/v1. */
int api_endpoint(req_t *rq);

#endif
