/* command_collaborator.c: the subcommands of collaborator: roles. */

#include "app.h"
#include "access/collaborator.h"
#include "access/name_pattern.h"
#include "command/commands.h"
#include "common/name.h"
#include "db/db_access.h"

#define TEAM "team:"
#define TEAM_LEN (sizeof(TEAM) - 1)


/* What the words name: "ns/name" or "ns/pattern*", a login or "team:NAME". */
static collaborator_t
collaborator_of(const char *name, const char *subject)
{
    bool is_team = strncmp(subject, TEAM, TEAM_LEN) == 0;
    bool is_pattern = strchr(name, '*') != NULL;
    const char *slash = strchr(name, '/');

    return (collaborator_t){
        .login = is_team ? NULL : subject,
        .team = is_team ? subject + TEAM_LEN : NULL,
        .repository = is_pattern ? NULL : name,
        .pattern = is_pattern ? (slash != NULL ? slash + 1 : "") : NULL,
    };
}


static int
set_role(const char *name, const char *subject, role_t role)
{
    collaborator_t collaborator = collaborator_of(name, subject);
    const char *namespace =
        pool_strndup(app.pool, reg_name_namespace(reg_cstr(name)));
    change_t change;

    return command_open_change(&change) == OK ? command_finish(
               &change,
               collaborator_set(&change, namespace, &collaborator, role),
               "%s has the role %s on %s", subject, role_name(role), name)
                                              : EXIT_FAILURE;
}


static int
set(const call_t *call)
{
    const char *const *words = call->words;
    role_t role;

    if (role_parse(reg_cstr(words[2]), &role) != OK || role == ROLE_NONE) {
        return call_misused(call, "%s is neither read, write nor admin",
                            words[2]);
    }

    return set_role(words[0], words[1], role);
}


static int
remove_role(const call_t *call)
{
    return set_role(call->words[0], call->words[1], ROLE_NONE);
}


/* --- list ----------------------------------------------------------------- */

/* What a role is on, or whose it is, may be gone. */
static void
print_role(const call_t *call, const collaborator_row_t *row)
{
    const char *role = role_name((role_t)row->role);
    const char *pattern = name_pattern_print(app.pool, row->pattern);
    const char *name = row->repository;
    const char *subject = row->login;

    if (row->repository_id == 0) {
        name = pool_printf(app.pool, "%s/%s", call->words[0], pattern);
    }

    if (row->team != NULL) {
        subject = pool_printf(app.pool, TEAM "%s", row->team);
    }

    if (call->is_json) {
        json_print(json_pack("{s:s?, s:s?, s:s?, s:s, s:o}", "name", name,
                             "login", row->login, "team", row->team, "role",
                             role, "granted_at",
                             command_time(&row->granted_at)));
    } else {
        printf("%s %s %s\n", name != NULL ? name : "-",
               subject != NULL ? subject : "-", role);
    }
}


static int
list(const call_t *call)
{
    collaborator_row_t *rows, last = { .pattern = "" };
    uint64_t id;
    size_t n;

    if (app_open() != OK || command_namespace(call->words[0], &id) != OK) {
        return EXIT_FAILURE;
    }

    do {
        if (db_access_list(app.db, id, last.team_id, last.account_id,
                           last.repository_id, last.pattern, COMMAND_PAGE,
                           &rows, &n)
            != OK) {
            return EXIT_FAILURE;
        }

        for (size_t i = 0; i < n; i++) {
            print_role(call, &rows[i]);
            last = rows[i];
        }
    } while (n == COMMAND_PAGE);

    return EXIT_SUCCESS;
}


const command_t collaborator_commands[] = {
    { .noun = "collaborator",
      .verb = "set",
      .words = "NAME LOGIN|team:TEAM read|write|admin",
      .summary = "Give an account or a team a role.",
      .detail =
          "On a repository, or on all whose names are like a pattern with "
          "a star: 'acme/team/*'.",
      .run = set },
    { .noun = "collaborator",
      .verb = "remove",
      .words = "NAME LOGIN|team:TEAM",
      .summary = "Take a role away, and revoke the tokens that had it.",
      .run = remove_role },
    { .noun = "collaborator",
      .verb = "list",
      .words = "NAMESPACE",
      .summary = "List the roles in a namespace.",
      .detail = "Name or pattern, account or team, role: one role per line.",
      .has_json = true,
      .run = list },
    { .noun = NULL },
};
