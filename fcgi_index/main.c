/* main.c: slipway-index: accounts, rights and tokens of a registry.
 *
 * Beside the flags of app.c there are subcommands, one a row. */

#include "app.h"
#include "command.h"
#include "fcgi_core/log.h"

#define ANY -1

typedef struct {
    const char *noun;
    const char *verb; /* NULL: the noun is all there is */
    int min, max;     /* words behind them */
    int (*run)(int argc, char **argv);
} command_t;

static const command_t commands[] = {
    { "serve", NULL, 0, 0, command_serve },
    { "migrate", NULL, 0, 0, command_migrate },
    { "secret", NULL, 1, 1, command_secret },
    { "verdict-key", NULL, 0, 0, command_verdict_key },
    { "event-header", NULL, 0, 0, command_event_header },
    { "mirror", "status", 0, 0, command_mirror_status },
    { "account", "add", 0, ANY, command_account_add },
    { "account", "passwd", 0, ANY, command_account_passwd },
    { "account", "disable", 1, 1, command_account_disable },
    { "account", "enable", 1, 1, command_account_enable },
    { "account", "set-admin", 2, 2, command_account_set_admin },
    { "account", "list", 0, 0, command_account_list },
    { "namespace", "set-visibility", 2, 2, command_namespace_set_visibility },
    { "namespace", "set-owner", 2, 2, command_namespace_set_owner },
    { "namespace", "list", 0, 0, command_namespace_list },
    { "repository", "set-visibility", 2, 2, command_repository_set_visibility },
    { "repository", "list", 0, 0, command_repository_list },
    { "refresh-token", "list", 0, 0, command_refresh_token_list },
    { "refresh-token", "revoke", 1, 1, command_refresh_token_revoke },
    { "restore-check", NULL, 0, 0, command_restore_check },
};


static const command_t *
command_find(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const command_t *c = &commands[i];

        if (argc > 0 && strcmp(argv[0], c->noun) == 0
            && (c->verb == NULL
                || (argc > 1 && strcmp(argv[1], c->verb) == 0))) {
            return c;
        }
    }

    return NULL;
}


static bool
is_noun(const char *word)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(word, commands[i].noun) == 0) {
            return true;
        }
    }

    return false;
}


static void
complain(int argc, char **argv)
{
    if (!is_noun(argv[0])) {
        log_error("there is no subcommand %s", argv[0]);
    } else if (argc == 1) {
        log_error("%s: another word belongs behind it", argv[0]);
    } else {
        log_error("%s: there is no subcommand %s", argv[0], argv[1]);
    }
}


bool
command_words(const char *subcommand, int argc, char **argv, int min, int max)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            log_error("%s: unknown flag %s", subcommand, argv[i]);
            return false;
        }
    }

    if (argc < min) {
        log_error("%s: a word is missing behind it", subcommand);
    } else if (argc > max) {
        log_error("%s: %s is a word too many", subcommand, argv[max]);
    }

    return argc >= min && argc <= max;
}


static int
command_try(int argc, char **argv)
{
    const command_t *command = command_find(argc, argv);
    const char *name;
    int words;

    if (command == NULL) {
        complain(argc, argv);
        return COMMAND_USAGE;
    }

    words = command->verb == NULL ? 1 : 2;
    name = words == 1
               ? command->noun
               : pool_printf(app.pool, "%s %s", command->noun, command->verb);
    argc -= words;
    argv += words;

    /* those with flags of their own look at their words themselves */
    if (command->max != ANY
        && !command_words(name, argc, argv, command->min, command->max)) {
        return COMMAND_USAGE;
    }

    return command->run(argc, argv);
}


static int
command_run(int argc, char **argv)
{
    int status = command_try(argc, argv);

    if (status == COMMAND_USAGE) {
        fprintf(stderr, "%s\n", COMMAND_HELP);
    }

    return status;
}


int
main(int argc, char **argv)
{
    int rest;

    if (app_load(argc, argv, &rest) != OK) {
        return EXIT_FAILURE;
    }

    if (rest == argc) {
        return command_serve(0, argv + rest);
    }

    return command_run(argc - rest, argv + rest);
}
