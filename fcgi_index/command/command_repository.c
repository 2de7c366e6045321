/* command_repository.c: the subcommands of repository. */

#include "app.h"
#include "command/commands.h"
#include "db/db_namespace.h"
#include "db/db_repository.h"
#include "token/revoke.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"


typedef struct {
    const char *name;
    bool is_private;
    bool was_unknown;
    revoke_t revoke;
} change_t;


int
command_visibility(const char *word, bool *is_private_r)
{
    *is_private_r = strcmp(word, "private") == 0;

    if (*is_private_r || strcmp(word, "public") == 0) {
        return OK;
    }

    log_error("%s is neither public nor private", word);

    return ERROR;
}


static const char *
namespace_of(const char *name)
{
    return pool_strndup(app.pool, reg_name_namespace(reg_cstr(name)));
}


/* A repository that was in the store before the index was is made known; its
 * namespace stays nobody's unless it has an owner. */
static int
find_or_add(change_t *change, repository_find_row_t *row_r)
{
    const char *namespace = namespace_of(change->name);
    int rc = db_repository_find(app.db, namespace, change->name, row_r);

    if (rc == ERROR || (rc == OK && row_r->id != NULL)) {
        return rc;
    }

    change->was_unknown = true;

    if (db_namespace_add(app.db, namespace, clock_now()) != OK
        || db_repository_add(app.db, namespace, change->name, clock_now())
               != OK) {
        return ERROR;
    }

    return db_repository_find(app.db, namespace, change->name, row_r) == OK
               ? OK
               : ERROR;
}


static int
set_repository(void *data)
{
    change_t *change = data;
    repository_find_row_t row;

    change->revoke = (revoke_t){ 0 };
    change->was_unknown = false;

    if (find_or_add(change, &row) != OK
        || db_repository_set_private(app.db, change->name, change->is_private)
               != OK) {
        return ERROR;
    }

    return revoke_repository(app.db, &change->revoke, change->name,
                             row.owner_id != NULL ? *row.owner_id : 0);
}


static int
repository_set_visibility(const call_t *call)
{
    const char *const *words = call->words;
    change_t change = { .name = words[0] };

    if (command_visibility(words[1], &change.is_private) != OK) {
        return EXIT_FAILURE;
    }

    if (!reg_name_is_valid(reg_cstr(change.name))) {
        log_error("%s is no name", change.name);
        return EXIT_FAILURE;
    }

    if (app_open() != OK
        || db_transaction(app.db, set_repository, &change) != OK
        || revoke_publish(app.cache, &change.revoke, app.settings.token_seconds)
               != OK) {
        return EXIT_FAILURE;
    }

    printf("repository %s is %s%s\n", words[0], words[1],
           change.was_unknown ? "; the index did not know it before" : "");

    return EXIT_SUCCESS;
}


static void
repository_print(const call_t *call, const repository_list_row_t *row)
{
    const char *visibility = row->is_private ? "private" : "public";

    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:s?, s:b, s:o}", "name", row->name,
                             "visibility", visibility, "owner", row->owner,
                             "is_stored", row->is_stored, "created_at",
                             command_time(&row->created_at)));
    } else {
        printf("%s %s %s%s\n", row->name, visibility,
               row->owner != NULL ? row->owner : "-",
               row->is_stored ? " stored" : "");
    }
}


static int
print_page(const call_t *call, const char **after)
{
    repository_list_row_t *rows;
    size_t n;
    int rc = db_repository_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        repository_print(call, &rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


static int
repository_list(const call_t *call)
{
    return command_list(call, print_page);
}


const command_t repository_commands[] = {
    { .noun = "repository",
      .verb = "set-visibility",
      .words = "NAME public|private",
      .summary = "Set the visibility.",
      .detail = "A repository that only the store knows is added, with the "
                "owner of its namespace, if there is one.",
      .run = repository_set_visibility },
    { .noun = "repository",
      .verb = "list",
      .summary = "List the repositories.",
      .detail = "Name, visibility, owner or \"-\", \"stored\" if the mirror "
                "has it: one repository per line.",
      .has_json = true,
      .run = repository_list },
    { .noun = NULL },
};
