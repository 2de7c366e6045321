/* manifest_schema1.h: manifests that are stored but no longer taken: Docker
 * image manifest version 2, schema 1.  Only what they refer to is read. */

#ifndef MANIFEST_OLD_H
#define MANIFEST_OLD_H

#include "manifest/manifest_parse.h"

#define MANIFEST_SIZE_UNKNOWN UINT64_MAX /* of what schema 1 refers to */

/* As manifest_parse() without a content_type, but of schema 1, too. */
int manifest_parse_any(pool_t *pool, str_t content, manifest_t *manifest_r,
                       const char **error_r);

/* What stands in the bytes of a manifest that cannot be understood: every
 * digest, as a part of an image index that may be a manifest itself. */
void manifest_named(pool_t *pool, str_t content, manifest_t *manifest_r);

#endif
