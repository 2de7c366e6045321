/* account.h: people and robots. */

#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "db/db.h"

/* An account that was found good; login is in a pool. */
typedef struct {
    uint64_t id;
    const char *login;
    uint64_t revision; /* what was found out holds while this is the same */
    bool is_admin;
} account_t;

/* What a password is checked against. */
typedef struct {
    account_t account;
    const char *password_hash; /* NULL: there is no such account */
    bool is_disabled;
} account_password_t;

/* OK, also where there is no such account, after the same time; ERROR where
 * the database failed. */
int account_password(db_t *db, str_t login, account_password_t *password_r);

/* Stores a new hash of the same password where the stored one has outdated
 * costs.  Failures are logged. */
void account_rehash(db_t *db, const account_password_t *stored, str_t password);

/* OK and the account; DECLINED for a login that no one has and for an account
 * that is disabled; ERROR where the database failed. */
int account_find(db_t *db, str_t login, account_t *account_r);

/* OK where no one has changed the account since it was found; it stays so
 * until the transaction ends.  DECLINED where another request has. */
int account_hold(db_t *db, const account_t *account);

#endif
