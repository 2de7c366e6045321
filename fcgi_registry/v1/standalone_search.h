/* standalone_search.h: repositories by a part of their name, of a registry
 * without an index. */

#ifndef STANDALONE_SEARCH_H
#define STANDALONE_SEARCH_H

#include "request/registry.h"

/* GET /v1/search?q=&n=&page= */
int standalone_search(req_t *rq);

#endif
