/* command_secret.c: the subcommands secret, which makes the key that signs
 * tokens, and verdict-key, which prints the one that nginx checks verdicts
 * with. */

#include "app.h"
#include "command/commands.h"
#include "fcgi_core/secret_file.h"
#include "token/token.h"


static int
secret(const call_t *call)
{
    return secret_file_make(app.pool, call->words[0],
                            token_random(app.pool, ""))
                   == OK
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


static int
verdict_key(const call_t *call)
{
    (void)call;

    if (app_load_secret() != OK) {
        return EXIT_FAILURE;
    }

    printf("%.*s\n", STR(app.seal_key));

    return EXIT_SUCCESS;
}


const command_t secret_commands[] = {
    { .noun = "secret",
      .words = "FILE",
      .summary = "Create a key for signing tokens.",
      .detail = "The mode of the file is 0600.  No file is overwritten.",
      .run = secret },
    { .noun = "verdict-key",
      .summary = "Print the key for registry_verdict_key.",
      .detail = "nginx checks verdicts from memcached with it; docs/module.md.",
      .run = verdict_key },
    { .noun = NULL },
};
