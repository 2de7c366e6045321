/* command_session.c: the subcommands of session: browsers that are logged in.
 */

#include "app.h"
#include "command/commands.h"
#include "fcgi_core/clock.h"
#include "token/session.h"

#define COLUMNS "id created_at used_at expires_at address agent"

typedef struct {
    account_t account;
    uint64_t id; /* 0: all */
} work_t;


static int
print_page(const call_t *call, const char **after)
{
    int64_t now = clock_now();
    login_session_list_row_t *rows;
    account_t account;
    size_t n;

    if (command_account(call->words[0], &account) != OK
        || db_login_session_list(
               app.db, account.id, now, now - app.settings.session_idle,
               command_key(*after, 0), COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, session_json(&rows[i], 0), COLUMNS);
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_page);
}


static int
end_in_transaction(change_t *change, void *data)
{
    const work_t *work = data;

    return work->id != 0 ? session_end(change, &work->account, work->id)
                         : session_end_all(change, &work->account);
}


static int
end(const call_t *call)
{
    const char *const *words = call->words;
    bool is_all = strcmp(words[1], "all") == 0;
    work_t work = { .id = 0 };

    if (!is_all
        && command_number(call, words[1], "a session", &work.id) != OK) {
        return COMMAND_USAGE;
    }

    if (app_open() != OK || command_account(words[0], &work.account) != OK
        || command_change(end_in_transaction, &work) != OK) {
        return EXIT_FAILURE;
    }

    if (is_all) {
        printf("all sessions of %s are ended\n", words[0]);
    } else {
        printf("session %s of %s is ended\n", words[1], words[0]);
    }

    return EXIT_SUCCESS;
}


const command_t session_commands[] = {
    { .noun = "session",
      .verb = "list",
      .words = "LOGIN",
      .summary = "List the browsers in which an account is logged in.",
      .detail = "Id, login, last use (within five minutes), expiry, address, "
                "browser: one session per line.",
      .has_json = true,
      .run = list },
    { .noun = "session",
      .verb = "end",
      .words = "LOGIN ID|all",
      .summary = "End a session of an account, or all.",
      .detail = "Access tokens and robots go on.",
      .run = end },
    { .noun = NULL },
};
