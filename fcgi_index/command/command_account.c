/* command_account.c: the subcommands of account. */

#include "app.h"
#include "command/commands.h"
#include "community/star.h"
#include "account/password.h"
#include "command/password_read.h"
#include "access/namespace.h"
#include "account/account_change.h"
#include "common/name.h"
#include "fcgi_core/log.h"


#define COLUMNS "login is_admin is_disabled"

/* The flags of the subcommands. */
typedef struct {
    bool is_admin;
    bool is_stdin;
    const char *display_name;
    const char *email;
    const char *fate;
    const char *heir;
} account_conf_t;

/* What one of the subcommands is to change. */
typedef struct work_s work_t;

struct work_s {
    const account_conf_t *conf;
    const char *login;
    const char *password_hash;
    bool value; /* is_admin or is_disabled */
    int (*apply)(change_t *change, const work_t *work, uint64_t id);
};


/* --- changes -------------------------------------------------------------- */

/* What account_change.h found in the way; name is an organization. */
static int
complain(change_t *change, const work_t *work, account_fault_t fault,
         const char *name)
{
    switch (fault) {
    case ACCOUNT_FAULT_LOGIN:
        return change_fail(change, FAULT_TAKEN, "login",
                           "account %s exists already", work->login);
    case ACCOUNT_FAULT_NAMESPACE:
        return change_fail(change, FAULT_TAKEN, "login",
                           "the namespace %s belongs to another account: see "
                           "namespace list and namespace set-owner",
                           work->login);
    case ACCOUNT_FAULT_LAST_ADMIN:
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "no other administrator would be left");
    case ACCOUNT_FAULT_LAST_OWNER:
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "the organization %s would have no owner", name);
    case ACCOUNT_FAULT_FATE:
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "%s has repositories: say what happens to them with "
                           "--repositories",
                           work->login);
    default:
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "there is no such other account");
    }
}


static int
add_in_transaction(change_t *change, void *data)
{
    const work_t *work = data;
    const account_new_t new = { .login = work->login,
                                .password_hash = work->password_hash,
                                .is_admin = work->value,
                                .may_take = true,
                                .now = change->now };
    account_fault_t fault;
    uint64_t id;
    int rc = account_make(change->db, change->revoke, &new, &id, &fault);

    if (rc != OK) {
        return rc == DECLINED ? complain(change, work, fault, NULL) : rc;
    }

    return change_audit(change, AUDIT_ACCOUNT_CREATE, 0, work->login,
                        json_pack("{s:b}", "is_admin", new.is_admin));
}


static int
change_in_transaction(change_t *change, void *data)
{
    const work_t *work = data;
    uint64_t id;
    int rc = change_find_account(change, "login", work->login, &id);

    return rc == OK ? work->apply(change, work, id) : rc;
}


static int
apply_password(change_t *change, const work_t *work, uint64_t id)
{
    return account_change_password(change->db, change->revoke, id,
                                   work->password_hash)
                   == OK
               ? change_audit(change, AUDIT_ACCOUNT_PASSWORD, 0, work->login,
                              NULL)
               : ERROR;
}


static int
apply_disabled(change_t *change, const work_t *work, uint64_t id)
{
    return account_change_disabled(change->db, change->revoke, id, work->value,
                                   NULL)
                   == OK
               ? change_audit(change,
                              work->value ? AUDIT_ACCOUNT_DISABLE
                                          : AUDIT_ACCOUNT_ENABLE,
                              0, work->login, NULL)
               : ERROR;
}


static int
apply_admin(change_t *change, const work_t *work, uint64_t id)
{
    return account_change_admin(change->db, change->revoke, id, work->value,
                                NULL)
                   == OK
               ? change_audit(change, AUDIT_ACCOUNT_ADMIN, 0, work->login,
                              json_pack("{s:b}", "is_admin", work->value))
               : ERROR;
}


/* "" takes away. */
static const char *
replaced(const char *old, const char *new)
{
    if (new == NULL) {
        return old;
    }

    return new[0] != '\0' ? new : NULL;
}


static int
apply_profile(change_t *change, const work_t *work, uint64_t id)
{
    account_item_row_t row;
    account_lock_row_t locked;
    int rc = db_account_lock(change->db, id, &locked);

    if (rc == OK) {
        rc = db_account_get(change->db, work->login, &row);
    }

    if (rc != OK) {
        return ERROR;
    }

    return db_account_edit(change->db, id,
                           replaced(row.display_name, work->conf->display_name),
                           replaced(row.email, work->conf->email))
                   == OK
               ? change_audit(change, AUDIT_ACCOUNT_EDIT, 0, work->login, NULL)
               : ERROR;
}


static int
apply_delete(change_t *change, const work_t *work, uint64_t id)
{
    const account_conf_t *conf = work->conf;
    const char *heir = conf->heir != NULL ? conf->heir : "", *name = NULL;
    account_fault_t fault;
    uint64_t heir_id;
    int rc = account_find_heir(change->db, id, conf->fate, reg_cstr(heir),
                               &heir_id, &fault);

    if (rc == OK) {
        rc = star_forget_account(change->db, id, work->login);
    }

    if (rc == OK) {
        rc = account_delete(change->db, change->revoke, id, heir_id,
                            change->now, &fault, &name);
    }

    if (rc != OK) {
        return rc == DECLINED ? complain(change, work, fault, name) : rc;
    }

    return change_audit(change, AUDIT_ACCOUNT_DELETE, 0, work->login,
                        json_pack("{s:s?, s:s?}", "repositories", conf->fate,
                                  "to", conf->heir));
}


/* --- subcommands ---------------------------------------------------------- */

static int
run(work_t *work, change_fn fn, const char *done)
{
    if (command_change(fn, work) != OK) {
        return EXIT_FAILURE;
    }

    printf("account %s %s\n", work->login, done);

    return EXIT_SUCCESS;
}


static int
change_account(const call_t *call, bool value,
               int (*apply)(change_t *change, const work_t *work, uint64_t id),
               const char *done)
{
    work_t work = { .conf = call->conf,
                    .login = call->words[0],
                    .value = value,
                    .apply = apply };

    return run(&work, change_in_transaction, done);
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
    work_t change = { .value = conf->is_admin, .login = call->words[0] };

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
    work_t change = { .login = call->words[0], .apply = apply_password };

    if (read_hash(conf->is_stdin, &change.password_hash) != OK) {
        return EXIT_FAILURE;
    }

    return run(&change, change_in_transaction, "has a new password");
}


static int
account_disable(const call_t *call)
{
    return change_account(call, true, apply_disabled, "disabled");
}


static int
account_enable(const call_t *call)
{
    return change_account(call, false, apply_disabled, "enabled");
}


static int
account_set_admin(const call_t *call)
{
    const char *const *words = call->words;

    if (strcmp(words[1], "on") == 0) {
        return change_account(call, true, apply_admin, "is an admin");
    }

    if (strcmp(words[1], "off") == 0) {
        return change_account(call, false, apply_admin, "is no admin");
    }

    return call_misused(call, "%s is neither on nor off", words[1]);
}


static int
account_set(const call_t *call)
{
    const account_conf_t *conf = call->conf;
    bool has_email = conf->email != NULL && conf->email[0] != '\0';

    if (command_text(call, "display name", conf->display_name,
                     ACCOUNT_DISPLAY_NAME_MAX)
            != OK
        || command_text(call, "address", conf->email, ACCOUNT_EMAIL_MAX)
               != OK) {
        return COMMAND_USAGE;
    }

    if (has_email && !account_email_is_valid(reg_cstr(conf->email))) {
        return call_misused(call, "%s is no address", conf->email);
    }

    return change_account(call, false, apply_profile, "is changed");
}


static int
account_remove(const call_t *call)
{
    const account_conf_t *conf = call->conf;
    bool is_transfer =
        conf->fate != NULL && strcmp(conf->fate, "transfer") == 0;

    if (conf->fate != NULL && !is_transfer && strcmp(conf->fate, "keep") != 0) {
        return call_misused(call, "%s is neither keep nor transfer",
                            conf->fate);
    }

    if (is_transfer != (conf->heir != NULL)) {
        return call_misused(call, "--repositories transfer and --to belong "
                                  "together");
    }

    return change_account(call, false, apply_delete, "is deleted");
}


static int
account_show(const call_t *call)
{
    account_item_row_t row;
    int rc =
        app_open() == OK ? db_account_get(app.db, call->words[0], &row) : ERROR;

    if (rc != OK) {
        if (rc == DECLINED) {
            log_error("there is no account %s", call->words[0]);
        }
        return EXIT_FAILURE;
    }

    command_show(call, account_json(&row));

    return EXIT_SUCCESS;
}


static int
print_page(const call_t *call, const char **after)
{
    account_item_row_t *rows;
    size_t n;
    int rc = db_account_page(app.db, *after, COMMAND_PAGE, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        command_print(call, account_json(&rows[i]), COLUMNS);
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

static const setting_t set_settings[] = {
    { "display-name", NULL, SETTING_STRING,
      offsetof(account_conf_t, display_name), 0, 0, NULL,
      "What people call its owner; empty: nothing." },
    { "email", NULL, SETTING_STRING, offsetof(account_conf_t, email), 0, 0,
      NULL, "Address of its owner; empty: none." },
    { .name = NULL },
};

static const setting_t delete_settings[] = {
    { "repositories", NULL, SETTING_STRING, offsetof(account_conf_t, fate), 0,
      0, NULL,
      "keep: its namespaces stay, without an owner; transfer: they become "
      "those of --to.  Needed where it has repositories." },
    { "to", NULL, SETTING_STRING, offsetof(account_conf_t, heir), 0, 0, NULL,
      "Login of the account that gets its namespaces." },
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
      .verb = "set",
      .words = "LOGIN",
      .summary = "Change the profile of an account.",
      .settings = set_settings,
      .conf_size = sizeof(account_conf_t),
      .run = account_set },
    { .noun = "account",
      .verb = "delete",
      .words = "LOGIN",
      .summary = "Delete an account, its sessions, tokens and roles.",
      .detail = "No one else gets its login.",
      .settings = delete_settings,
      .conf_size = sizeof(account_conf_t),
      .run = account_remove },
    { .noun = "account",
      .verb = "show",
      .words = "LOGIN",
      .summary = "Show an account, its last login and its last use.",
      .has_json = true,
      .run = account_show },
    { .noun = "account",
      .verb = "list",
      .summary = "List the accounts.",
      .detail = "Login, \"admin\", \"disabled\": one account per line.",
      .has_json = true,
      .run = account_list },
    { .noun = NULL },
};
