/* command_repository.c: the subcommands of repository. */

#include "app.h"
#include "command/commands.h"
#include "access/visibility.h"
#include "db/db_repository.h"


static int
repository_set_visibility(const call_t *call)
{
    const char *const *words = call->words;
    visibility_t visibility;
    bool was_unknown;
    change_t change;
    int rc;

    if (command_visibility(words[1], &visibility) != OK
        || command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    rc = visibility_set(&change, words[0], visibility, &was_unknown);

    return command_finish(
        &change, rc, "repository %s is %s%s", words[0], words[1],
        was_unknown ? "; the index did not know it before" : "");
}


static void
repository_print(const call_t *call, const repository_list_row_t *row)
{
    const char *visibility = visibility_name((visibility_t)row->visibility);

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
      .words = "NAME " COMMAND_VISIBILITIES,
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
