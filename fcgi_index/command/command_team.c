/* command_team.c: the subcommands of team. */

#include "app.h"
#include "access/team.h"
#include "command/commands.h"
#include "db/db_team.h"
#include "fcgi_core/log.h"


static int
add(const call_t *call)
{
    const char *const *words = call->words;
    change_t change;

    return command_open_change(&change) == OK
               ? command_finish(&change, team_add(&change, words[0], words[1]),
                                "team %s added to %s", words[1], words[0])
               : EXIT_FAILURE;
}


static int
delete_team(const call_t *call)
{
    const char *const *words = call->words;
    change_t change;

    return command_open_change(&change) == OK
               ? command_finish(&change,
                                team_delete(&change, words[0], words[1]),
                                "team %s of %s deleted", words[1], words[0])
               : EXIT_FAILURE;
}


static int
add_member(const call_t *call)
{
    const char *const *words = call->words;
    change_t change;

    return command_open_change(&change) == OK ? command_finish(
               &change, team_member_add(&change, words[0], words[1], words[2]),
               "%s is in the team %s", words[2], words[1])
                                              : EXIT_FAILURE;
}


static int
remove_member(const call_t *call)
{
    const char *const *words = call->words;
    change_t change;

    return command_open_change(&change) == OK ? command_finish(
               &change,
               team_member_remove(&change, words[0], words[1], words[2]),
               "%s is not in the team %s", words[2], words[1])
                                              : EXIT_FAILURE;
}


/* --- lists ---------------------------------------------------------------- */

static int
print_teams(const call_t *call, const char **after)
{
    team_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_namespace(call->words[0], &id) != OK
        || db_team_list(app.db, id, *after, COMMAND_PAGE, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        *after = rows[i].name;

        if (call->is_json) {
            json_print(json_pack("{s:s, s:o}", "name", rows[i].name,
                                 "created_at",
                                 command_time(&rows[i].created_at)));
        } else {
            printf("%s\n", rows[i].name);
        }
    }

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_teams);
}


static int
find_team(const call_t *call, team_find_row_t *row_r)
{
    uint64_t id;
    int rc;

    if (command_namespace(call->words[0], &id) != OK) {
        return ERROR;
    }

    rc = db_team_find(app.db, id, call->words[1], row_r);

    if (rc == DECLINED) {
        log_error("there is no team %s", call->words[1]);
    }

    return rc == OK ? OK : ERROR;
}


static int
show(const call_t *call)
{
    team_find_row_t row;

    if (app_open() != OK || find_team(call, &row) != OK) {
        return EXIT_FAILURE;
    }

    command_show(call, json_pack("{s:s, s:o}", "name", call->words[1],
                                 "created_at", json_time(row.created_at)));

    return EXIT_SUCCESS;
}


static int
print_members(const call_t *call, const char **after)
{
    team_member_row_t *rows;
    team_find_row_t team;
    size_t n;

    if (find_team(call, &team) != OK
        || db_team_member_list(app.db, team.id, *after, COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        *after = rows[i].login;

        if (call->is_json) {
            json_print(json_pack("{s:s}", "login", rows[i].login));
        } else {
            printf("%s\n", rows[i].login);
        }
    }

    return OK;
}


static int
members(const call_t *call)
{
    return command_list(call, print_members);
}


const command_t team_commands[] = {
    { .noun = "team",
      .verb = "add",
      .words = "ORGANIZATION TEAM",
      .summary = "Create a team.",
      .run = add },
    { .noun = "team",
      .verb = "delete",
      .words = "ORGANIZATION TEAM",
      .summary = "Delete a team and its roles.",
      .run = delete_team },
    { .noun = "team",
      .verb = "add-member",
      .words = "ORGANIZATION TEAM LOGIN",
      .summary = "Add a member of the organization to a team.",
      .run = add_member },
    { .noun = "team",
      .verb = "remove-member",
      .words = "ORGANIZATION TEAM LOGIN",
      .summary = "Remove a member from a team.",
      .run = remove_member },
    { .noun = "team",
      .verb = "list",
      .words = "ORGANIZATION",
      .summary = "List the teams.",
      .has_json = true,
      .run = list },
    { .noun = "team",
      .verb = "show",
      .words = "ORGANIZATION TEAM",
      .summary = "Show a team.",
      .has_json = true,
      .run = show },
    { .noun = "team",
      .verb = "members",
      .words = "ORGANIZATION TEAM",
      .summary = "List the members of a team.",
      .has_json = true,
      .run = members },
    { .noun = NULL },
};
