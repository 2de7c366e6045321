/* api_endpoint.h: the door of the API. */

#ifndef API_ENDPOINT_H
#define API_ENDPOINT_H

#include "api/api.h"

/* INDEX_ROUTE api: every path under /api/v1. */
int api_endpoint(req_t *rq);

/* For another endpoint that answers as a route of the API does, in this order.
 * What is known of a request before its route is. */
api_t api_begin(req_t *rq);

/* Once api->route and api->segments are set: checks who calls, the right and
 * the fields, and runs the handler.  OK, or ERROR with a problem, where the
 * request was not deferred. */
int api_run(api_t *api);

/* Makes the answer to what rc says, and its headers. */
int api_end(api_t *api, int rc);

#endif
