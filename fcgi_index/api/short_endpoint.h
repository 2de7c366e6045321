/* short_endpoint.h: short addresses, for people who share them. */

#ifndef SHORT_ENDPOINT_H
#define SHORT_ENDPOINT_H

#include "fcgi_core/req.h"

/* INDEX_ROUTE short: /r/NAME, /r/NAME:TAG and /r/NAME@DIGEST, where NAME is
 * written as it is.  A browser is sent to the page; a program gets what the
 * API answers for the same.  What the caller may not read is 404, whether it
 * is there or not. */
int short_endpoint(req_t *rq);

#endif
