/* jwt_verdict.h: what a token of another token server grants, for nginx. */

#ifndef JWT_VERDICT_H
#define JWT_VERDICT_H

#include "fcgi_core/req.h"

/* REGISTRY_ROUTE verdict: the verdict (docs/verdict.md) on the bearer token of
 * HTTP_AUTHORIZATION.  REGISTRY_TOKEN_ISSUER and REGISTRY_SERVICE say who must
 * have issued it, and for whom; REGISTRY_TOKEN_CERTIFICATES and
 * REGISTRY_TOKEN_KEYS are files with the keys (keyring.h). */
int jwt_verdict(req_t *rq);

#endif
