/* command.c: the commands of a program, each in a row of a table.
 *
 * The arguments are read first, without the environment: --help and mistakes
 * are answered even where a setting is wrong. */

#include "fcgi_core/command.h"
#include "fcgi_core/command_print.h"
#include "fcgi_core/log.h"
#include "fcgi_core/pool.h"

/* A flag of the command line, before it is known what else there is. */
typedef struct {
    const setting_t *setting;
    const char *value;
    bool is_own; /* of the command, not of the program */
} flag_t;

typedef struct parser_s {
    manual_t manual;
    pool_t *pool;
    char **argv;
    int argc, at;
    const command_t *command; /* NULL: not known yet */
    const char *noun;         /* a first word that needs a second one */
    const char **words;
    flag_t *flags;
    size_t n_words, n_flags;
    bool is_default; /* no word came before the flags of the first row */
    bool is_json;
    bool is_bare; /* behind "--": no more flags */
    bool is_help; /* "help" came first */
} parser_t;


/* --- the tables ----------------------------------------------------------- */

static const command_t *const *
rows_list(pool_t *pool, const command_t *const *tables)
{
    const command_t **rows;
    size_t n = 0;

    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const command_t *c = tables[t]; c->noun != NULL; c++) {
            n++;
        }
    }

    rows = pool_alloc(pool, (n + 1) * sizeof(*rows));
    n = 0;

    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const command_t *c = tables[t]; c->noun != NULL; c++) {
            rows[n++] = c;
        }
    }

    return rows;
}


static const command_t *
command_find(const parser_t *parser, const char *noun, const char *verb)
{
    for (const command_t *const *row = parser->manual.rows; *row != NULL;
         row++) {
        const command_t *c = *row;

        if (strcmp(c->noun, noun) == 0
            && (c->verb == NULL ? verb == NULL
                                : verb != NULL && strcmp(c->verb, verb) == 0)) {
            return c;
        }
    }

    return NULL;
}


static bool
is_noun(const parser_t *parser, const char *word)
{
    for (const command_t *const *row = parser->manual.rows; *row != NULL;
         row++) {
        if (strcmp((*row)->noun, word) == 0) {
            return true;
        }
    }

    return false;
}


/* The command that the words name; NULL where they do not yet. */
static const command_t *
command_named(const parser_t *parser)
{
    return parser->is_default ? NULL : parser->command;
}


/* --- mistakes ------------------------------------------------------------- */

/* The command as far as it is named: "account add", "account" or "". */
static const char *
name_of(const parser_t *parser)
{
    const command_t *c = command_named(parser);

    if (c != NULL && c->verb != NULL) {
        return pool_printf(parser->pool, "%s %s", c->noun, c->verb);
    }

    if (c != NULL) {
        return c->noun;
    }

    return parser->noun != NULL ? parser->noun : "";
}


/* Logs what is wrong, and in which command; returns ERROR. */
static int complain(const parser_t *parser, const char *format, ...)
    PRINTF_LIKE(2, 3);

static int
complain(const parser_t *parser, const char *format, ...)
{
    const char *command = name_of(parser);
    va_list args;

    va_start(args, format);
    log_error("%s%s%s", command, command[0] == '\0' ? "" : ": ",
              pool_vprintf(parser->pool, format, args));
    va_end(args);

    return ERROR;
}


static int
usage_status(const parser_t *parser)
{
    return parser->command != NULL && parser->command->usage_status != 0
               ? parser->command->usage_status
               : COMMAND_USAGE;
}


/* Prints the usage behind the line that names the mistake; the exit status. */
static int
usage_print(const parser_t *parser)
{
    const command_t *command = command_named(parser);
    const char *name = name_of(parser);

    if (command != NULL) {
        fprintf(stderr, "usage: ");
        command_usage(stderr, &parser->manual, command);
        fprintf(stderr, "\n");
    } else if (parser->noun != NULL) {
        noun_usage(stderr, &parser->manual, parser->noun);
    }

    fprintf(stderr, "see %s%s%s --help\n", parser->manual.name,
            name[0] == '\0' ? "" : " ", name);

    return usage_status(parser);
}


/* --- words ---------------------------------------------------------------- */

/* How many arguments a row has, with and without those in brackets. */
static void
words_count(const char *words, size_t *min_r, size_t *max_r)
{
    *min_r = *max_r = 0;

    while (words != NULL && *words != '\0') {
        *min_r += *words != '[';
        (*max_r)++;
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
}


/* The name of an argument that is missing. */
static const char *
words_name(const parser_t *parser, size_t at)
{
    const char *name = parser->command->words;

    while (at-- != 0) {
        name += strcspn(name, " ") + 1;
    }

    return pool_strndup(parser->pool,
                        (str_t){ strcspn(name, " "), (unsigned char *)name });
}


static int
argument_take(parser_t *parser, const char *word)
{
    size_t min, max;

    words_count(parser->command->words, &min, &max);

    if (parser->n_words == max) {
        return complain(parser,
                        parser->is_default
                            ? "%s: a command must stand before its flags"
                            : "unexpected argument %s",
                        word);
    }

    parser->words[parser->n_words++] = word;

    return OK;
}


static int
word_take(parser_t *parser, const char *word)
{
    if (parser->command != NULL) {
        return argument_take(parser, word);
    }

    parser->command = parser->noun == NULL
                          ? command_find(parser, word, NULL)
                          : command_find(parser, parser->noun, word);

    if (parser->command != NULL) {
        return OK;
    }

    if (parser->noun == NULL && is_noun(parser, word)) {
        parser->noun = word;
        return OK;
    }

    if (parser->noun == NULL && !parser->is_help && strcmp(word, "help") == 0) {
        parser->is_help = true;
        return OK;
    }

    return complain(parser, "unknown command %s", word);
}


/* --- flags ---------------------------------------------------------------- */

static void
help_print(const parser_t *parser)
{
    const command_t *command = command_named(parser);

    if (command != NULL) {
        command_help(&parser->manual, command);
    } else if (parser->noun != NULL) {
        noun_help(&parser->manual, parser->noun);
    } else {
        program_help(&parser->manual);
    }
}


static void
version_print(const parser_t *parser)
{
    printf("%s %s\n", parser->manual.program->name, SLIPWAY_VERSION);
}


static void
settings_print(const parser_t *parser)
{
    const command_t *command = command_named(parser);

    if (command != NULL) {
        command_settings(command);
    } else {
        program_settings(&parser->manual);
    }
}


static void
commands_print(const parser_t *parser)
{
    program_commands(&parser->manual);
}


static void
completion_print(const parser_t *parser)
{
    program_completion(&parser->manual);
}


/* The flags of every program that print something and end it. */
static void
common_flag(const parser_t *parser, const char *flag)
{
    static const struct {
        const char *flag;
        void (*print)(const parser_t *parser);
    } flags[] = {
        { "--help", help_print },
        { "--version", version_print },
        { "--settings", settings_print },
        { "--commands", commands_print },
        { "--completion", completion_print },
    };

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flag, flags[i].flag) == 0) {
            flags[i].print(parser);
            exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
}


/* The setting of "--name" or "--name=value": of the command, of the program,
 * or, where no word came yet, of the first row, which is the command then. */
static const setting_t *
flag_find(parser_t *parser, str_t name, bool *is_own_r)
{
    const command_t *command = parser->command;
    const setting_t *setting;

    if (command == NULL && parser->noun == NULL) {
        command = parser->manual.rows[0];
    }

    setting = command == NULL ? NULL : setting_find(command->settings, name);
    *is_own_r = setting != NULL;

    if (setting == NULL) {
        return setting_find(parser->manual.program->settings, name);
    }

    parser->is_default = parser->is_default || parser->command == NULL;
    parser->command = command;

    return setting;
}


/* Takes a flag and the value behind it. */
static int
flag_take(parser_t *parser, const char *flag)
{
    size_t len = strcspn(flag, "=");
    flag_t *taken = &parser->flags[parser->n_flags];

    common_flag(parser, flag);

    if (parser->command != NULL && parser->command->has_json
        && strcmp(flag, "--json") == 0) {
        parser->is_json = true;
        return OK;
    }

    taken->value = flag[len] == '=' ? flag + len + 1 : NULL;
    taken->setting =
        len > 2 && flag[1] == '-'
            ? flag_find(parser, (str_t){ len - 2, (unsigned char *)flag + 2 },
                        &taken->is_own)
            : NULL;

    if (taken->setting == NULL) {
        return complain(parser, "unknown flag %s", flag);
    }

    if (taken->value == NULL && taken->setting->type == SETTING_FLAG) {
        taken->value = "on";
    } else if (taken->value == NULL && parser->at < parser->argc) {
        taken->value = parser->argv[parser->at++];
    }

    if (taken->value == NULL) {
        return complain(parser, "%s needs a value", flag);
    }

    parser->n_flags++;

    return OK;
}


/* --- the command line ----------------------------------------------------- */

/* A "-" alone is a word. */
static int
line_read(parser_t *parser)
{
    while (parser->at < parser->argc) {
        const char *arg = parser->argv[parser->at++];
        int rc = OK;

        if (parser->is_bare || arg[0] != '-' || arg[1] == '\0') {
            rc = word_take(parser, arg);
        } else if (strcmp(arg, "--") == 0) {
            parser->is_bare = true;
        } else {
            rc = flag_take(parser, arg);
        }

        if (rc != OK) {
            return rc;
        }
    }

    if (parser->is_help) {
        common_flag(parser, "--help");
    }

    return OK;
}


static int
line_check(parser_t *parser)
{
    size_t min, max;

    if (parser->command == NULL && parser->noun != NULL) {
        return complain(parser, "the command is not complete");
    }

    if (parser->command == NULL) {
        parser->command = parser->manual.rows[0];
        parser->is_default = true;
    }

    words_count(parser->command->words, &min, &max);

    if (parser->n_words < min) {
        return complain(parser, "%s is missing",
                        words_name(parser, parser->n_words));
    }

    return OK;
}


static int
flags_set(const parser_t *parser, void *conf)
{
    for (size_t i = 0; i < parser->n_flags; i++) {
        const flag_t *flag = &parser->flags[i];

        if (setting_set(flag->setting,
                        flag->is_own ? conf : parser->manual.program->conf,
                        flag->setting->name, flag->value)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* A list on a full disk is not whole. */
static int
output_check(int status)
{
    if (status != EXIT_SUCCESS
        || (fflush(stdout) == 0 && ferror(stdout) == 0)) {
        return status;
    }

    log_error("cannot write to standard output");

    return EXIT_FAILURE;
}


static int
command_run(const parser_t *parser)
{
    const program_t *program = parser->manual.program;
    const command_t *command = parser->command;
    void *conf = pool_alloc(parser->pool, command->conf_size);
    call_t call = { parser->words, conf, parser->is_json, parser };

    if (setting_defaults(program->settings, program->conf) != OK
        || setting_defaults(command->settings, conf) != OK) {
        return EXIT_FAILURE;
    }

    if (flags_set(parser, conf) != OK) {
        return usage_status(parser);
    }

    if (program->open != NULL && program->open() != OK) {
        return EXIT_FAILURE;
    }

    return output_check(command->run(&call));
}


int
call_misused(const call_t *call, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(call->parser, "%s",
             pool_vprintf(call->parser->pool, format, args));
    va_end(args);

    return usage_print(call->parser);
}


int
program_run(const program_t *program, int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    pool_t *pool = pool_create();
    parser_t parser = {
        .manual = { .program = program,
                    .name = slash == NULL ? argv[0] : slash + 1,
                    .rows = rows_list(pool, program->tables) },
        .pool = pool,
        .argv = argv,
        .argc = argc,
        .at = 1,
        .words = pool_alloc(pool, ((size_t)argc + 1) * sizeof(char *)),
        .flags = pool_alloc(pool, ((size_t)argc + 1) * sizeof(flag_t))
    };
    int status;

    log_open(program->name, LOG_INFO);

    status = line_read(&parser) == OK && line_check(&parser) == OK
                 ? command_run(&parser)
                 : usage_print(&parser);
    pool_destroy(pool);

    return status;
}
