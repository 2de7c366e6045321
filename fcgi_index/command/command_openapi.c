/* command_openapi.c: the subcommand openapi. */

#include "api/openapi.h"
#include "api/routes.h"
#include "app.h"
#include "command/commands.h"


static int
openapi(const call_t *call)
{
    json_t *document = json_pooled(app.pool, openapi_document(&routes));

    (void)call;

    if (json_dumpf(document, stdout, JSON_INDENT(1)) != 0 || printf("\n") < 0) {
        return EXIT_FAILURE;
    }

    return EXIT_SUCCESS;
}


const command_t openapi_commands[] = {
    { .noun = "openapi",
      .summary = "Print the API as an OpenAPI document.",
      .run = openapi },
    { .noun = NULL },
};
