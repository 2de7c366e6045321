/* ini.h: files of lines "name = value", in sections or not. */

#ifndef INI_H
#define INI_H

#include "fcgi_core/core.h"

typedef struct {
    str_t rest;    /* what was not read yet: at first, the whole text */
    str_t section; /* "[section]", where name is; at first, empty */
    str_t name;
    str_t value; /* without the space around it; may be empty */
    int line;    /* the number of the line that was read; at first, 0 */
} ini_t;

/* The next name and its value.  Empty lines, and those that begin with '#' or
 * ';', are skipped.  DECLINED at the end; ERROR for any other line. */
int ini_next(ini_t *ini);

#endif
