/* router.h: which row of the table a request is for.  Pure but for the pool.
 *
 * Paths are matched on the URI as the client wrote it: it is divided at the
 * slashes first and each segment is decoded then, so that "a%2Ftags%2Fb" is
 * one segment, the name of a repository. */

#ifndef ROUTER_H
#define ROUTER_H

#include "api/route.h"
#include "fcgi_core/pool.h"

#define ROUTER_URI_MAX 8192
#define ROUTER_SEGMENTS_MAX 12

typedef enum {
    ROUTER_FOUND,
    ROUTER_MALFORMED, /* a bad escape, %00, a dot segment, or too long */
    ROUTER_NO_PATH,
    ROUTER_NO_METHOD, /* allow says which there are */
    ROUTER_OPTIONS    /* the same, and that is what was asked */
} router_result_t;

typedef struct {
    const route_t *route;
    str_t segments[ROUTE_PARAMS_MAX]; /* parameters, decoded, in the pool */
    const char *allow;                /* "GET, HEAD, OPTIONS" */
} router_match_t;

/* uri: as the client wrote it, with or without a query.  prefix: "/api/v1". */
router_result_t router_match(pool_t *pool, const route_table_t *table,
                             const char *prefix, const char *method, str_t uri,
                             router_match_t *match_r);

#endif
