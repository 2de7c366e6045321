/* adopt_rule.h: every setting of registry:2, and what becomes of it. */

#ifndef ADOPT_RULE_H
#define ADOPT_RULE_H

#include "fcgi_core/json.h"

/* Calls fn for each setting of a configuration that is not carried over, with
 * its path ("http.host", "notifications.endpoints.0.backoff") and the reason,
 * both in the pool. */
void adopt_rule_each(pool_t *pool, json_t *root,
                     void (*fn)(void *data, const char *path,
                                const char *reason),
                     void *data);

#endif
