/* referrers_tag.h: the tag under which clients of a registry without the
 * referrers API keep the list of a manifest's referrers (OCI distribution
 * "Referrers Tag Schema"): an OCI image index under "sha256-<hex of the
 * subject>". */

#ifndef REFERRERS_TAG_H
#define REFERRERS_TAG_H

#include "manifest/manifest_parse.h"

/* The tag of a subject, in the pool. */
char *referrers_tag_name(pool_t *pool, const reg_digest_t *subject);

/* What such a tag says of its subject; hex is a view into the tag, and of a
 * sha512 only the first half.  DECLINED for a tag of another form. */
int referrers_tag_parse(str_t tag, reg_digest_t *start_r);

/* Whether a digest begins with what a tag said. */
bool referrers_tag_is_of(const reg_digest_t *start, const reg_digest_t *digest);

/* Whether a manifest may be a list of referrers: it is an index, and none for
 * several platforms. */
bool referrers_tag_may_list(const manifest_t *manifest);

/* The same of the manifest of that digest, found under a tag of that form: not
 * where it is the subject itself. */
bool referrers_tag_is_list(const reg_digest_t *start,
                           const reg_digest_t *digest,
                           const manifest_t *manifest);

#endif
