/* v1_user.c: accounts, as "docker login" of the original protocol asks. */

#include "v1/v1_user.h"
#include "access/namespace.h"
#include "account/account_change.h"
#include "account/login.h"
#include "account/login_limit.h"
#include "account/password.h"
#include "account/sign_up_limit.h"
#include "common/name.h"
#include "token/sign_up.h"
#include "v1/v1_caller.h"

/* docker goes on to log in where it reads exactly this. */
#define EXISTS "Username or email already exists"

/* What a client sends; the rest of its object is skipped.  Empty: not said. */
typedef struct {
    str_t login;
    str_t password;
    str_t email;
    str_t invitation;
    const char *password_hash;
} user_t;


int
v1_user_get(v1_t *v1)
{
    return v1_reply_string(v1, 200, "OK");
}


/* Takes the reference of data. */
static int
record(v1_t *v1, audit_action_t action, const char *login, json_t *data)
{
    const audit_t audit = { .action = action, .target = login, .data = data };

    return audit_add(v1->db, &v1->actor, v1->now, &audit);
}


/* --- fields --------------------------------------------------------------- */

static int
read_user(v1_t *v1, user_t *user_r)
{
    const struct {
        const char *key;
        str_t *value_r;
    } members[] = { { "username", &user_r->login },
                    { "password", &user_r->password },
                    { "email", &user_r->email },
                    { "invitation", &user_r->invitation } };
    json_t *object;

    *user_r = (user_t){ .password_hash = NULL };

    if (v1_body(v1, &object) != OK) {
        return ERROR;
    }

    if (!json_is_object(object)) {
        return v1_fail(v1, 400, "Invalid data: not an object");
    }

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        str_t value;
        int rc = json_member_string(object, members[i].key, &value);

        if (rc == ERROR) {
            return v1_fail(v1, 400, "Invalid data: %s is not a string",
                           members[i].key);
        }

        *members[i].value_r = rc == OK ? value : (str_t){ 0, NULL };
    }

    return OK;
}


static size_t
characters(str_t text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xc0) != 0x80;
    }

    return n;
}


/* A password that says the login is the first one that a stranger tries. */
static int
check_password(v1_t *v1, str_t password, str_t login)
{
    size_t n = characters(password);

    if (n < PASSWORD_CHARACTERS_MIN || n > PASSWORD_CHARACTERS_MAX) {
        return v1_fail(v1, 400, "Password must have %d to %d characters",
                       PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX);
    }

    return reg_str_eq(password, login)
               ? v1_fail(v1, 400, "Password must not be the username")
               : OK;
}


static int
check_email(v1_t *v1, str_t email)
{
    return email.len == 0
                   || (characters(email) <= ACCOUNT_EMAIL_MAX
                       && account_email_is_valid(email))
               ? OK
               : v1_fail(v1, 400, "Invalid email");
}


/* --- sign-up -------------------------------------------------------------- */

static int
reply_exists(v1_t *v1)
{
    return v1_reply_string(v1, 400, EXISTS);
}


/* docker then asks GET /v1/users/ with the same login. */
static int
check_policy(v1_t *v1, const user_t *user)
{
    bool is_closed =
        v1->sign_up == V1_SIGN_UP_CLOSED
        || (v1->sign_up == V1_SIGN_UP_INVITATION && user->invitation.len == 0);

    return is_closed ? v1_fail_unauthorized(
               v1, v1->sign_up == V1_SIGN_UP_CLOSED
                       ? "Administrators make accounts here"
                       : "An invitation is needed")
                     : OK;
}


/* Whose password is wrong is counted, so that names cannot be tried out without
 * end.  OK where there is such an account, DECLINED where there is none. */
static int
check_known(v1_t *v1, const user_t *user)
{
    account_by_login_row_t row;
    account_t account;
    int rc =
        db_account_by_login(v1->db, pool_strndup(v1->pool, user->login), &row);

    if (rc != OK) {
        return rc == DECLINED ? DECLINED : v1_fail_database(v1);
    }

    return login_password(v1->rq, v1->db, user->login, user->password, &account)
                   == ERROR
               ? ERROR
               : OK;
}


/* What looks like the host of a registry clients would take for one. */
static int
check_new(v1_t *v1, const user_t *user)
{
    unsigned wait = sign_up_limit_take(
        v1->rq, login_limit_network(v1->pool, v1->rq->remote_addr));

    if (wait != 0) {
        v1->rq->retry_after = wait;
        return v1_fail(v1, 429, "Too many accounts: try again later");
    }

    if (!reg_login_is_valid(user->login)
        || namespace_is_reserved(pool_strndup(v1->pool, user->login))) {
        return v1_fail(v1, 400, "Invalid username");
    }

    return check_password(v1, user->password, user->login) == OK
               ? check_email(v1, user->email)
               : ERROR;
}


static int
use_invitation(v1_t *v1, const user_t *user, uint64_t account_id)
{
    int rc;

    if (v1->sign_up != V1_SIGN_UP_INVITATION) {
        return OK;
    }

    rc = sign_up_use(v1->db, user->invitation, account_id, v1->now);

    return rc == DECLINED ? v1_fail_unauthorized(
               v1, "The invitation is not good, or not any more")
                          : rc;
}


/* DECLINED where a name is taken. */
static int
sign_up_in_transaction(void *data)
{
    v1_t *v1 = data;
    const user_t *user = v1->prepared;
    const account_new_t new = {
        .login = pool_strndup(v1->pool, user->login),
        .password_hash = user->password_hash,
        .email =
            user->email.len != 0 ? pool_strndup(v1->pool, user->email) : NULL,
        .now = v1->now,
    };
    account_fault_t fault = ACCOUNT_FAULT_NONE;
    uint64_t id;
    int rc;

    v1->revoke = (revoke_t){ 0 };
    rc = account_make(v1->db, &v1->revoke, &new, &id, &fault);

    if (rc == OK) {
        rc = use_invitation(v1, user, id);
    }

    return rc == OK ? record(v1, AUDIT_ACCOUNT_CREATE, new.login,
                             json_pack("{s:b}", "is_admin", 0))
                    : rc;
}


static int
sign_up(v1_t *v1, user_t *user)
{
    int rc;

    if (check_new(v1, user) != OK
        || login_hash(v1->rq, user->password, &user->password_hash) != OK) {
        return ERROR;
    }

    v1->prepared = user;
    rc = db_transaction(v1->db, sign_up_in_transaction, v1);

    if (rc != OK) {
        return rc == DECLINED ? reply_exists(v1) : v1_fail_database(v1);
    }

    v1_publish(v1);

    return v1_reply_string(v1, 201, "User Created");
}


int
v1_user_post(v1_t *v1)
{
    user_t user;
    int rc;

    if (read_user(v1, &user) != OK || check_policy(v1, &user) != OK) {
        return ERROR;
    }

    rc = check_known(v1, &user);

    if (rc != DECLINED) {
        return rc == OK ? reply_exists(v1) : ERROR;
    }

    return sign_up(v1, &user);
}


/* --- change --------------------------------------------------------------- */

static int
change_email(v1_t *v1, const user_t *user)
{
    account_item_row_t row;

    if (db_account_get(v1->db, v1->caller.account.login, &row) != OK) {
        return ERROR;
    }

    return db_account_edit(v1->db, row.id, row.display_name,
                           pool_strndup(v1->pool, user->email))
                   == OK
               ? record(v1, AUDIT_ACCOUNT_EDIT, row.login, NULL)
               : ERROR;
}


static int
change_in_transaction(void *data)
{
    v1_t *v1 = data;
    const user_t *user = v1->prepared;
    account_lock_row_t locked;

    v1->revoke = (revoke_t){ 0 };

    if (db_account_lock(v1->db, v1->caller.account.id, &locked) != OK
        || v1_caller_hold(v1) != OK) {
        return ERROR;
    }

    if (user->email.len != 0 && change_email(v1, user) != OK) {
        return ERROR;
    }

    if (user->password_hash == NULL) {
        return OK;
    }

    return account_change_password(v1->db, &v1->revoke, v1->caller.account.id,
                                   user->password_hash)
                   == OK
               ? record(v1, AUDIT_ACCOUNT_PASSWORD, v1->caller.account.login,
                        NULL)
               : ERROR;
}


/* The account itself is for people: an access token cannot change it.  Of other
 * accounts the answer is the same, whether they are there or not. */
static int
check_own(v1_t *v1)
{
    return v1->caller.kind == V1_CALLER_PASSWORD
                   && reg_str_eq(v1->route.reference,
                                 reg_cstr(v1->caller.account.login))
               ? OK
               : v1_fail(v1, 403, "Permission denied");
}


int
v1_user_put(v1_t *v1)
{
    user_t user;

    if (check_own(v1) != OK || read_user(v1, &user) != OK
        || check_email(v1, user.email) != OK) {
        return ERROR;
    }

    if (user.email.len == 0 && user.password.len == 0) {
        return v1_fail(v1, 400, "Invalid data: no email and no password");
    }

    if (user.password.len != 0
        && (check_password(v1, user.password, v1->route.reference) != OK
            || login_hash(v1->rq, user.password, &user.password_hash) != OK)) {
        return ERROR;
    }

    v1->prepared = &user;

    if (db_transaction(v1->db, change_in_transaction, v1) != OK) {
        return v1_fail_database(v1);
    }

    v1_publish(v1);

    return reply_empty(v1->rq, 204);
}
