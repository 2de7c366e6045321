/* v1_endpoint.h: the Index of the original protocol. */

#ifndef V1_ENDPOINT_H
#define V1_ENDPOINT_H

#include "fcgi_core/req.h"

/* /v1/users and /v1/repositories, but for what the Registry answers. */
int v1_endpoint(req_t *rq);

#endif
