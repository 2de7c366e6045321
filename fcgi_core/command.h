/* command.h: the commands of a program, each in a row of a table.
 *
 * The tables read the words and flags of the command line, answer --help, and
 * print docs/commands.md, docs/settings.md and the completion of a shell. */

#ifndef COMMAND_H
#define COMMAND_H

#include "fcgi_core/setting.h"

/* Exit status for a command line that does not make sense; the usage has been
 * printed. */
#define COMMAND_USAGE 2

/* What the command line said. */
typedef struct {
    const char *const *words;      /* the arguments; NULL behind the last */
    const void *conf;              /* filled by the settings of the row */
    bool is_json;                  /* --json */
    const struct parser_s *parser; /* for call_misused() */
} call_t;

typedef struct {
    const char *noun;          /* "account" */
    const char *verb;          /* "add"; NULL: the noun is all there is */
    const char *words;         /* "NAME on|off", "[FILE]"; NULL: none */
    const char *summary;       /* one sentence */
    const char *detail;        /* further sentences; NULL: none */
    const setting_t *settings; /* its own flags; NULL: none */
    const char *needs; /* "kind endpoint": those flags that it refuses to
                        * be without, for its usage; NULL: none */
    size_t conf_size;  /* of what they fill */
    bool has_json;     /* --json: a JSON object a line on stdout */
    int usage_status;  /* exit status for wrong words; 0: COMMAND_USAGE */
    int (*run)(const call_t *call); /* its exit status */
} command_t;

typedef struct {
    const char *name;               /* "slipway-index" */
    const char *summary;            /* one sentence */
    const setting_t *settings;      /* flags of every command; NULL: none */
    void *conf;                     /* what they fill */
    const command_t *const *tables; /* each ends in a row without a noun; NULL
                                     * behind the last */
    int (*open)(void); /* runs before a command; ERROR, logged; NULL: none */
} program_t;

/* Reads the command line and runs the command; without one, the first row.
 * Flags may stand anywhere, those of the first row only without a command.
 * The exit status. */
int program_run(const program_t *program, int argc, char **argv);

/* For a command that finds its words wrong: logs why, prints the usage, and
 * returns the exit status. */
int call_misused(const call_t *call, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
