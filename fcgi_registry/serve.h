/* serve.h: one request to the registry, from nginx. */

#ifndef SERVE_H
#define SERVE_H

#include "fcgi_core/req.h"

/* Validates the parameters that nginx sent, runs the handler of the action
 * and leaves a reply or a failure: the serve() of prefork.h. */
void registry_serve(req_t *rq);

#endif
