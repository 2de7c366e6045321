/* command_refresh_token.c: the subcommands of refresh-token. */

#include "app.h"
#include "command.h"
#include "db_gen.h"
#include "token/issue.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#define ALL "all"

typedef struct {
    const char *id; /* NULL: all of them */
    size_t n;       /* revoked */
} change_t;


/* --- list ----------------------------------------------------------------- */

static int
print_token(void *data, const refresh_token_list_row_t *row)
{
    const char **after = data;
    char issued[CLOCK_TEXT_SIZE], used[CLOCK_TEXT_SIZE] = "-";
    char expires[CLOCK_TEXT_SIZE];

    if (row->used_at != NULL) {
        clock_print(*row->used_at, used);
    }

    printf("%.*s %s %s issued %s used %s expires %s\n", ISSUE_REFRESH_ID_LEN,
           row->key_hash, row->login, row->service,
           clock_print(row->issued_at, issued), used,
           clock_print(row->expires_at, expires));
    *after = row->key_hash;

    return OK;
}


static int
print_page(const char **after)
{
    return db_refresh_token_list(app.db, *after, app_now(), COMMAND_PAGE,
                                 print_token, after);
}


int
command_refresh_token_list(int argc, char **argv)
{
    (void)argc;
    (void)argv;

    return command_list(print_page);
}


/* --- revoke --------------------------------------------------------------- */

static int
revoke(void *data, const refresh_token_find_row_t *row)
{
    change_t *change = data;

    change->n++;

    return db_refresh_token_revoke(app.db, row->key_hash, app_now());
}


static int
revoke_in_transaction(void *data)
{
    change_t *change = data;
    pool_t *pool = db_pool(app.db);
    const char *id = change->id != NULL ? change->id : "";

    change->n = 0;

    /* 'g' is behind every digit of a hash */
    return db_refresh_token_find(app.db, id, pool_printf(pool, "%sg", id),
                                 app_now(), revoke, change);
}


static bool
is_id(const char *word)
{
    return strlen(word) == ISSUE_REFRESH_ID_LEN
           && strspn(word, "0123456789abcdef") == ISSUE_REFRESH_ID_LEN;
}


int
command_refresh_token_revoke(int argc, char **argv)
{
    change_t change = { .id = strcmp(argv[0], ALL) == 0 ? NULL : argv[0] };

    (void)argc;

    if (change.id != NULL && !is_id(change.id)) {
        log_error("%s is no id: see refresh-token list", argv[0]);
        return EXIT_FAILURE;
    }

    if (app_open() != OK
        || db_transaction(app.db, revoke_in_transaction, &change) != OK) {
        return EXIT_FAILURE;
    }

    if (change.id != NULL && change.n == 0) {
        log_error("there is no refresh token %s, or not any more", argv[0]);
        return EXIT_FAILURE;
    }

    printf("refresh tokens revoked: %zu\n", change.n);

    return EXIT_SUCCESS;
}
