/* account.c: people and robots. */

#include "account/account.h"
#include "db/db_account.h"
#include "account/password.h"
#include "common/name.h"
#include "fcgi_core/log.h"


/* A login that cannot be is looked up as well, as one that no one has: it
 * takes as long. */
static int
find(db_t *db, str_t login, account_by_login_row_t *row_r)
{
    const char *name =
        reg_login_is_valid(login) ? pool_strndup(db_pool(db), login) : "";

    return db_account_by_login(db, name, row_r);
}


static account_t
account_of(db_t *db, str_t login, const account_by_login_row_t *row)
{
    return (account_t){ .id = row->id,
                        .login = pool_strndup(db_pool(db), login),
                        .revision = row->revision,
                        .is_admin = row->is_admin };
}


int
account_password(db_t *db, str_t login, account_password_t *password_r)
{
    account_by_login_row_t row;
    int rc = find(db, login, &row);

    *password_r = (account_password_t){ .password_hash = NULL };

    if (rc == OK) {
        password_r->account = account_of(db, login, &row);
        password_r->password_hash = row.password_hash;
        password_r->is_disabled = row.is_disabled;
    }

    return rc == ERROR ? ERROR : OK;
}


void
account_rehash(db_t *db, const account_password_t *stored, str_t password)
{
    const account_t *account = &stored->account;
    const char *hash;

    if (password_is_outdated(stored->password_hash)
        && password_hash(db_pool(db), password, &hash) == OK
        && db_account_rehash(db, account->id, account->revision, hash) != OK) {
        log_warn("a password's hash could not be renewed");
    }
}


int
account_find(db_t *db, str_t login, account_t *account_r)
{
    account_by_login_row_t row;
    int rc = find(db, login, &row);

    if (rc != OK || row.is_disabled) {
        return rc == ERROR ? ERROR : DECLINED;
    }

    *account_r = account_of(db, login, &row);

    return OK;
}


int
account_hold(db_t *db, const account_t *account)
{
    account_hold_row_t row;

    return db_account_hold(db, account->id, account->revision, &row);
}
