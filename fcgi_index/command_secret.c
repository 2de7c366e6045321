/* command_secret.c: the subcommands secret, which makes the key that signs
 * tokens, and verdict-key, which prints the one that nginx checks verdicts
 * with. */

#include "app.h"
#include "command.h"
#include "file.h"
#include "token.h"


int
command_secret(int argc, char **argv)
{
    (void)argc;

    return file_make(app.pool, argv[0], token_random(app.pool, "")) == OK
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


int
command_verdict_key(int argc, char **argv)
{
    (void)argc;
    (void)argv;

    if (app_load_secret() != OK) {
        return EXIT_FAILURE;
    }

    printf("%.*s\n", (int)app.seal_key.len, app.seal_key.data);

    return EXIT_SUCCESS;
}
