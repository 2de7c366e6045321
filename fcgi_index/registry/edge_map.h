/* edge_map.h: the Index's map of registries as configuration of nginx, which
 * redirects clients of OCI distribution to edges.
 *
 * $registry_endpoint becomes the endpoint that a pull of the original protocol
 * would get first (allocation.h), and empty where that one is down.  A pattern
 * is a rule; where several match a name, those that belong to a vendor's or a
 * private registry come first, then those with more characters. */

#ifndef EDGE_MAP_H
#define EDGE_MAP_H

#include "registry/registry_map.h"

/* The text of a file for the http block, in the pool.  edges: names of the
 * registries that are edges of this nginx, with commas or spaces between them;
 * NULL: all.  What belongs to another one is served here.  Endpoints that are
 * none, and names of no registry, are logged and left out.  The same rows and
 * states give the same text.  NULL without memory; weights are changed. */
const char *edge_map_text(pool_t *pool, registry_row_t *rows, size_t n,
                          const char *edges, int64_t now);

#endif
