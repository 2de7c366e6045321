/* referrer.h: which manifests name another one as their subject
 * (OCI distribution "Listing Referrers"). */

#ifndef REFERRER_H
#define REFERRER_H

#include "registry.h"

/* Remembers, or forgets, that a manifest of the repository has a subject. */
int referrer_put(store_t *store, str_t name, const reg_digest_t *subject,
                 const reg_digest_t *digest);
int referrer_del(store_t *store, str_t name, const reg_digest_t *subject,
                 const reg_digest_t *digest);

/* GET /v2/N/referrers/D?artifactType=&n=&last= */
int referrer_list(req_t *rq);

#endif
