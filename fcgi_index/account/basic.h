/* basic.h: HTTP's Basic authentication (RFC 7617).  Pure but for the pool. */

#ifndef BASIC_H
#define BASIC_H

#include "fcgi_core/pool.h"

/* Divides "Basic <base64 of login:password>".  OK; DECLINED where the pair is
 * empty, which is no one; ERROR for another scheme and for what is no such
 * text. */
int basic_parse(pool_t *pool, str_t header, str_t *login_r, str_t *password_r);

#endif
