/* verdict_endpoint.h: what a token grants, for nginx (docs/verdict.md). */

#ifndef VERDICT_ENDPOINT_H
#define VERDICT_ENDPOINT_H

#include "fcgi_core/req.h"

/* INDEX_ROUTE verdict: 200 and the verdict, 403, or 503.  Puts the verdict
 * into memcached again. */
int verdict_endpoint(req_t *rq);

#endif
