/* command_namespace.c: the subcommands of namespace. */

#include "app.h"
#include "command/commands.h"
#include "db/db_account.h"
#include "db/db_namespace.h"
#include "token/revoke.h"
#include "fcgi_core/log.h"

#define NOBODY "-"

typedef struct {
    const char *name;
    const char *login; /* of the new owner, or NOBODY */
    bool is_private;
    revoke_t revoke;
} change_t;


/* Only what is known already: a name with a mistake in it must not wait until
 * somebody makes an account of that name. */
static int
find(const change_t *change, namespace_by_name_row_t *row_r)
{
    int rc = db_namespace_by_name(app.db, change->name, row_r);

    if (rc == DECLINED) {
        log_error("there is no namespace %s", change->name);
    }

    return rc;
}


static int
set_visibility(void *data)
{
    const change_t *change = data;
    namespace_by_name_row_t row;
    int rc = find(change, &row);

    return rc == OK
               ? db_namespace_set_private(app.db, row.id, change->is_private)
               : rc;
}


static int
namespace_set_visibility(const call_t *call)
{
    const char *const *words = call->words;
    change_t change = { .name = words[0] };

    if (command_visibility(words[1], &change.is_private) != OK
        || app_open() != OK
        || db_transaction(app.db, set_visibility, &change) != OK) {
        return EXIT_FAILURE;
    }

    printf("new repositories of %s will be %s\n", words[0], words[1]);

    return EXIT_SUCCESS;
}


static int
find_owner(const char *login, const uint64_t **account_id_r)
{
    account_by_login_row_t row;
    uint64_t *id;
    int rc;

    *account_id_r = NULL;

    if (strcmp(login, NOBODY) == 0) {
        return OK;
    }

    rc = db_account_by_login(app.db, login, &row);

    if (rc == DECLINED) {
        log_error("there is no account %s", login);
    }

    if (rc == OK) {
        id = pool_new(db_pool(app.db), uint64_t);
        *id = row.id;
        *account_id_r = id;
    }

    return rc;
}


int
command_hold_admins(void)
{
    account_hold_admins_row_t row;

    return db_account_hold_admins(app.db, &row);
}


/* Rights of the old owner end, and what others were refused may be granted. */
static int
set_owner(void *data)
{
    change_t *change = data;
    namespace_by_name_row_t row;
    const uint64_t *account_id;
    int rc;

    change->revoke = (revoke_t){ 0 };
    rc = command_hold_admins() == OK ? find(change, &row) : ERROR;

    if (rc == OK) {
        rc = find_owner(change->login, &account_id);
    }

    if (rc != OK) {
        return rc;
    }

    if (db_namespace_set_owner(app.db, row.id, account_id) != OK) {
        return ERROR;
    }

    return revoke_namespace(app.db, &change->revoke, change->name);
}


static int
namespace_set_owner(const call_t *call)
{
    const char *const *words = call->words;
    change_t change = { .name = words[0], .login = words[1] };

    if (app_open() != OK || db_transaction(app.db, set_owner, &change) != OK
        || revoke_publish(app.cache, &change.revoke, app.settings.token_seconds)
               != OK) {
        return EXIT_FAILURE;
    }

    printf("namespace %s belongs to %s\n", words[0],
           strcmp(words[1], NOBODY) == 0 ? "nobody" : words[1]);

    return EXIT_SUCCESS;
}


static void
namespace_print(const call_t *call, const namespace_list_row_t *row)
{
    const char *visibility = row->is_private ? "private" : "public";

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
    namespace_list_row_t *rows;
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
      .words = "NAME public|private",
      .summary = "Set the visibility of new repositories.",
      .run = namespace_set_visibility },
    { .noun = "namespace",
      .verb = "set-owner",
      .words = "NAME LOGIN|-",
      .summary = "Give a namespace to another account.",
      .detail = "Or, with -, to no one.  Tokens for the namespace are revoked.",
      .run = namespace_set_owner },
    { .noun = "namespace",
      .verb = "list",
      .summary = "List the namespaces.",
      .detail = "Name, visibility of new repositories, owner or \"-\": one "
                "namespace per line.",
      .has_json = true,
      .run = namespace_list },
    { .noun = NULL },
};
