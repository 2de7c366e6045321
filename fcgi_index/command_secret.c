/* command_secret.c: the subcommand secret: makes the key that signs tokens. */

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
