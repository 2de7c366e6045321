/* login_limit.h: how often a wrong password may be tried.
 *
 * Three limits: for one account from one address, from one address, and for
 * one account.  Only addresses from which no one logged in to the account of
 * late meet the last two, so strangers cannot lock an owner out.  The counts
 * are in memory that all processes share, of fixed size. */

#ifndef LOGIN_LIMIT_H
#define LOGIN_LIMIT_H

#include "fcgi_core/pool.h"

/* Before the fork, after password_open().  ERROR is logged. */
int login_limit_open(void);

/* The network that counts as one client's, in the pool: an IPv4 address, or
 * the /64 of an IPv6 one.  NULL for an address that says nothing about the
 * client: loopback, behind which a proxy may be that does not pass it on, or
 * none at all. */
const char *login_limit_network(pool_t *pool, const char *address);

/* Whether a limit that holds for known addresses too is reached; or any.  The
 * seconds until the next try, 0 for none. */
unsigned login_limit_wait(str_t login, const char *network, bool is_known);

/* Counts a wrong password. */
void login_limit_count(str_t login, const char *network);

#endif
