/* command_refresh_token.c: the subcommands of refresh-token. */

#include "app.h"
#include "command/commands.h"
#include "db/db_refresh_token.h"
#include "token/issue.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#define ALL "all"

typedef struct {
    const char *id; /* NULL: all of them */
    size_t n;       /* revoked */
} revocation_t;


/* --- list ----------------------------------------------------------------- */

static void
token_print(const call_t *call, const refresh_token_list_row_t *row)
{
    char issued[CLOCK_TEXT_SIZE], used[CLOCK_TEXT_SIZE] = "-";
    char expires[CLOCK_TEXT_SIZE];

    if (call->is_json) {
        json_print(json_pack("{s:s#, s:s, s:s, s:o, s:o, s:o}", "id",
                             row->key_hash, ISSUE_REFRESH_ID_LEN, "login",
                             row->login, "service", row->service, "issued_at",
                             command_time(&row->issued_at), "used_at",
                             command_time(row->used_at), "expires_at",
                             command_time(&row->expires_at)));
        return;
    }

    if (row->used_at != NULL) {
        clock_print(*row->used_at, used);
    }

    printf("%.*s %s %s issued %s used %s expires %s\n", ISSUE_REFRESH_ID_LEN,
           row->key_hash, row->login, row->service,
           clock_print(row->issued_at, issued), used,
           clock_print(row->expires_at, expires));
}


static int
print_page(const call_t *call, const char **after)
{
    refresh_token_list_row_t *rows;
    size_t n;
    int rc = db_refresh_token_list(app.db, *after, clock_now(), COMMAND_PAGE,
                                   &rows, &n);

    for (size_t i = 0; i < n; i++) {
        token_print(call, &rows[i]);
        *after = rows[i].key_hash;
    }

    return rc;
}


static int
refresh_token_list(const call_t *call)
{
    return command_list(call, print_page);
}


/* --- revoke --------------------------------------------------------------- */

/* *n_r is how many there were. */
static int
revoke_some(const char *id, size_t *n_r)
{
    refresh_token_find_row_t *rows;
    int64_t now = clock_now();

    /* 'g' is behind every digit of a hash */
    int rc = db_refresh_token_find(app.db, id,
                                   pool_printf(db_pool(app.db), "%sg", id), now,
                                   COMMAND_PAGE, &rows, n_r);

    for (size_t i = 0; rc == OK && i < *n_r; i++) {
        rc = db_refresh_token_revoke(app.db, rows[i].key_hash, now);
    }

    return rc;
}


static int
revoke_in_transaction(void *data)
{
    revocation_t *change = data;
    size_t n;
    int rc;

    change->n = 0;

    do {
        rc = revoke_some(change->id != NULL ? change->id : "", &n);
        change->n += n;
    } while (rc == OK && n == COMMAND_PAGE);

    return rc;
}


static bool
is_id(const char *word)
{
    return strlen(word) == ISSUE_REFRESH_ID_LEN
           && strspn(word, "0123456789abcdef") == ISSUE_REFRESH_ID_LEN;
}


static int
refresh_token_revoke(const call_t *call)
{
    const char *id = call->words[0];
    revocation_t change = { .id = strcmp(id, ALL) == 0 ? NULL : id };

    if (change.id != NULL && !is_id(change.id)) {
        log_error("%s is no id: see refresh-token list", id);
        return EXIT_FAILURE;
    }

    if (app_open() != OK
        || db_transaction(app.db, revoke_in_transaction, &change) != OK) {
        return EXIT_FAILURE;
    }

    if (change.id != NULL && change.n == 0) {
        log_error("there is no valid refresh token %s", id);
        return EXIT_FAILURE;
    }

    printf("refresh tokens revoked: %zu\n", change.n);

    return EXIT_SUCCESS;
}


const command_t refresh_token_commands[] = {
    { .noun = "refresh-token",
      .verb = "list",
      .summary = "List the valid refresh tokens.",
      .detail = "Id, account, service, when issued, last used (within five "
                "minutes) and expiry: one token per line.",
      .has_json = true,
      .run = refresh_token_list },
    { .noun = "refresh-token",
      .verb = "revoke",
      .words = "ID|all",
      .summary = "Revoke one refresh token, or all.",
      .detail = "Bearer tokens that were obtained with it stay valid until "
                "they expire, at most five minutes unless --token-seconds "
                "says otherwise.",
      .run = refresh_token_revoke },
    { .noun = NULL },
};
