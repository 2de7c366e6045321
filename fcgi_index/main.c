/* main.c: slipway-index: accounts, rights and tokens of a registry.
 *
 * Beside the flags of app.c there are subcommands, one a row. */

#include "app.h"
#include "command.h"

#define ANY 8

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
    { "account", "add", 1, ANY, command_account_add },
    { "account", "passwd", 1, ANY, command_account_passwd },
    { "account", "disable", 1, 1, command_account_disable },
    { "account", "enable", 1, 1, command_account_enable },
    { "account", "set-admin", 2, 2, command_account_set_admin },
    { "account", "list", 0, 0, command_account_list },
    { "namespace", "set-visibility", 2, 2, command_namespace_set_visibility },
    { "namespace", "set-owner", 2, 2, command_namespace_set_owner },
    { "namespace", "list", 0, 0, command_namespace_list },
    { "repository", "set-visibility", 2, 2, command_repository_set_visibility },
    { "repository", "list", 0, 0, command_repository_list },
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


static int
command_run(int argc, char **argv)
{
    const command_t *command = command_find(argc, argv);
    int status = COMMAND_USAGE, words;

    if (command != NULL) {
        words = command->verb == NULL ? 1 : 2;

        if (argc - words >= command->min && argc - words <= command->max) {
            status = command->run(argc - words, argv + words);
        }
    }

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
