/* address.c: addresses that a user of the API has named, to which programs
 * connect. */

#include "fcgi_core/address.h"
#include "fcgi_core/log.h"

#include "common/range.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#define BYTES 16
#define V4_BITS 96 /* in front of an IPv4 address in an IPv6 one */
#define TEXT_MAX 64

static const unsigned char v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* Not of the public Internet (RFC 6890 and the registries behind it). */
static const char special[] =
    "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,"
    "172.16.0.0/12,192.0.0.0/24,192.0.2.0/24,192.88.99.0/24,192.168.0.0/16,"
    "198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,224.0.0.0/4,240.0.0.0/4,"
    "::/128,::1/128,100::/64,2001:2::/48,2001:10::/28,2001:20::/28,"
    "2001:db8::/32,3fff::/20,5f00::/16,fc00::/7,fe80::/10,fec0::/10,ff00::/8";

/* Where an IPv6 address carries an IPv4 one, and from which byte on; Teredo
 * (2001::/32) has it inverted. */
static const struct {
    const char *network;
    unsigned at;
    unsigned char inverted;
} carriers[] = {
    { "::/96", 12, 0 },        { "::ffff:0:0:0/96", 12, 0 },
    { "64:ff9b::/96", 12, 0 }, { "64:ff9b:1::/48", 12, 0 },
    { "2002::/16", 2, 0 },     { "2001::/32", 12, 0xff },
};


static void
from_v4(const unsigned char *v4, unsigned char *bytes)
{
    memcpy(bytes, v4_prefix, sizeof(v4_prefix));
    memcpy(bytes + sizeof(v4_prefix), v4, BYTES - sizeof(v4_prefix));
}


static int
network_parse(str_t word, address_network_t *network_r)
{
    char text[TEXT_MAX];
    unsigned char v4[4];
    char *slash;
    unsigned shift = 0;
    uint64_t bits = BYTES * 8;

    if (word.len >= sizeof(text)) {
        return ERROR;
    }

    snprintf(text, sizeof(text), "%.*s", STR(word));
    slash = strchr(text, '/');

    if (slash != NULL) {
        *slash++ = '\0';

        if (reg_number_parse(reg_cstr(slash), &bits) != OK) {
            return ERROR;
        }
    }

    if (inet_pton(AF_INET, text, v4) == 1) {
        from_v4(v4, network_r->bytes);
        shift = slash != NULL ? V4_BITS : 0;

    } else if (inet_pton(AF_INET6, text, network_r->bytes) != 1) {
        return ERROR;
    }

    if (bits > BYTES * 8 - shift) {
        return ERROR;
    }

    network_r->bits = (unsigned)bits + shift;

    return OK;
}


int
address_networks_parse(const char *text, address_networks_t *networks_r)
{
    networks_r->n = 0;

    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ",");
        str_t word = { len, (unsigned char *)text };

        if (networks_r->n == ADDRESS_NETWORKS_MAX
            || network_parse(word, &networks_r->rows[networks_r->n]) != OK) {
            log_error("%.*s is no network, or one too many", STR(word));
            return ERROR;
        }

        networks_r->n++;
        text += len + (text[len] == ',');
    }

    return OK;
}


static bool
is_in(const unsigned char *bytes, const address_network_t *network)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(bytes, network->bytes, whole) != 0) {
        return false;
    }

    return rest == 0
           || ((bytes[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0;
}


static bool
is_in_any(const unsigned char *bytes, const address_networks_t *networks)
{
    for (size_t i = 0; i < networks->n; i++) {
        if (is_in(bytes, &networks->rows[i])) {
            return true;
        }
    }

    return false;
}


/* The IPv4 address that an IPv6 one carries, if it does. */
static bool
carried(const unsigned char *bytes, unsigned char *inner)
{
    for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
        address_network_t network;
        unsigned char v4[4];

        if (network_parse(reg_cstr(carriers[i].network), &network) != OK
            || !is_in(bytes, &network)) {
            continue;
        }

        for (size_t j = 0; j < sizeof(v4); j++) {
            v4[j] = bytes[carriers[i].at + j] ^ carriers[i].inverted;
        }

        from_v4(v4, inner);
        return true;
    }

    return false;
}


static bool
bytes_of(const struct sockaddr *address, unsigned char *bytes)
{
    if (address->sa_family == AF_INET) {
        from_v4((const unsigned char *)&(
                    (const struct sockaddr_in *)(const void *)address)
                    ->sin_addr,
                bytes);
        return true;
    }

    if (address->sa_family == AF_INET6) {
        memcpy(bytes,
               &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
               BYTES);
        return true;
    }

    return false;
}


bool
address_is_allowed(const struct sockaddr *address,
                   const address_networks_t *allowed)
{
    static address_networks_t forbidden;
    unsigned char bytes[BYTES], inner[BYTES];

    if (forbidden.n == 0) {
        address_networks_parse(special, &forbidden);
    }

    if (!bytes_of(address, bytes)) {
        return false;
    }

    if (is_in_any(bytes, allowed)) {
        return true;
    }

    return !is_in_any(bytes, &forbidden)
           && (!carried(bytes, inner) || !is_in_any(inner, &forbidden));
}
