/* command_restore.c: the subcommand restore-check: lists what to check in a
 * database that was restored from an older copy.
 *
 * What was decided after the copy is not in it, and nothing else knows.  But
 * the store knows what was pushed: a run of reindex after the load makes that
 * known, so what has a row that is younger than the load is not in the copy. */

#include "app.h"
#include "command/commands.h"
#include "db/db_account.h"
#include "db/db_mirror.h"
#include "db/db_namespace.h"
#include "db/db_repository.h"
#include "db/db_restore.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

static int64_t loaded_at;


static void
check_namespace(const call_t *call, const namespace_row_t *row)
{
    if (row->created_at < loaded_at) {
        return;
    }

    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:s?}", "kind", "namespace", "name",
                             row->name, "owner", row->owner));
    } else {
        printf("namespace %s: not in the copy; its owner: %s\n", row->name,
               row->owner != NULL ? row->owner : "no one");
    }
}


static int
namespaces(const call_t *call, const char **after)
{
    namespace_row_t *rows;
    size_t n;
    int rc = db_namespace_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        check_namespace(call, &rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


static void
check_repository(const call_t *call, const repository_list_row_t *row)
{
    const char *visibility = visibility_name((visibility_t)row->visibility);
    bool is_in_copy = row->created_at < loaded_at;

    if (is_in_copy && row->visibility == VISIBILITY_PRIVATE) {
        return;
    }

    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:s, s:b, s:b}", "kind", "repository",
                             "name", row->name, "visibility", visibility,
                             "is_in_copy", is_in_copy, "is_stored",
                             row->is_stored));
    } else {
        printf("repository %s: %s%s\n", row->name, visibility,
               !is_in_copy       ? "; not in the copy"
               : !row->is_stored ? "; not in the store"
                                 : "");
    }
}


static int
repositories(const call_t *call, const char **after)
{
    repository_list_row_t *rows;
    size_t n;
    int rc = db_repository_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        check_repository(call, &rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


static void
check_account(const call_t *call, const account_list_row_t *row)
{
    if (row->is_disabled) {
        return;
    }

    if (call->is_json) {
        json_print(json_pack("{s:s, s:s, s:b}", "kind", "account", "login",
                             row->login, "is_admin", row->is_admin));
    } else {
        printf("account %s: may log in%s\n", row->login,
               row->is_admin ? "; is an admin" : "");
    }
}


static int
accounts(const call_t *call, const char **after)
{
    account_list_row_t *rows;
    size_t n;
    int rc = db_account_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        check_account(call, &rows[i]);
        *after = rows[i].login;
    }

    return rc;
}


/* used_at: the last use of a token or event before; 0: none. */
static void
times_print(const call_t *call, int64_t used_at)
{
    char text[CLOCK_TEXT_SIZE];

    if (call->is_json) {
        json_print(json_pack("{s:s, s:o, s:o}", "kind", "database", "loaded_at",
                             command_time(&loaded_at), "used_at",
                             command_time(used_at != 0 ? &used_at : NULL)));
        return;
    }

    printf("loaded %s\n", clock_print(loaded_at, text));

    if (used_at != 0) {
        printf("last used before %s\n", clock_print(used_at, text));
    }
}


/* OK; DECLINED where the mirror is not of now. */
static int
check_times(const call_t *call)
{
    restore_loaded_row_t loaded;
    restore_newest_row_t newest;
    mirror_state_row_t mirror;
    int64_t last;

    if (db_restore_loaded(app.db, &loaded) != OK || loaded.loaded_at == NULL
        || db_restore_newest(app.db, *loaded.loaded_at, &newest) != OK
        || db_mirror_state(app.db, &mirror) != OK) {
        return ERROR;
    }

    loaded_at = *loaded.loaded_at;
    last = newest.token_at != NULL ? *newest.token_at : 0;
    last = newest.event_at != NULL && *newest.event_at > last ? *newest.event_at
                                                              : last;
    times_print(call, last);

    return mirror.run == NULL && mirror.filled_at != NULL
                   && *mirror.filled_at >= loaded_at
               ? OK
               : DECLINED;
}


static int
restore_check(const call_t *call)
{
    int rc;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    rc = check_times(call);

    if (rc == DECLINED) {
        log_error("no run of slipway-registry reindex was completed since the "
                  "database was loaded: run it, then run this command again");
    }

    return rc == OK && command_list(call, namespaces) == EXIT_SUCCESS
                   && command_list(call, repositories) == EXIT_SUCCESS
                   && command_list(call, accounts) == EXIT_SUCCESS
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


const command_t restore_check_commands[] = {
    { .noun = "restore-check",
      .summary = "List what to check in a restored database.",
      .detail = "In one that was restored from an older copy; "
                "docs/operations.md.",
      .has_json = true,
      .run = restore_check },
    { .noun = NULL },
};
