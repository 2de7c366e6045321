/* command_organization.c: the subcommands of organization. */

#include "access/namespace.h"
#include "command/commands.h"


static int
add(const call_t *call)
{
    const char *const *words = call->words;
    change_t change;

    return command_open_change(&change) == OK ? command_finish(
               &change, organization_add(&change, words[0], words[1]),
               "organization %s added, owner %s", words[0], words[1])
                                              : EXIT_FAILURE;
}


static int
delete_organization(const call_t *call)
{
    change_t change;

    return command_open_change(&change) == OK
               ? command_finish(&change,
                                organization_delete(&change, call->words[0]),
                                "organization %s deleted", call->words[0])
               : EXIT_FAILURE;
}


const command_t organization_commands[] = {
    { .noun = "organization",
      .verb = "add",
      .words = "NAME OWNER",
      .summary = "Create an organization.",
      .detail =
          "Its owner is an account.  A namespace that no one owns becomes "
          "an organization.",
      .run = add },
    { .noun = "organization",
      .verb = "delete",
      .words = "NAME",
      .summary = "Delete an organization without repositories.",
      .run = delete_organization },
    { .noun = NULL },
};
