/* account.h: people and robots. */

#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "db.h"

/* An account that was found good; login is in a pool. */
typedef struct {
    uint64_t id;
    const char *login;
    uint64_t revision; /* what was found out holds while this is the same */
    bool is_admin;
} account_t;

/* OK and the account; DECLINED for a wrong login or password and for an
 * account that is disabled, all after the same time; ERROR where the database
 * failed.  A hash of yesterday's costs is made anew. */
int account_authenticate(db_t *db, str_t login, str_t password,
                         account_t *account_r);

/* OK and the account; DECLINED for a login that nobody has and for an account
 * that is disabled; ERROR where the database failed. */
int account_find(db_t *db, str_t login, account_t *account_r);

/* OK where nobody has changed the account since it was found; it stays so
 * until the transaction ends.  DECLINED where somebody has. */
int account_hold(db_t *db, const account_t *account);

#endif
