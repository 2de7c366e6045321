/* adopt_env.h: the environment that registry:2 reads over its configuration:
 * REGISTRY_ and the path of a setting, joined by "_", in upper case. */

#ifndef ADOPT_ENV_H
#define ADOPT_ENV_H

#include "fcgi_core/json.h"

/* Applies every REGISTRY_ variable of env (as environ) to a configuration, in
 * the order of their names, so that what is more specific comes later.  Values
 * are YAML.  Elements of lists go by their number.  A storage driver that a
 * variable names takes the place of another one in the file.  ERROR with
 * *error_r (in the pool) where a value is no YAML. */
int adopt_env_apply(pool_t *pool, json_t *root, char *const *env,
                    const char **error_r);

/* "storage: inmemory" is short for a mapping of that name that is empty, for
 * storage and auth. */
void adopt_short_expand(json_t *root, const char *key);

/* True for the keys of storage that are no driver's name. */
bool adopt_is_storage_option(const char *key);

#endif
