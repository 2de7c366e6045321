/* v1_endpoints.h: which registries a client is sent to. */

#ifndef V1_ENDPOINTS_H
#define V1_ENDPOINTS_H

#include "v1/v1.h"

#define V1_ENDPOINTS_MAX 32

/* Adds X-Docker-Endpoints, a line for each host: docker does not split the
 * value before 0.11.  They are v1->endpoints, or the host that the request was
 * sent to. */
void v1_endpoints_reply(v1_t *v1);

#endif
