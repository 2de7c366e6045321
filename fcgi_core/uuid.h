/* uuid.h: random identifiers. */

#ifndef UUID_H
#define UUID_H

#include "fcgi_core/core.h"

#define UUID_LEN 36

/* Writes a random UUID (RFC 4122, version 4) and a NUL.  ERROR with errno set
 * where the kernel has no random bytes. */
int uuid_make(char *text);

#endif
