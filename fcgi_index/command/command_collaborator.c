/* command_collaborator.c: the subcommands of collaborator: roles. */

#include "app.h"
#include "access/name_pattern.h"
#include "command/commands.h"
#include "common/name.h"
#include "db/db_access.h"


static int
set_role(const char *name, const char *subject, role_t role)
{
    collaborator_t collaborator = command_collaborator(name, subject);
    const char *namespace =
        pool_strndup(app.pool, reg_name_namespace(reg_cstr(name)));
    const char *held = role == ROLE_NONE ? "no role of its own"
                                         : pool_printf(app.pool, "the role %s",
                                                       role_name(role));
    change_t change;

    return command_open_change(&change) == OK ? command_finish(
               &change,
               collaborator_set(&change, namespace, &collaborator, role),
               "%s has %s on %s", subject, held, name)
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
        name = pool_printf(app.pool, "%s/%s",
                           pool_strndup(app.pool, reg_name_namespace(reg_cstr(
                                                      call->words[0]))),
                           pattern);
    }

    if (row->team != NULL) {
        subject = pool_printf(app.pool, COMMAND_TEAM "%s", row->team);
    }

    if (call->is_json) {
        json_print(collaborator_row_json(app.pool, row));
    } else {
        printf("%s %s %s\n", name != NULL ? name : "-",
               subject != NULL ? subject : "-", role);
    }
}


/* A namespace, or one of its repositories. */
typedef struct {
    uint64_t namespace_id;
    uint64_t repository_id; /* 0: the namespace */
    const char *rest;       /* of the repository's name */
} place_t;


static int
place_find(const char *name, place_t *place_r)
{
    const char *slash = strchr(name, '/');

    *place_r = (place_t){ .rest = slash != NULL ? slash + 1 : NULL };

    return command_place(name, &place_r->namespace_id, &place_r->repository_id);
}


/* Behind the last one: of a repository also what a pattern gives. */
static int
read_page(const place_t *place, const collaborator_row_t *last,
          collaborator_row_t **rows_r, size_t *n_r)
{
    return place->repository_id != 0
               ? db_access_list_repository(
                   app.db, place->namespace_id, place->repository_id,
                   place->rest, last->team_id, last->account_id, last->pattern,
                   COMMAND_PAGE, rows_r, n_r)
               : db_access_list(app.db, place->namespace_id, last->team_id,
                                last->account_id, last->repository_id,
                                last->pattern, COMMAND_PAGE, rows_r, n_r);
}


static int
list(const call_t *call)
{
    collaborator_row_t *rows, last = { .pattern = "" };
    place_t place;
    size_t n;

    if (app_open() != OK || place_find(call->words[0], &place) != OK) {
        return EXIT_FAILURE;
    }

    do {
        if (read_page(&place, &last, &rows, &n) != OK) {
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
      .words = "NAMESPACE|NAME",
      .summary = "List the roles in a namespace, or those on a repository.",
      .detail = "Name or pattern, account or team, role: one role per line.",
      .has_json = true,
      .run = list },
    { .noun = NULL },
};
