/* upload.h: uploads of blobs (OCI distribution "Pushing blobs"; the
 * protocol's sessions).
 *
 * nginx has received the body before a handler runs: it lends itself the
 * upload's own data file, writes at its end, and says in parameters how long
 * the file was before and is now and what the state of its hash is.  It holds
 * a lock on the file until the worker has answered, so none is taken here. */

#ifndef UPLOAD_H
#define UPLOAD_H

#include "request/registry.h"

int upload_start(req_t *rq);  /* POST /v2/N/blobs/uploads/ */
int upload_status(req_t *rq); /* GET, HEAD .../uploads/U */
int upload_patch(req_t *rq);  /* PATCH .../uploads/U */
int upload_put(req_t *rq);    /* PUT .../uploads/U?digest=D */
int upload_cancel(req_t *rq); /* DELETE .../uploads/U */

#endif
