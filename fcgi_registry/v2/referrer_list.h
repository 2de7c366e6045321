/* referrer_list.h: the manifests that name another one as their subject
 * (OCI distribution "Listing Referrers"). */

#ifndef REFERRER_LIST_H
#define REFERRER_LIST_H

#include "request/registry.h"

/* GET /v2/N/referrers/D?artifactType=&n=&last= */
int referrer_list(req_t *rq);

#endif
