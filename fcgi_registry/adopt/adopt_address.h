/* adopt_address.h: where a registry:2 listens, as Go's net.Listen reads it. */

#ifndef ADOPT_ADDRESS_H
#define ADOPT_ADDRESS_H

#include "fcgi_core/pool.h"

typedef struct {
    const char *host; /* for nginx, IPv6 in brackets; "": all, IPv4 and IPv6 */
    unsigned port;    /* 0: the system chooses one */
} address_t;

/* Reads "host:port": a port has a number, also with leading zeros, or the name
 * of a service, or neither.  ERROR with *error_r (in the pool, or static) where
 * registry:2 would not start, or nginx cannot listen there. */
int address_parse(pool_t *pool, const char *text, address_t *address_r,
                  const char **error_r);

#endif
