/* login_memory.h: passwords that were right, for a minute.
 *
 * In memory that all processes share, as a password_print_t of the account,
 * its stored hash and the password: a new password is another one.  Of fixed
 * size; where two are in each other's way the older one is forgotten. */

#ifndef LOGIN_MEMORY_H
#define LOGIN_MEMORY_H

#include "password.h"

/* Before the fork.  ERROR is logged. */
int login_memory_open(void);

bool login_memory_has(const password_print_t *print);
void login_memory_add(const password_print_t *print);

#endif
