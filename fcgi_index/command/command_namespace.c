/* command_namespace.c: the subcommands of namespace. */

#include "app.h"
#include "command/commands.h"
#include "access/namespace.h"
#include "db/db_namespace.h"

#define NOBODY "-"

static int
namespace_set_visibility(const call_t *call)
{
    const char *const *words = call->words;
    visibility_t visibility;
    namespace_settings_t settings = { .visibility = &visibility };
    change_t change;

    if (command_visibility(words[1], &visibility) != OK
        || command_open_change(&change) != OK
        || command_changed(&change, namespace_set(&change, words[0], &settings))
               != OK) {
        return EXIT_FAILURE;
    }

    printf("new repositories of %s will be %s\n", words[0], words[1]);

    return EXIT_SUCCESS;
}


static int
namespace_give(const call_t *call)
{
    const char *const *words = call->words;
    bool is_nobody = strcmp(words[1], NOBODY) == 0;
    change_t change;

    if (command_open_change(&change) != OK
        || command_changed(&change,
                           namespace_set_owner(&change, words[0],
                                               is_nobody ? NULL : words[1]))
               != OK) {
        return EXIT_FAILURE;
    }

    printf("namespace %s belongs to %s\n", words[0],
           is_nobody ? "nobody" : words[1]);

    return EXIT_SUCCESS;
}


static void
namespace_print(const call_t *call, const namespace_row_t *row)
{
    const char *visibility = visibility_name((visibility_t)row->visibility);

    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:s?, s:o}", "name", row->name,
                             "visibility", visibility, "owner", row->owner,
                             "created_at", command_time(&row->created_at)));
    } else {
        printf("%s %s %s\n", row->name, visibility,
               row->owner != NULL ? row->owner : NOBODY);
    }
}


static int
print_page(const call_t *call, const char **after)
{
    namespace_row_t *rows;
    size_t n;
    int rc = db_namespace_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        namespace_print(call, &rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


static int
namespace_list(const call_t *call)
{
    return command_list(call, print_page);
}


const command_t namespace_commands[] = {
    { .noun = "namespace",
      .verb = "set-visibility",
      .words = "NAME " COMMAND_VISIBILITIES,
      .summary = "Set the visibility of new repositories.",
      .run = namespace_set_visibility },
    { .noun = "namespace",
      .verb = "set-owner",
      .words = "NAME LOGIN|-",
      .summary = "Give a namespace to another account.",
      .detail = "Or, with -, to no one.  Tokens for the namespace are revoked.",
      .run = namespace_give },
    { .noun = "namespace",
      .verb = "list",
      .summary = "List the namespaces.",
      .detail = "Name, visibility of new repositories, owner or \"-\": one "
                "namespace per line.",
      .has_json = true,
      .run = namespace_list },
    { .noun = NULL },
};
