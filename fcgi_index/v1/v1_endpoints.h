/* v1_endpoints.h: which registries a client is sent to. */

#ifndef V1_ENDPOINTS_H
#define V1_ENDPOINTS_H

#include "v1/v1.h"

/* Adds X-Docker-Endpoints, a line for each endpoint: docker does not split the
 * value before 0.11.  They are those of registry/allocation.h, or the host that
 * the request was sent to.  OK; ERROR, recorded: the database failed. */
int v1_endpoints_reply(v1_t *v1, bool is_push);

#endif
