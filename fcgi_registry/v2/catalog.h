/* catalog.h: the repositories of the registry (Docker registry API). */

#ifndef CATALOG_H
#define CATALOG_H

#include "request/registry.h"

int catalog_list(req_t *rq); /* GET /v2/_catalog?n=&last= */

#endif
