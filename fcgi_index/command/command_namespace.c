/* command_namespace.c: the subcommands of namespace. */

#include "app.h"
#include "command/commands.h"
#include "access/namespace.h"
#include "db/db_namespace.h"
#include "fcgi_core/log.h"

#define NO_OWNER "-"
#define DESCRIPTION_MAX 255 /* bytes */

/* The flags of set. */
typedef struct {
    const char *base_role;
    const char *writers_delete;
    const char *description;
} namespace_conf_t;


static int
namespace_set_visibility(const call_t *call)
{
    const char *const *words = call->words;
    visibility_t visibility;
    namespace_settings_t settings = { .visibility = &visibility };
    change_t change;

    if (command_visibility(words[1], &visibility) != OK
        || command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    return command_finish(&change, namespace_set(&change, words[0], &settings),
                          "new repositories of %s will be %s", words[0],
                          words[1]);
}


static int
namespace_change(const call_t *call)
{
    const namespace_conf_t *conf = call->conf;
    bool is_on =
        conf->writers_delete != NULL && strcmp(conf->writers_delete, "on") == 0;
    namespace_settings_t settings = { .description = conf->description };
    role_t role;
    change_t change;

    if (command_text(call, "description", conf->description, DESCRIPTION_MAX)
        != OK) {
        return COMMAND_USAGE;
    }

    if (conf->base_role != NULL) {
        settings.base_role = &role;

        if (role_parse(reg_cstr(conf->base_role), &role) != OK) {
            return call_misused(call,
                                "%s is neither none, read, write nor admin",
                                conf->base_role);
        }
    }

    if (conf->writers_delete != NULL) {
        settings.writers_delete = &is_on;

        if (!is_on && strcmp(conf->writers_delete, "off") != 0) {
            return call_misused(call, "%s is neither on nor off",
                                conf->writers_delete);
        }
    }

    return command_open_change(&change) == OK ? command_finish(
               &change, namespace_set(&change, call->words[0], &settings),
               "namespace %s is changed", call->words[0])
                                              : EXIT_FAILURE;
}


static int
namespace_give(const call_t *call)
{
    const char *const *words = call->words;
    const char *owner = strcmp(words[1], NO_OWNER) == 0 ? NULL : words[1];
    change_t change;

    return command_open_change(&change) == OK
               ? command_finish(&change,
                                namespace_set_owner(&change, words[0], owner),
                                "namespace %s belongs to %s", words[0],
                                owner != NULL ? owner : "no one")
               : EXIT_FAILURE;
}


static json_t *
namespace_json(const namespace_row_t *row)
{
    bool is_organization = row->kind == NAMESPACE_ORGANIZATION;

    return json_pack(
        "{s:s, s:s, s:s, s:s?, s:o, s:s, s:b, s:o}", "name", row->name, "kind",
        is_organization ? "organization" : "personal", "visibility",
        visibility_name((visibility_t)row->visibility), "owner", row->owner,
        "description", json_text_or_null(row->description), "base_role",
        role_name((role_t)row->base_role), "writers_delete",
        row->writers_delete, "created_at", json_time(row->created_at));
}


static void
namespace_print(const call_t *call, const namespace_row_t *row)
{
    const char *no_owner =
        row->kind == NAMESPACE_ORGANIZATION ? "organization" : NO_OWNER;

    if (call->is_json) {
        json_print(namespace_json(row));
    } else {
        printf("%s %s %s\n", row->name,
               visibility_name((visibility_t)row->visibility),
               row->owner != NULL ? row->owner : no_owner);
    }
}


static int
namespace_show(const call_t *call)
{
    namespace_row_t row;
    int rc = app_open() == OK ? db_namespace_find(app.db, call->words[0], &row)
                              : ERROR;

    if (rc == DECLINED) {
        log_error("there is no namespace %s", call->words[0]);
    } else if (rc == OK) {
        command_show(call, namespace_json(&row));
    }

    return rc == OK ? EXIT_SUCCESS : EXIT_FAILURE;
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


static const setting_t set_settings[] = {
    { "base-role", NULL, SETTING_STRING, offsetof(namespace_conf_t, base_role),
      0, 0, NULL,
      "none, read, write or admin: the role of every member of an "
      "organization on all of it." },
    { "writers-delete", NULL, SETTING_STRING,
      offsetof(namespace_conf_t, writers_delete), 0, 0, NULL,
      "on or off: whether the role write deletes as well." },
    { "description", NULL, SETTING_STRING,
      offsetof(namespace_conf_t, description), 0, 0, NULL,
      "What it is, in one line; empty: nothing." },
    { .name = NULL },
};

const command_t namespace_commands[] = {
    { .noun = "namespace",
      .verb = "set",
      .words = "NAME",
      .summary = "Change a namespace, and revoke the tokens for it.",
      .settings = set_settings,
      .conf_size = sizeof(namespace_conf_t),
      .run = namespace_change },
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
      .verb = "show",
      .words = "NAME",
      .summary = "Show a namespace, and what its new repositories will be.",
      .has_json = true,
      .run = namespace_show },
    { .noun = "namespace",
      .verb = "list",
      .summary = "List the namespaces.",
      .detail = "Name, visibility of new repositories, owner, \"organization\" "
                "or \"-\": one namespace per line.",
      .has_json = true,
      .run = namespace_list },
    { .noun = NULL },
};
