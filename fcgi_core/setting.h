/* setting.h: the settings of a program, in one table.
 *
 * A daemon has only what cannot come with a request: its socket, its number
 * of processes, the database and its secrets.  Each row is a flag, an
 * environment variable, a default and a sentence, from which --help and the
 * documentation are printed as well (command.h). */

#ifndef SETTING_H
#define SETTING_H

#include "fcgi_core/core.h"

typedef enum {
    SETTING_STRING,
    SETTING_NUMBER,
    SETTING_SECONDS, /* a number, or one with s, m, h or d behind it */
    SETTING_FLAG
} setting_type_t;

typedef struct {
    const char *name; /* "socket": the flag --socket VALUE */
    const char *env;  /* "SLIPWAY_REGISTRY_SOCKET" */
    setting_type_t type;
    size_t offset;        /* of a const char *, a long or a bool in the conf */
    long min, max;        /* of a number, or of seconds */
    const char *fallback; /* the default as text; NULL: none */
    const char *help;     /* one sentence */
} setting_t;

/* A table ends in a row without a name; NULL is an empty one. */

/* The row of a name; NULL where there is none. */
const setting_t *setting_find(const setting_t *table, str_t name);

/* Fills conf from the environment and the defaults.  ERROR, logged. */
int setting_defaults(const setting_t *table, void *conf);

/* Sets the field of a row; from is the place where the operator
 * wrote the value.
 * ERROR, logged, where it is no value of that type. */
int setting_set(const setting_t *setting, void *conf, const char *from,
                const char *value);

#endif
