/* policy.h: what the operator allows: the switches of a location that nginx
 * cannot hold itself (conf/registry_params).
 *
 * A value that cannot be understood never means the weaker of two answers: it
 * refuses what it was to regulate and says so in the log. */

#ifndef POLICY_H
#define POLICY_H

#include "request/registry.h"
#include "manifest/manifest_parse.h"

/* The value of a parameter that is "on" or "off", fallback where it is
 * missing.  ERROR, logged and recorded, where it is another word. */
int policy_switch(req_t *rq, const char *param, bool fallback, bool *is_on_r);

/* The value of a parameter that is a number of at least min, fallback where it
 * is missing.  ERROR as above. */
int policy_number(req_t *rq, const char *param, uint64_t min, uint64_t fallback,
                  uint64_t *number_r);

/* True where REGISTRY_IMMUTABLE_TAGS names any: whoever is going to ask
 * policy_tag() must then be alone among the repository's manifests, or the
 * tag may come to be between the answer and its use. */
bool policy_has_immutable(req_t *rq);

/* OK where a tag may be pointed to a manifest or, where digest is NULL, be
 * deleted: it is not immutable, or does not exist, or points there already.
 * Else DENIED is recorded. */
int policy_tag(req_t *rq, str_t tag, const reg_digest_t *digest);

/* Whether REGISTRY_SPARSE ("off", "index" or "on") lets a manifest come before
 * what it refers to.  ERROR, logged and recorded, where it is another word. */
int policy_sparse(req_t *rq, const manifest_t *manifest, bool *is_allowed_r);

/* OK where REGISTRY_MANIFEST_URLS allows what a manifest says of content that
 * is kept elsewhere, else DENIED is recorded. */
int policy_urls(req_t *rq, const manifest_t *manifest);

#endif
