/* serve.h: one request to the registry, from nginx. */

#ifndef SERVE_H
#define SERVE_H

#include "fcgi_core/req.h"

/* How many seconds a request waits for one lock that another process holds.
 * Called once, before the first request. */
void registry_lock_timeout_set(long seconds);

/* Where the files of stores in buckets are (docs/object-stores.md).  At most
 * three quarters of the processes work for one of them at a time, and half of
 * those put large blobs into it.  Called once, before processes begin; ERROR,
 * logged. */
int registry_stores_open(pool_t *pool, const char *directory, long processes);

/* Validates the parameters that nginx sent, runs the handler of the action
 * and leaves a reply or a failure: the serve() of prefork.h. */
void registry_serve(req_t *rq);

/* The same for serve-layers. */
void layers_serve(req_t *rq);

#endif
