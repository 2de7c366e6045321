/* adopt_value.h: values of a configuration of registry:2, and how they are
 * written elsewhere. */

#ifndef ADOPT_VALUE_H
#define ADOPT_VALUE_H

#include "fcgi_core/pool.h"

/* A YAML boolean.  ERROR where it is none. */
int value_switch(const char *text, bool *is_on_r);

/* A duration of Go, "1m30s", "500ms", or nanoseconds, in whole seconds, rounded
 * up.  ERROR where it is none, negative, or longer than max. */
int value_seconds(const char *text, long max, long *seconds_r);

/* A word of nginx.conf, in quotes where it needs them.  NULL where it cannot be
 * one: "$" would begin a variable, and no value has control characters. */
char *value_nginx(pool_t *pool, const char *text);

/* A word of a shell's command line, on one line of a comment. */
char *value_shell(pool_t *pool, const char *text);

/* Text that can stand in a comment: control characters become "?". */
char *value_comment(pool_t *pool, const char *text);

#endif
