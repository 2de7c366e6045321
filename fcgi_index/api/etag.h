/* etag.h: no client overwrites a change that it has not seen.
 *
 * What people edit has an edition, a number that each change counts.  GET
 * answers it as ETag; a change must name in If-Match the one that it was made
 * from (rows with ROUTE_IF_MATCH): 428 without it, 412 where it is another. */

#ifndef ETAG_H
#define ETAG_H

#include "api/api.h"

/* Answers the ETag of an edition.  For GET: OK, or DECLINED where the client
 * has that one already, after answering 304: the handler is done then. */
int etag_reply(api_t *api, uint64_t id, uint64_t edition);

/* Before a change: whether the client has seen this edition.  OK, or ERROR with
 * a problem. */
int etag_check(api_t *api, uint64_t id, uint64_t edition);

#endif
