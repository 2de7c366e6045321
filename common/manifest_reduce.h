/* manifest_reduce.h: a manifest without the members that mean nothing to a
 * registry.
 *
 * Readers ignore properties that they do not know (OCI image-spec,
 * "Extensibility").  So numbers of any size, \u0000, halves of surrogate
 * pairs, keys that come twice and deep nesting are no error there, and must
 * not reach a JSON reader that would refuse them. */

#ifndef REG_MANIFEST_REDUCE_H
#define REG_MANIFEST_REDUCE_H

#include "reg.h"

/* Overwrites with blanks, in place, every member whose key is not one of a
 * manifest, a descriptor or a platform.  A key that readers written in Go
 * would accept as one of those stays, in any case.  REG_ERROR where the text
 * is no JSON, with what and where; it is spoilt then. */
int reg_manifest_reduce(reg_str_t text, const char **error_r, size_t *pos_r);

/* Whether readers written in Go take a key for a known one: they match them in
 * any case, and U+017F counts as an "s". */
bool reg_manifest_key_is(const char *key, const char *known);

#endif
