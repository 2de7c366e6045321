/* tag_list.h: the tags of a repository, page by page. */

#ifndef TAG_LIST_H
#define TAG_LIST_H

#include "request/registry.h"

int tag_list(req_t *rq); /* GET /v2/N/tags/list?n=&last= */

#endif
