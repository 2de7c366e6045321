/* token_endpoint.h: where clients get tokens (docs/index.md). */

#ifndef TOKEN_ENDPOINT_H
#define TOKEN_ENDPOINT_H

#include "fcgi_core/req.h"

/* INDEX_ROUTE token: GET as Docker has it, POST as OAuth2. */
int token_endpoint(req_t *rq);

#endif
