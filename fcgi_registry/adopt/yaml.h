/* yaml.h: YAML of a configuration file as a JSON value; yaml.c is the only
 * file that includes libyaml.
 *
 * Every scalar is a string, as it was written, but for a plain null, ~ or
 * nothing at all: what is a number or a switch, its reader knows. */

#ifndef YAML_READ_H
#define YAML_READ_H

#include "fcgi_core/json.h"

#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 10000 /* also of what aliases repeat */

/* Parses the first document of text; no document is null.  What comes twice,
 * or by a merge key ("<<: *other"), counts as for registry:2: the later one,
 * and of two mappings both, unless they are below a top-level "storage" or
 * "auth".  ERROR with *error_r (in the pool) saying what and where: no YAML, a
 * key that is no scalar, a merge of what is no mapping, a NUL, or more than the
 * limits.  The value is released with the pool. */
int yaml_read(pool_t *pool, str_t text, json_t **value_r, const char **error_r);

#endif
