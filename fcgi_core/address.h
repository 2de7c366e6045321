/* address.h: addresses that a user of the API has named, to which programs
 * connect. */

#ifndef ADDRESS_H
#define ADDRESS_H

#include "fcgi_core/core.h"

#include <sys/socket.h>

#define ADDRESS_NETWORKS_MAX 64

/* A network of either family; an IPv4 one as ::ffff:a.b.c.d. */
typedef struct {
    unsigned char bytes[16];
    unsigned bits;
} address_network_t;

typedef struct {
    address_network_t rows[ADDRESS_NETWORKS_MAX];
    size_t n;
} address_networks_t;

/* Reads "10.0.0.0/8,fd00::/8,192.0.2.1"; NULL and "" are none.  ERROR, logged,
 * for anything else. */
int address_networks_parse(const char *text, address_networks_t *networks_r);

/* Whether the address is of the public Internet or in one of allowed: not of
 * this host, a private, a local or a special network, nor an IPv6 address that
 * carries such an IPv4 one. */
bool address_is_allowed(const struct sockaddr *address,
                        const address_networks_t *allowed);

#endif
