/* cors.h: pages of other sites.
 *
 * They may read answers only where the operator names their origins, in
 * INDEX_CORS with spaces between them.  They come with a token, never with the
 * session's cookie. */

#ifndef CORS_H
#define CORS_H

#include "api/api.h"

/* Answers what OPTIONS asks for a page of another site; allow is sent, too. */
void cors_preflight(api_t *api, const char *allow);

/* What lets a page of another site read this answer. */
void cors_head(api_t *api);

#endif
