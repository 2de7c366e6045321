/* pattern.h: patterns that people write, as nginx understands them (PCRE2).
 * pattern.c is the only file that includes that library. */

#ifndef PATTERN_H
#define PATTERN_H

#include "fcgi_core/pool.h"

#define PATTERN_MAX 1024      /* bytes of a pattern */
#define PATTERN_TEXT_MAX 4096 /* of what it is matched against */

/* OK where the pattern matches somewhere in text, DECLINED where it does not.
 * ERROR with *error_r, in the pool, saying why that is unknown: the pattern is
 * broken or too long, or it tries so many ways that it would keep the process
 * busy.  A caller then does what is safe. */
int pattern_match(pool_t *pool, const char *pattern, str_t text,
                  const char **error_r);

#endif
