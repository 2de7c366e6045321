/* login_memory.h: passwords that were right, for a minute, and that were wrong,
 * for an hour.
 *
 * In memory that all processes share, as a password_fingerprint_t of the
 * account, its stored hash, the password and the client's address: after a
 * change of the password all of it is forgotten.  Of fixed size; where two are
 * in each other's way the older one is forgotten. */

#ifndef LOGIN_MEMORY_H
#define LOGIN_MEMORY_H

#include "account/password.h"

/* Before the fork.  ERROR is logged. */
int login_memory_open(void);

typedef enum { LOGIN_RIGHT, LOGIN_WRONG, LOGIN_N } login_memory_t;

bool login_memory_has(login_memory_t kind, const password_fingerprint_t *print);
void login_memory_add(login_memory_t kind, const password_fingerprint_t *print);

#endif
