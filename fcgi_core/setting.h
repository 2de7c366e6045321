/* setting.h: the settings of a program, in one table.
 *
 * A daemon has only what cannot come with a request: its socket, its number
 * of processes, the database and its secrets.  Each row is a flag, an
 * environment variable, a default and a sentence; the same table prints
 * --help and the documentation. */

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

/* Fills conf from defaults, environment and argv, later ones winning, and
 * stops at the first word that is no flag: *rest_r is its position.  Prints
 * to stdout and exits 0 on --help, --version and --settings (Markdown rows
 * for the documentation); a bad flag or number is one line on stderr, ERROR.
 * The table ends in a row without a name, whose help, if any,
 * closes --help. */
int setting_load(const setting_t *table, void *conf, int argc, char **argv,
                 int *rest_r);

#endif
