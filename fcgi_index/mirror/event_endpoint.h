/* event_endpoint.h: where the store's events come (docs/index.md, "The mirror
 * of the store"). */

#ifndef EVENT_ENDPOINT_H
#define EVENT_ENDPOINT_H

#include "fcgi_core/req.h"

/* INDEX_ROUTE event: 200 where all of the events are kept. */
int event_endpoint(req_t *rq);

/* What a sender needs behind "Authorization: Bearer ", made from app.secret;
 * in the pool. */
str_t event_key(pool_t *pool);

#endif
