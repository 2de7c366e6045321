/* referrer.h: which manifests name another one as their subject
 * (OCI distribution "Listing Referrers"). */

#ifndef REFERRER_H
#define REFERRER_H

#include "store/store.h"

#include "fcgi_core/json.h"

/* Remembers that a manifest of the repository has a subject, until
 * manifest_del(). */
int referrer_put(store_op_t *op, str_t name, const reg_digest_t *subject,
                 const reg_digest_t *digest);

/* Adds the digests that are remembered, as keys of an object: hints, of which
 * referrer_describe() checks whether they are true. */
int referrer_links(store_op_t *op, str_t name, const reg_digest_t *subject,
                   json_t *candidates);

/* The keys, sorted, in the pool; as long as the object. */
const char **referrer_sort(pool_t *pool, json_t *candidates);

/* The descriptor of a referrer, as it stands in a list; the caller's.  DECLINED
 * where the digest is none of a manifest of the repository that names the
 * subject.  What had to be read is added to *bytes; OK with a *model_r of NULL
 * where that would be more than max.  No more memory is held than one manifest
 * takes, and none after. */
int referrer_describe(store_op_t *op, str_t name, const reg_digest_t *subject,
                      const char *digest, size_t max, size_t *bytes,
                      json_t **model_r);

#endif
