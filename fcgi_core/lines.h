/* lines.h: arrays of strings, which the database has one a line. */

#ifndef LINES_H
#define LINES_H

#include "fcgi_core/json.h"

/* The lines of a text as an array; an empty one for NULL. */
json_t *lines_json(const char *text);

/* An array of strings as lines, in the pool; NULL for NULL. */
const char *lines_join(pool_t *pool, json_t *array);

#endif
