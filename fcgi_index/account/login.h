/* login.h: logins with a password, in a flood of wrong ones too.
 *
 * A check costs 25 ms of a processor on purpose.  So at most half of the
 * processes check passwords at a time; one that was right is remembered for a
 * minute; and wrong ones are limited (login_limit.h).  Tokens of other kinds,
 * and anonymous ones, never wait for any of this. */

#ifndef LOGIN_H
#define LOGIN_H

#include "account/account.h"
#include "fcgi_core/req.h"

/* Seconds for which an address from which an account logged in is known. */
#define LOGIN_ADDRESS_KEPT (30 * 86400)

/* Before the fork, after password_open(); for so many processes.  ERROR is
 * logged. */
int login_open(pool_t *pool, long processes);

/* OK and the account; DECLINED for a wrong login or password and for an
 * account that is disabled, all after the same time.  ERROR where the request
 * was deferred or has failed: the database is away (503), too many passwords
 * are being checked (503), or too many were wrong (429). */
int login_password(req_t *rq, db_t *db, str_t login, str_t password,
                   account_t *account_r);

/* The hash of a new password, in the request's pool, in one of the places in
 * which passwords are checked.  OK; ERROR where the request was deferred or has
 * failed (503). */
int login_hash(req_t *rq, str_t password, const char **hash_r);

#endif
