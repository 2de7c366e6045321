/* name_pattern.h: patterns of repositories' names, as people write them and as
 * the database compares them.  Pure but for the pool. */

#ifndef NAME_PATTERN_H
#define NAME_PATTERN_H

#include "fcgi_core/pool.h"

#define NAME_PATTERN_MAX 128 /* bytes */
#define NAME_PATTERN_STARS 4

/* What stands behind a name's first slash, with "*" for any characters,
 * slashes too; "*" alone is the whole namespace.  OK and what LIKE compares
 * it with, in the pool; DECLINED where no name could be like it, where it is
 * too long, and where it has too many stars. */
int name_pattern_like(pool_t *pool, const char *pattern, const char **like_r);

/* The other way round; in the pool. */
const char *name_pattern_print(pool_t *pool, const char *like);

#endif
