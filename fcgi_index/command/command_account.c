/* command_account.c: the subcommands of account. */

#include "app.h"
#include "command/commands.h"
#include "db/db_account.h"
#include "account/password.h"
#include "command/password_read.h"
#include "access/namespace.h"
#include "account/account_change.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"


/* The flags of add and of passwd. */
typedef struct {
    bool is_admin;
    bool is_stdin;
} account_conf_t;

/* What one of the subcommands is to change. */
typedef struct account_change_s account_change_t;

struct account_change_s {
    const char *login;
    const char *password_hash;
    bool value; /* is_admin or is_disabled */
    int (*apply)(account_change_t *change, uint64_t id);
    account_fault_t fault;
    revoke_t revoke;
};


/* --- changes -------------------------------------------------------------- */

static int
complain(const account_change_t *change)
{
    if (change->fault == ACCOUNT_FAULT_LOGIN) {
        log_error("account %s exists already", change->login);
    } else {
        log_error("the namespace %s belongs to another account: see namespace "
                  "list and namespace set-owner",
                  change->login);
    }

    return DECLINED;
}


static int
add_in_transaction(void *data)
{
    account_change_t *change = data;
    account_new_t new = { .login = change->login,
                          .password_hash = change->password_hash,
                          .is_admin = change->value,
                          .may_take = true,
                          .now = clock_now() };
    uint64_t id;
    int rc;

    change->revoke = (revoke_t){ 0 };
    rc = account_make(app.db, &change->revoke, &new, &id, &change->fault);

    return rc == DECLINED ? complain(change) : rc;
}


static int
change_in_transaction(void *data)
{
    account_change_t *change = data;
    account_by_login_row_t row;
    int rc = db_account_by_login(app.db, change->login, &row);

    change->revoke = (revoke_t){ 0 };

    if (rc == DECLINED) {
        log_error("there is no account %s", change->login);
    }

    if (rc != OK) {
        return rc;
    }

    return change->apply(change, row.id);
}


static int
apply_password(account_change_t *change, uint64_t id)
{
    return account_change_password(app.db, &change->revoke, id,
                                   change->password_hash);
}


static int
apply_disabled(account_change_t *change, uint64_t id)
{
    return account_change_disabled(app.db, &change->revoke, id, change->value,
                                   NULL);
}


static int
apply_admin(account_change_t *change, uint64_t id)
{
    return account_change_admin(app.db, &change->revoke, id, change->value,
                                NULL);
}


/* --- subcommands ---------------------------------------------------------- */

static int
run(account_change_t *change, int (*fn)(void *data), const char *done)
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
               int (*apply)(account_change_t *change, uint64_t id),
               const char *done)
{
    account_change_t change = { .login = login,
                                .value = value,
                                .apply = apply };

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


static int
account_add(const call_t *call)
{
    const account_conf_t *conf = call->conf;
    account_change_t change = { .value = conf->is_admin,
                                .login = call->words[0] };

    if (!reg_login_is_valid(reg_cstr(change.login))) {
        log_error("%s is no login: 2 to %d bytes of a-z, 0-9 and, between "
                  "them, dots, dashes and underscores",
                  change.login, REG_LOGIN_MAX);
        return EXIT_FAILURE;
    }

    if (namespace_is_reserved(change.login)) {
        log_error("%s looks like the host of a registry: docker would take "
                  "%s/app for an image there",
                  change.login, change.login);
        return EXIT_FAILURE;
    }

    if (read_hash(conf->is_stdin, &change.password_hash) != OK) {
        return EXIT_FAILURE;
    }

    return run(&change, add_in_transaction, "added");
}


static int
account_passwd(const call_t *call)
{
    const account_conf_t *conf = call->conf;
    account_change_t change = { .login = call->words[0],
                                .apply = apply_password };

    if (read_hash(conf->is_stdin, &change.password_hash) != OK) {
        return EXIT_FAILURE;
    }

    return run(&change, change_in_transaction, "has a new password");
}


static int
account_disable(const call_t *call)
{
    return change_account(call->words[0], true, apply_disabled, "disabled");
}


static int
account_enable(const call_t *call)
{
    return change_account(call->words[0], false, apply_disabled, "enabled");
}


static int
account_set_admin(const call_t *call)
{
    const char *const *words = call->words;

    if (strcmp(words[1], "on") == 0) {
        return change_account(words[0], true, apply_admin, "is an admin");
    }

    if (strcmp(words[1], "off") == 0) {
        return change_account(words[0], false, apply_admin, "is no admin");
    }

    return call_misused(call, "%s is neither on nor off", words[1]);
}


/* --- list ----------------------------------------------------------------- */

static void
account_print(const call_t *call, const account_list_row_t *row)
{
    if (call->is_json) {
        json_print(json_pack("{s:s, s:b, s:b, s:o}", "login", row->login,
                             "is_admin", row->is_admin, "is_disabled",
                             row->is_disabled, "created_at",
                             command_time(&row->created_at)));
    } else {
        printf("%s%s%s\n", row->login, row->is_admin ? " admin" : "",
               row->is_disabled ? " disabled" : "");
    }
}


static int
print_page(const call_t *call, const char **after)
{
    account_list_row_t *rows;
    size_t n;
    int rc = db_account_list(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        account_print(call, &rows[i]);
        *after = rows[i].login;
    }

    return rc;
}


static int
account_list(const call_t *call)
{
    return command_list(call, print_page);
}


/* --- the table ------------------------------------------------------------ */

#define PASSWORD_STDIN                                                         \
    {                                                                          \
        "password-stdin", NULL, SETTING_FLAG,                                  \
            offsetof(account_conf_t, is_stdin), 0, 0, NULL,                    \
            "Read the password from the first line of standard input."         \
    }
#define PASSWORD_SOURCES                                                       \
    "The password comes from SLIPWAY_PASSWORD, the terminal, or the first "    \
    "line of standard input."

static const setting_t add_settings[] = {
    { "admin", NULL, SETTING_FLAG, offsetof(account_conf_t, is_admin), 0, 0,
      NULL, "The account is an administrator." },
    PASSWORD_STDIN,
    { .name = NULL },
};

static const setting_t passwd_settings[] = {
    PASSWORD_STDIN,
    { .name = NULL },
};

const command_t account_commands[] = {
    { .noun = "account",
      .verb = "add",
      .words = "LOGIN",
      .summary = "Create an account and its namespace.",
      .detail = "Refused if the namespace has an owner.  " PASSWORD_SOURCES,
      .settings = add_settings,
      .conf_size = sizeof(account_conf_t),
      .run = account_add },
    { .noun = "account",
      .verb = "passwd",
      .words = "LOGIN",
      .summary = "Set a new password, and revoke the account's tokens.",
      .detail = PASSWORD_SOURCES,
      .settings = passwd_settings,
      .conf_size = sizeof(account_conf_t),
      .run = account_passwd },
    { .noun = "account",
      .verb = "disable",
      .words = "LOGIN",
      .summary = "Forbid logins, and revoke the account's tokens.",
      .detail = "Public repositories stay public.",
      .run = account_disable },
    { .noun = "account",
      .verb = "enable",
      .words = "LOGIN",
      .summary = "Allow logins again.",
      .run = account_enable },
    { .noun = "account",
      .verb = "set-admin",
      .words = "LOGIN on|off",
      .summary = "Change the role, and revoke the account's tokens.",
      .run = account_set_admin },
    { .noun = "account",
      .verb = "list",
      .summary = "List the accounts.",
      .detail = "Login, \"admin\", \"disabled\": one account per line.",
      .has_json = true,
      .run = account_list },
    { .noun = NULL },
};
