/* account_change.c: accounts are made, changed and deleted. */

#include "account/account_change.h"
#include "account/account.h"
#include "db/db_access_token.h"
#include "db/db_login_session.h"
#include "db/db_namespace.h"

#define BATCH 100 /* namespaces that are looked up at once */


static int
fault(account_fault_t *fault_r, account_fault_t is)
{
    *fault_r = is;

    return DECLINED;
}


/* --- make ----------------------------------------------------------------- */

/* The namespace of the account's name, which may be there without an owner;
 * what others were granted in it ends.  Admins of the site have rights in such
 * a one, also before it is there: tokens of theirs that are being made are
 * waited for. */
static int
take_namespace(db_t *db, revoke_t *revoke, const account_new_t *new,
               uint64_t id, account_fault_t *fault_r)
{
    account_hold_admins_row_t admins;
    namespace_by_name_row_t row;
    int rc;

    if (db_account_hold_admins(db, &admins) == ERROR) {
        return ERROR;
    }

    rc = db_namespace_by_name(db, new->login, &row);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == OK && (row.account_id != NULL || !new->may_take)) {
        return fault(fault_r, ACCOUNT_FAULT_NAMESPACE);
    }

    if (db_namespace_take(db, new->login, id, new->now) == ERROR
        || db_namespace_by_name(db, new->login, &row) != OK) {
        return ERROR;
    }

    /* one that was made meanwhile */
    if (row.account_id == NULL || *row.account_id != id) {
        return fault(fault_r, ACCOUNT_FAULT_NAMESPACE);
    }

    return revoke_namespace(db, revoke, new->login);
}


int
account_make(db_t *db, revoke_t *revoke, const account_new_t *new,
             uint64_t *id_r, account_fault_t *fault_r)
{
    account_id_row_t row;
    int rc = db_account_add(db, new->login, new->password_hash, new->is_admin,
                            new->display_name, new->email, new->now);

    if (rc != OK) {
        return rc == DECLINED ? fault(fault_r, ACCOUNT_FAULT_LOGIN) : ERROR;
    }

    if (db_account_id(db, new->login, &row) != OK) {
        return ERROR;
    }

    *id_r = row.id;

    return take_namespace(db, revoke, new, row.id, fault_r);
}


/* --- change --------------------------------------------------------------- */

int
account_change_password(db_t *db, revoke_t *revoke, uint64_t id,
                        const char *password_hash)
{
    return db_account_set_password(db, id, password_hash) == OK
               ? revoke_account(db, revoke, id)
               : ERROR;
}


/* Holds all administrators: two that end each other wait. */
static int
check_admins(db_t *db, uint64_t id, account_fault_t *fault_r)
{
    account_hold_admins_row_t admins;
    account_last_admin_row_t row;
    int rc;

    if (fault_r == NULL) {
        return OK;
    }

    if (db_account_hold_admins(db, &admins) == ERROR) {
        return ERROR;
    }

    rc = db_account_last_admin(db, id, &row);

    if (rc == DECLINED) {
        return OK;
    }

    return rc == OK ? fault(fault_r, ACCOUNT_FAULT_LAST_ADMIN) : ERROR;
}


int
account_change_disabled(db_t *db, revoke_t *revoke, uint64_t id,
                        bool is_disabled, account_fault_t *fault_r)
{
    int rc = is_disabled ? check_admins(db, id, fault_r) : OK;

    if (rc != OK) {
        return rc;
    }

    return db_account_set_disabled(db, id, is_disabled) == OK
               ? revoke_account(db, revoke, id)
               : ERROR;
}


int
account_change_admin(db_t *db, revoke_t *revoke, uint64_t id, bool is_admin,
                     account_fault_t *fault_r)
{
    int rc = is_admin ? OK : check_admins(db, id, fault_r);

    if (rc != OK) {
        return rc;
    }

    return db_account_set_admin(db, id, is_admin) == OK
               ? revoke_account(db, revoke, id)
               : ERROR;
}


/* --- delete --------------------------------------------------------------- */

static int
check_owner(db_t *db, uint64_t id, account_fault_t *fault_r,
            const char **name_r)
{
    account_last_owner_row_t row;
    int rc = db_account_last_owner(db, id, &row);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    *name_r = row.name;

    return fault(fault_r, ACCOUNT_FAULT_LAST_OWNER);
}


/* What others may do in them hangs on who owns them. */
static int
give_namespaces(db_t *db, revoke_t *revoke, uint64_t id, uint64_t heir_id)
{
    namespace_owned_row_t *rows;
    size_t n;

    do {
        if (db_namespace_owned(db, id, BATCH, &rows, &n) != OK) {
            return ERROR;
        }

        for (size_t i = 0; i < n; i++) {
            if (db_namespace_give(db, rows[i].id,
                                  heir_id != 0 ? &heir_id : NULL)
                    != OK
                || revoke_namespace(db, revoke, rows[i].name) != OK) {
                return ERROR;
            }
        }
    } while (n == BATCH);

    return OK;
}


static int
forget(db_t *db, revoke_t *revoke, uint64_t id, int64_t now)
{
    return db_account_forget(db, id, now) == OK
                   && db_account_forget_members(db, id) == OK
                   && db_account_forget_teams(db, id) == OK
                   && db_account_forget_access(db, id) == OK
                   && db_account_forget_invitations(db, id) == OK
                   && db_account_forget_addresses(db, id) == OK
                   && db_login_session_end_all(db, id) == OK
                   && db_access_token_revoke_all(db, id, now) == OK
               ? revoke_account(db, revoke, id)
               : ERROR;
}


/* Which accounts exist must not be revealed. */
int
account_find_heir(db_t *db, uint64_t id, const char *fate, str_t to,
                  uint64_t *heir_id_r, account_fault_t *fault_r)
{
    namespace_stored_row_t row;
    account_t heir;
    int rc;

    *heir_id_r = 0;

    if (fate == NULL) {
        rc = db_namespace_stored(db, id, &row);

        return rc == OK ? fault(fault_r, ACCOUNT_FAULT_FATE)
                        : (rc == DECLINED ? OK : ERROR);
    }

    if (strcmp(fate, "keep") == 0) {
        return OK;
    }

    rc = account_find(db, to, &heir);

    if (rc == DECLINED || (rc == OK && heir.id == id)) {
        return fault(fault_r, ACCOUNT_FAULT_HEIR);
    }

    *heir_id_r = rc == OK ? heir.id : 0;

    return rc;
}


int
account_delete(db_t *db, revoke_t *revoke, uint64_t id, uint64_t heir_id,
               int64_t now, account_fault_t *fault_r, const char **name_r)
{
    int rc = check_admins(db, id, fault_r);

    if (rc == OK) {
        rc = check_owner(db, id, fault_r, name_r);
    }

    if (rc == OK) {
        rc = give_namespaces(db, revoke, id, heir_id);
    }

    return rc == OK ? forget(db, revoke, id, now) : rc;
}


/* --- as JSON -------------------------------------------------------------- */

bool
account_email_is_valid(str_t text)
{
    const unsigned char *at = memchr(text.data, '@', text.len);
    size_t before = at != NULL ? (size_t)(at - text.data) : 0;

    return before != 0 && before + 1 < text.len
           && memchr(at + 1, '@', text.len - before - 1) == NULL
           && memchr(text.data, ' ', text.len) == NULL;
}


json_t *
account_json(const account_item_row_t *row)
{
    return json_pack(
        "{s:s, s:o, s:o, s:b, s:b, s:o, s:o, s:o}", "login", row->login,
        "display_name", json_text_or_null(row->display_name), "email",
        json_text_or_null(row->email), "is_admin", row->is_admin, "is_disabled",
        row->is_disabled, "created_at", json_time(row->created_at), "login_at",
        json_time_or_null(row->login_at), "used_at",
        json_time_or_null(row->used_at));
}
