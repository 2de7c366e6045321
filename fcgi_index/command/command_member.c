/* command_member.c: the subcommands of member. */

#include "app.h"
#include "access/member.h"
#include "command/commands.h"


static int
set(const call_t *call)
{
    const char *const *words = call->words;
    bool is_owner = strcmp(words[2], "owner") == 0;
    change_t change;

    if (!is_owner && strcmp(words[2], "member") != 0) {
        return call_misused(call, "%s is neither owner nor member", words[2]);
    }

    return command_open_change(&change) == OK ? command_finish(
               &change, member_set(&change, words[0], words[1], is_owner),
               "%s is %s of %s", words[1], is_owner ? "an owner" : "a member",
               words[0])
                                              : EXIT_FAILURE;
}


static int
remove_member(const call_t *call)
{
    const char *const *words = call->words;
    change_t change;

    return command_open_change(&change) == OK
               ? command_finish(&change,
                                member_remove(&change, words[0], words[1]),
                                "%s is no member of %s", words[1], words[0])
               : EXIT_FAILURE;
}


static void
print_member(const call_t *call, const member_row_t *row)
{
    if (call->is_json) {
        json_print(member_json(row));
    } else {
        printf("%s%s\n", row->login, row->is_owner ? " owner" : "");
    }
}


static int
print_page(const call_t *call, const char **after)
{
    member_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_namespace(call->words[0], &id) != OK
        || db_member_list(app.db, id, *after, COMMAND_PAGE, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        print_member(call, &rows[i]);
        *after = rows[i].login;
    }

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_page);
}


const command_t member_commands[] = {
    { .noun = "member",
      .verb = "set",
      .words = "ORGANIZATION LOGIN owner|member",
      .summary = "Make an account a member or an owner of an organization.",
      .run = set },
    { .noun = "member",
      .verb = "remove",
      .words = "ORGANIZATION LOGIN",
      .summary = "End a membership, and all roles of the account there.",
      .run = remove_member },
    { .noun = "member",
      .verb = "list",
      .words = "ORGANIZATION",
      .summary = "List the members.",
      .detail = "Login, \"owner\": one member per line.",
      .has_json = true,
      .run = list },
    { .noun = NULL },
};
