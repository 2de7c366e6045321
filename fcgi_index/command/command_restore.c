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
check_namespace(const namespace_list_row_t *row)
{
    if (row->created_at >= loaded_at) {
        printf("namespace %s: not in the copy; its owner: %s\n", row->name,
               row->owner != NULL ? row->owner : "nobody");
    }
}


static int
namespaces(const char **after)
{
    namespace_list_row_t *rows;
    size_t n;
    int rc = db_namespace_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        check_namespace(&rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


static void
check_repository(const repository_list_row_t *row)
{
    if (row->created_at >= loaded_at || !row->is_private) {
        printf("repository %s: %s%s\n", row->name,
               row->is_private ? "private" : "public",
               row->created_at >= loaded_at ? "; not in the copy"
               : !row->is_stored            ? "; not in the store"
                                            : "");
    }
}


static int
repositories(const char **after)
{
    repository_list_row_t *rows;
    size_t n;
    int rc = db_repository_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        check_repository(&rows[i]);
        *after = rows[i].name;
    }

    return rc;
}


static void
check_account(const account_list_row_t *row)
{
    if (!row->is_disabled) {
        printf("account %s: may log in%s\n", row->login,
               row->is_admin ? "; is an admin" : "");
    }
}


static int
accounts(const char **after)
{
    account_list_row_t *rows;
    size_t n;
    int rc = db_account_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        check_account(&rows[i]);
        *after = rows[i].login;
    }

    return rc;
}


static void
print_time(const char *what, int64_t seconds)
{
    char text[CLOCK_TEXT_SIZE];

    printf("%s %s\n", what, clock_print(seconds, text));
}


/* OK; DECLINED where the mirror is not of now. */
static int
check_times(void)
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
    print_time("loaded", loaded_at);

    if (last != 0) {
        print_time("last used before", last);
    }

    return mirror.run == NULL && mirror.filled_at != NULL
                   && *mirror.filled_at >= loaded_at
               ? OK
               : DECLINED;
}


static int
restore_check(const call_t *call)
{
    int rc;

    (void)call;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    rc = check_times();

    if (rc == DECLINED) {
        log_error("no run of slipway-registry reindex has come to its end "
                  "since the database was loaded: run one, and this again");
    }

    return rc == OK && command_list(namespaces) == EXIT_SUCCESS
                   && command_list(repositories) == EXIT_SUCCESS
                   && command_list(accounts) == EXIT_SUCCESS
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}


const command_t restore_check_commands[] = {
    { .noun = "restore-check",
      .summary = "List what to check in a restored database.",
      .detail = "In one that was restored from an older copy; "
                "docs/operations.md.",
      .run = restore_check },
    { .noun = NULL },
};
