/* pusher.h: when a tag was set, and by what program, in the original
 * protocol. */

#ifndef PUSHER_H
#define PUSHER_H

#include "request/registry.h"

/* Notes the client that has just set the request's tag to an image.  For
 * display only: what cannot be written is logged. */
int pusher_note(req_t *rq, str_t id);

/* GET /v1/repositories/N/tags/T/json, and of the tag "latest"
 * GET /v1/repositories/N/json */
int pusher_get(req_t *rq);
int pusher_latest_get(req_t *rq);

#endif
