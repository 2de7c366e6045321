/* api_account.c: accounts: the caller's own, and for administrators all. */

#include "api/api_account.h"
#include "access/namespace.h"
#include "account/login.h"
#include "account/password.h"
#include "api/api_session.h"
#include "api/caller.h"
#include "api/cookie.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/param.h"
#include "api/problem.h"
#include "api/quota.h"
#include "app.h"
#include "common/name.h"
#include "community/star.h"
#include "db/db_account.h"
#include "db/db_namespace.h"
#include "fcgi_core/reply.h"
#include "account/account_change.h"
#include "token/secret_text.h"
#include "token/sign_up.h"

static const char *const fates[] = { "keep", "transfer", NULL };


/* --- tables --------------------------------------------------------------- */

static const grammar_t grammar_email = { "^[^@ ]+@[^@ ]+$",
                                         account_email_is_valid };

/* Behind every character of a login. */
#define BEHIND_LOGINS "~"

#define DISPLAY_NAME                                                           \
    {                                                                          \
        .name = "display_name", .type = FIELD_STRING, .flags = FIELD_NULLABLE, \
        .min = 1, .max = ACCOUNT_DISPLAY_NAME_MAX,                             \
        .help = "What people call its owner."                                  \
    }
#define EMAIL                                                                  \
    {                                                                          \
        .name = "email", .type = FIELD_STRING, .flags = FIELD_NULLABLE,        \
        .min = 3, .max = ACCOUNT_EMAIL_MAX, .grammar = &grammar_email,         \
        .help = "Address of its owner; no other account sees it, but "         \
                "administrators do."                                           \
    }
#define NEW_PASSWORD(field)                                                    \
    {                                                                          \
        .name = field, .type = FIELD_STRING,                                   \
        .flags = FIELD_REQUIRED | FIELD_SECRET,                                \
        .min = PASSWORD_CHARACTERS_MIN, .max = PASSWORD_CHARACTERS_MAX,        \
        .help = "The new password."                                            \
    }

const field_t api_account_create_body[] = {
    { .name = "login",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login,
      .help = "Its login, and the name of its namespace." },
    NEW_PASSWORD("password"),
    DISPLAY_NAME,
    EMAIL,
    { .name = "invitation",
      .type = FIELD_STRING,
      .min = 1,
      .max = SECRET_TEXT_LEN,
      .help = "The secret of an invitation, where one is needed." },
    { .name = "is_admin",
      .type = FIELD_BOOLEAN,
      .help = "Whether it is an administrator's; only those may say so." },
    { .name = NULL },
};

const field_t api_account_edit_body[] = { DISPLAY_NAME,
                                          EMAIL,
                                          { .name = NULL } };

const field_t api_account_password_body[] = {
    { .name = "current_password",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED | FIELD_SECRET,
      .min = 1,
      .max = PASSWORD_MAX,
      .help = "The password that it has." },
    NEW_PASSWORD("new_password"),
    { .name = NULL },
};

const field_t api_account_delete_query[] = {
    { .name = "repositories",
      .type = FIELD_STRING,
      .values = fates,
      .help = "What happens to its namespaces and what is in them: keep, for "
              "administrators to look after, or transfer to another account.  "
              "Needed where something is stored there." },
    { .name = "to",
      .type = FIELD_STRING,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login,
      .help = "The login that they are transferred to." },
    { .name = NULL },
};

const field_t api_account_admin_body[] = {
    { .name = "is_admin",
      .type = FIELD_BOOLEAN,
      .help = "Whether it is an administrator's." },
    { .name = "is_disabled",
      .type = FIELD_BOOLEAN,
      .help = "Whether no one can log in to it." },
    { .name = NULL },
};

const field_t api_account_list_query[] = {
    { .name = "prefix",
      .type = FIELD_STRING,
      .min = 1,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login_prefix,
      .help = "How the logins begin." },
    { .name = NULL },
};

static const field_t account_fields[] = {
    { .name = "login", .type = FIELD_STRING, .help = "Its login." },
    { .name = "display_name",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "What people call its owner." },
    { .name = "email",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Address of its owner." },
    { .name = "is_admin",
      .type = FIELD_BOOLEAN,
      .help = "Whether it is an administrator's." },
    { .name = "is_disabled",
      .type = FIELD_BOOLEAN,
      .help = "Whether no one can log in to it." },
    { .name = "created_at", .type = FIELD_TIME, .help = "When it was made." },
    { .name = "login_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When its owner last gave the password, to the pages, docker or "
              "the API; five minutes more or less." },
    { .name = "used_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When one of its access or refresh tokens was last used, five "
              "minutes more or less." },
    { .name = NULL },
};

const model_t api_account_model = { "Account", account_fields };

static const field_t profile_fields[] = {
    { .name = "login", .type = FIELD_STRING, .help = "Its login." },
    { .name = "display_name",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "What people call its owner." },
    { .name = NULL },
};

const model_t api_account_profile_model = { "Profile", profile_fields };


/* --- shared --------------------------------------------------------------- */

static int
find(api_t *api, const char *login, account_item_row_t *row_r)
{
    int rc = db_account_get(api->db, login, row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


static int
reply_account(api_t *api, int status, const char *login)
{
    account_item_row_t row;

    if (find(api, login, &row) != OK) {
        return ERROR;
    }

    return etag_reply(api, row.id, row.edition) == DECLINED
               ? OK
               : reply_json(api->rq, status, account_json(&row));
}


static int
record(api_t *api, audit_action_t action, const char *login, json_t *data)
{
    const audit_t audit = { .action = action, .target = login, .data = data };

    return audit_add(api->db, &api->actor, api->now, &audit) == OK
               ? OK
               : problem_database(api);
}


/* What account_change.h found in the way. */
static int
refuse(api_t *api, account_fault_t fault, const char *name)
{
    switch (fault) {
    case ACCOUNT_FAULT_LOGIN:
    case ACCOUNT_FAULT_NAMESPACE:
        return problem_fail(api, PROBLEM_EXISTS, "login", "the login is taken");
    case ACCOUNT_FAULT_LAST_ADMIN:
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "no other administrator would be left");
    case ACCOUNT_FAULT_LAST_OWNER:
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "the organization %s would have no owner", name);
    case ACCOUNT_FAULT_HEIR:
        return problem_fail(api, PROBLEM_CONFLICT, "to",
                            "to must name another account, which gets the "
                            "namespaces");
    case ACCOUNT_FAULT_FATE:
        return problem_fail(
            api, PROBLEM_CONFLICT, "repositories",
            "it has repositories: set repositories to transfer, "
            "with to, or to keep");
    default:
        return problem_fail(api, PROBLEM_CONFLICT, NULL, NULL);
    }
}


static int
end_change(api_t *api, int rc, account_fault_t fault, const char *name)
{
    if (rc == DECLINED) {
        return refuse(api, fault, name);
    }

    return rc == OK ? OK : problem_database(api);
}


/* A password that says the login is the first one that a stranger tries. */
static int
check_password(api_t *api, const char *field, const char *login)
{
    return strcmp(api_str(api, field), login) == 0 ? problem_fail(
               api, PROBLEM_FIELD, field, "the password must not be the login")
                                                   : OK;
}


/* --- the caller's own ----------------------------------------------------- */

int
api_account_get(api_t *api)
{
    return reply_account(api, 200, api->caller.account.login);
}


int
api_account_edit(api_t *api)
{
    account_lock_row_t locked;
    account_item_row_t row;

    if (api_has(api, "email") && caller_check_fresh(api) != OK) {
        return ERROR;
    }

    if (db_account_lock(api->db, api->caller.account.id, &locked) != OK) {
        return problem_database(api);
    }

    if (find(api, api->caller.account.login, &row) != OK
        || etag_check(api, row.id, row.edition) != OK) {
        return ERROR;
    }

    if (db_account_edit(
            api->db, row.id,
            api_has(api, "display_name") ? api_str(api, "display_name")
                                         : row.display_name,
            api_has(api, "email") ? api_str(api, "email") : row.email)
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_ACCOUNT_EDIT, row.login, NULL) == OK
               ? reply_account(api, 200, row.login)
               : ERROR;
}


int
api_account_hash(api_t *api)
{
    const char *login = api->caller.account.login;
    account_t account;
    const char *hash;
    int rc = check_password(api, "new_password", login);

    if (rc == OK) {
        rc = login_password(api->rq, api->db, reg_cstr(login),
                            api_text(api, "current_password"), &account);
    }

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_FIELD, "current_password",
                            "the password is not correct");
    }

    if (rc == OK) {
        rc = login_hash(api->rq, api_text(api, "new_password"), &hash);
        api->prepared = (void *)hash;
    }

    return rc;
}


/* Other sessions end; the one of the request continues, with another
 * cookie. */
int
api_account_password(api_t *api)
{
    const account_t *account = &api->caller.account;

    if (account_change_password(api->db, &api->revoke, account->id,
                                api->prepared)
        != OK) {
        return problem_database(api);
    }

    if (record(api, AUDIT_ACCOUNT_PASSWORD, account->login, NULL) != OK) {
        return ERROR;
    }

    if (api->caller.kind == CALLER_SESSION
        && api_session_renew(api, account->revision + 1) != OK) {
        return ERROR;
    }

    return reply_empty(api->rq, 204);
}


/* --- delete --------------------------------------------------------------- */

static int
delete_account(api_t *api, uint64_t id, const char *login)
{
    account_fault_t fault = ACCOUNT_FAULT_NONE;
    const char *name = NULL;
    uint64_t heir_id;
    int rc;

    rc = account_find_heir(api->db, id, api_str(api, "repositories"),
                           api_text(api, "to"), &heir_id, &fault);

    if (rc == OK) {
        rc = star_forget_account(api->db, id, login);
    }

    if (rc == OK) {
        rc = account_delete(api->db, &api->revoke, id, heir_id, api->now,
                            &fault, &name);
    }

    if (end_change(api, rc, fault, name) != OK) {
        return ERROR;
    }

    if (id == api->caller.account.id && api->caller.kind == CALLER_SESSION) {
        cookie_set(api, "", 0);
    }

    return record(api, AUDIT_ACCOUNT_DELETE, login,
                  json_pack("{s:s?, s:s?}", "repositories",
                            api_str(api, "repositories"), "to",
                            api_str(api, "to")))
                   == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}


int
api_account_delete(api_t *api)
{
    const account_t *account = &api->caller.account;

    return delete_account(api, account->id, account->login);
}


/* --- sign-up -------------------------------------------------------------- */

/* Who may sign up: every client if it is open, invited ones,
 * administrators. */
static int
check_sign_up(api_t *api)
{
    const char *policy = app.settings.sign_up;

    if (api_is_admin(api)) {
        return OK;
    }

    if (api_boolean(api, "is_admin", false)) {
        return problem_fail(api, PROBLEM_FORBIDDEN, "is_admin", NULL);
    }

    if (strcmp(policy, "closed") == 0) {
        return problem_fail(api, PROBLEM_CLOSED, NULL,
                            "administrators make accounts here");
    }

    if (strcmp(policy, "invitation") == 0 && !api_has(api, "invitation")) {
        return problem_fail(api, PROBLEM_CLOSED, "invitation",
                            "an invitation is needed");
    }

    return quota_take_sign_up(api);
}


/* What looks like the host of a registry: clients would take it for one. */
static int
check_login(api_t *api)
{
    return namespace_is_reserved(api_str(api, "login"))
               ? problem_fail(api, PROBLEM_FIELD, "login",
                              "the login looks like a host's name")
               : OK;
}


int
api_account_sign_up(api_t *api)
{
    const char *hash;
    int rc;

    if (check_sign_up(api) != OK || check_login(api) != OK
        || check_password(api, "password", api_str(api, "login")) != OK) {
        return ERROR;
    }

    rc = login_hash(api->rq, api_text(api, "password"), &hash);
    api->prepared = (void *)hash;

    return rc;
}


/* The invitation that was shown, used up by the new account. */
static int
use_invitation(api_t *api, uint64_t account_id)
{
    int rc;

    if (api_is_admin(api) || strcmp(app.settings.sign_up, "invitation") != 0) {
        return OK;
    }

    rc =
        sign_up_use(api->db, api_text(api, "invitation"), account_id, api->now);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_CLOSED, "invitation",
                            "the invitation is not good, or not any more");
    }

    return rc == OK ? OK : problem_database(api);
}


int
api_account_create(api_t *api)
{
    const char *login = api_str(api, "login");
    account_new_t new = { .login = login,
                          .password_hash = api->prepared,
                          .display_name = api_str(api, "display_name"),
                          .email = api_str(api, "email"),
                          .is_admin = api_boolean(api, "is_admin", false),
                          .now = api->now };
    account_fault_t fault = ACCOUNT_FAULT_NONE;
    uint64_t id;
    int rc = account_make(api->db, &api->revoke, &new, &id, &fault);

    if (end_change(api, rc, fault, NULL) != OK
        || use_invitation(api, id) != OK) {
        return ERROR;
    }

    api_location(api, "/accounts/%s", login);

    return record(api, AUDIT_ACCOUNT_CREATE, login,
                  json_pack("{s:b}", "is_admin", new.is_admin))
                   == OK
               ? reply_account(api, 201, login)
               : ERROR;
}


/* --- others' -------------------------------------------------------------- */

int
api_account_profile(api_t *api)
{
    account_item_row_t row;

    if (find(api, api_param(api, "login"), &row) != OK) {
        return ERROR;
    }

    return reply_json(api->rq, 200,
                      json_pack("{s:s, s:o}", "login", row.login,
                                "display_name",
                                api_string_or_null(row.display_name)));
}


int
api_account_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *prefix = api_str(api, "prefix");
    const char *after = cursor_text(api, "");
    account_item_row_t *rows;
    int rc;

    if (after == NULL) {
        return ERROR;
    }

    rc = prefix == NULL ? db_account_page(api->db, after, limit + 1, &rows, &n)
                        : db_account_page_prefix(
                            api->db, after, prefix,
                            pool_printf(api->pool, "%s" BEHIND_LOGINS, prefix),
                            limit + 1, &rows, &n);

    if (rc != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, account_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].login : NULL);
}


int
api_account_get_any(api_t *api)
{
    return reply_account(api, 200, api_param(api, "login"));
}


static int
change_disabled(api_t *api, const account_item_row_t *row)
{
    bool is_disabled = api_boolean(api, "is_disabled", row->is_disabled);
    account_fault_t fault = ACCOUNT_FAULT_NONE;
    int rc;

    if (is_disabled == row->is_disabled) {
        return OK;
    }

    rc = account_change_disabled(api->db, &api->revoke, row->id, is_disabled,
                                 &fault);

    return end_change(api, rc, fault, NULL) == OK ? record(
               api, is_disabled ? AUDIT_ACCOUNT_DISABLE : AUDIT_ACCOUNT_ENABLE,
               row->login, NULL)
                                                  : ERROR;
}


static int
change_admin(api_t *api, const account_item_row_t *row)
{
    bool is_admin = api_boolean(api, "is_admin", row->is_admin);
    account_fault_t fault = ACCOUNT_FAULT_NONE;
    int rc;

    if (is_admin == row->is_admin) {
        return OK;
    }

    rc = account_change_admin(api->db, &api->revoke, row->id, is_admin, &fault);

    return end_change(api, rc, fault, NULL) == OK
               ? record(api, AUDIT_ACCOUNT_ADMIN, row->login,
                        json_pack("{s:b}", "is_admin", is_admin))
               : ERROR;
}


int
api_account_change(api_t *api)
{
    account_item_row_t row;
    account_lock_row_t locked;

    if (find(api, api_param(api, "login"), &row) != OK) {
        return ERROR;
    }

    if (db_account_lock(api->db, row.id, &locked) != OK) {
        return problem_database(api);
    }

    return change_disabled(api, &row) == OK && change_admin(api, &row) == OK
               ? reply_account(api, 200, row.login)
               : ERROR;
}


int
api_account_delete_any(api_t *api)
{
    account_item_row_t row;

    return find(api, api_param(api, "login"), &row) == OK
               ? delete_account(api, row.id, row.login)
               : ERROR;
}
