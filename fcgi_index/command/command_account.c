/* command_account.c: the subcommands of account. */

#include "app.h"
#include "command.h"
#include "db/db_account.h"
#include "db/db_namespace.h"
#include "account/password.h"
#include "command/password_read.h"
#include "token/revoke.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"


/* What one of the subcommands is to change. */
typedef struct {
    const char *login;
    const char *password_hash;
    bool value; /* is_admin or is_disabled */
    int (*apply)(uint64_t id, const void *change);
    revoke_t revoke;
} change_t;


/* --- add ------------------------------------------------------------------ */

/* The namespace of the account's name, which may be there without an owner;
 * what others were granted in it ends. */
static int
take_namespace(change_t *change, uint64_t id)
{
    namespace_by_name_row_t row;

    if (command_hold_admins() != OK
        || db_namespace_take(app.db, change->login, id, clock_now()) == ERROR
        || db_namespace_by_name(app.db, change->login, &row) != OK) {
        return ERROR;
    }

    if (row.account_id == NULL || *row.account_id != id) {
        log_error("the namespace %s belongs to somebody else: see namespace "
                  "list and namespace set-owner",
                  change->login);
        return DECLINED;
    }

    return revoke_namespace(app.db, &change->revoke, change->login);
}


static int
add_in_transaction(void *data)
{
    change_t *change = data;
    account_by_login_row_t row;
    int rc;

    change->revoke = (revoke_t){ 0 };
    rc = db_account_add(app.db, change->login, change->password_hash,
                        change->value, clock_now());

    if (rc == DECLINED) {
        log_error("there is an account %s already", change->login);
    }

    if (rc != OK) {
        return rc;
    }

    if (db_account_by_login(app.db, change->login, &row) != OK) {
        return ERROR;
    }

    return take_namespace(change, row.id);
}


/* --- what account exists already ------------------------------------------ */

static int
change_in_transaction(void *data)
{
    change_t *change = data;
    account_by_login_row_t row;
    int rc = db_account_by_login(app.db, change->login, &row);

    change->revoke = (revoke_t){ 0 };

    if (rc == DECLINED) {
        log_error("there is no account %s", change->login);
    }

    if (rc != OK) {
        return rc;
    }

    if (change->apply(row.id, change) != OK) {
        return ERROR;
    }

    return revoke_account(app.db, &change->revoke, row.id);
}


static int
apply_password(uint64_t id, const void *data)
{
    const change_t *change = data;

    return db_account_set_password(app.db, id, change->password_hash);
}


static int
apply_disabled(uint64_t id, const void *data)
{
    const change_t *change = data;

    return db_account_set_disabled(app.db, id, change->value);
}


static int
apply_admin(uint64_t id, const void *data)
{
    const change_t *change = data;

    return db_account_set_admin(app.db, id, change->value);
}


/* --- subcommands ---------------------------------------------------------- */

static int
run(change_t *change, int (*fn)(void *data), const char *done)
{
    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    if (db_transaction(app.db, fn, change) != OK
        || revoke_publish(app.cache, &change->revoke,
                          app.settings.token_seconds)
               != OK) {
        return EXIT_FAILURE;
    }

    printf("account %s %s\n", change->login, done);

    return EXIT_SUCCESS;
}


static int
change_account(const char *login, bool value,
               int (*apply)(uint64_t id, const void *change), const char *done)
{
    change_t change = { .login = login, .value = value, .apply = apply };

    return run(&change, change_in_transaction, done);
}


static int
read_hash(bool is_stdin, const char **hash_r)
{
    str_t password;

    if (password_read(app.pool, is_stdin, &password) != OK
        || password_open() != OK) {
        return ERROR;
    }

    return password_hash(app.pool, password, hash_r);
}


/* Takes "--name" out of the words behind the first. */
static bool
take_flag(int *argc, char **argv, const char *name)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            argv[i] = argv[--*argc];
            return true;
        }
    }

    return false;
}


int
command_account_add(int argc, char **argv)
{
    bool is_stdin = take_flag(&argc, argv, "--password-stdin");
    change_t change = { .value = take_flag(&argc, argv, "--admin"),
                        .login = argv[0] };

    if (!command_words("account add", argc, argv, 1, 1)) {
        return COMMAND_USAGE;
    }

    if (!reg_login_is_valid(reg_cstr(change.login))) {
        log_error("%s is no login: 2 to %d bytes of a-z, 0-9 and, between "
                  "them, dots, dashes and underscores",
                  change.login, REG_LOGIN_MAX);
        return EXIT_FAILURE;
    }

    if (read_hash(is_stdin, &change.password_hash) != OK) {
        return EXIT_FAILURE;
    }

    return run(&change, add_in_transaction, "added");
}


int
command_account_passwd(int argc, char **argv)
{
    bool is_stdin = take_flag(&argc, argv, "--password-stdin");
    change_t change = { .login = argv[0], .apply = apply_password };

    if (!command_words("account passwd", argc, argv, 1, 1)) {
        return COMMAND_USAGE;
    }

    if (read_hash(is_stdin, &change.password_hash) != OK) {
        return EXIT_FAILURE;
    }

    return run(&change, change_in_transaction, "has a new password");
}


int
command_account_disable(int argc, char **argv)
{
    (void)argc;

    return change_account(argv[0], true, apply_disabled, "disabled");
}


int
command_account_enable(int argc, char **argv)
{
    (void)argc;

    return change_account(argv[0], false, apply_disabled, "enabled");
}


int
command_account_set_admin(int argc, char **argv)
{
    (void)argc;

    if (strcmp(argv[1], "on") == 0) {
        return change_account(argv[0], true, apply_admin, "is an admin");
    }

    if (strcmp(argv[1], "off") == 0) {
        return change_account(argv[0], false, apply_admin, "is no admin");
    }

    log_error("%s is neither on nor off", argv[1]);

    return COMMAND_USAGE;
}


/* --- list ----------------------------------------------------------------- */

static int
print_page(const char **after)
{
    account_list_row_t *rows;
    size_t n;
    int rc = db_account_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        printf("%s%s%s\n", rows[i].login, rows[i].is_admin ? " admin" : "",
               rows[i].is_disabled ? " disabled" : "");
        *after = rows[i].login;
    }

    return rc;
}


int
command_account_list(int argc, char **argv)
{
    (void)argc;
    (void)argv;

    return command_list(print_page);
}
