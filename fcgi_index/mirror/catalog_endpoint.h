/* catalog_endpoint.h: the repositories that a caller may pull (docs/index.md).
 */

#ifndef CATALOG_ENDPOINT_H
#define CATALOG_ENDPOINT_H

#include "fcgi_core/req.h"

/* INDEX_ROUTE catalog: GET /v2/_catalog?n=&last= of INDEX_ACCOUNT, which the
 * module found good, or of no one. */
int catalog_endpoint(req_t *rq);

#endif
