/* password_read.h: a password for a subcommand, never from its arguments. */

#ifndef PASSWORD_READ_H
#define PASSWORD_READ_H

#include "fcgi_core/pool.h"

/* The first line of standard input where is_stdin; else SLIPWAY_PASSWORD;
 * else twice from the terminal; else, where standard input is none, its first
 * line.  ERROR has been printed. */
int password_read(pool_t *pool, bool is_stdin, str_t *password_r);

#endif
