/* manifest_referrer.h: what refers to a manifest: signatures, SBOMs,
 * attestations, scans.
 *
 * Those that have a subject, and those that cosign finds by their tag:
 * sha256-HEX.sig, .att and .sbom of the manifest sha256:HEX.  The list that
 * other clients keep under the tag sha256-HEX names manifests with a subject,
 * so it adds nothing. */

#ifndef MANIFEST_REFERRER_H
#define MANIFEST_REFERRER_H

#include "db/db_tag.h"
#include "fcgi_core/json.h"

/* At most so many of a manifest behind a digest, in the order of their own, in
 * the pool of db.  ERROR: the database failed. */
int referrer_list(db_t *db, uint64_t repository_id, const char *subject,
                  const char *after, size_t limit, referrer_row_t **rows_r,
                  size_t *n_r);

/* As a manifest of a list, and what kind it is, and its tag. */
json_t *referrer_json(const referrer_row_t *row);

#endif
