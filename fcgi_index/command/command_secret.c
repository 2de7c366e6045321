/* command_secret.c: the subcommands secret, which makes the key that signs
 * tokens, and verdict-key, which prints the one that nginx checks verdicts
 * with. */

#include "app.h"
#include "command.h"
#include "fcgi_core/secret_file.h"
#include "token/token.h"


int
command_secret(int argc, char **argv)
{
    (void)argc;

    return secret_file_make(app.pool, argv[0], token_random(app.pool, "")) == OK
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
