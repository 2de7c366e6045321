/* adopt_address.c: where a registry:2 listens, as Go's net.Listen reads it. */

#include "adopt/adopt_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <strings.h>

#define PORT_MAX 65535


static int
refuse(const char **error_r, const char *reason)
{
    *error_r = reason;

    return ERROR;
}


/* --- the port ------------------------------------------------------------ */


static int
service_find(const char *name, unsigned *port_r)
{
    static const struct {
        const char *name;
        unsigned port;
    } known[] = { { "http", 80 }, { "https", 443 } }; /* without netbase */
    struct servent *service = getservbyname(name, "tcp");

    if (service != NULL) {
        *port_r = ntohs((uint16_t)service->s_port);
        return OK;
    }

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i].name) == 0) {
            *port_r = known[i].port;
            return OK;
        }
    }

    return ERROR;
}


/* Go takes a sign, and names in any case. */
static int
port_parse(pool_t *pool, const char *text, unsigned *port_r)
{
    const char *digits = text + (text[0] == '+');
    char *name = pool_strndup(pool, reg_cstr(text));

    if (digits[strspn(digits, "0123456789")] == '\0') {
        digits += strspn(digits, "0");
        *port_r = (unsigned)strtoul(digits, NULL, 10);

        return strlen(digits) <= 5 && *port_r <= PORT_MAX ? OK : ERROR;
    }

    for (char *p = name; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p |= 0x20;
        }
    }

    return service_find(name, port_r);
}


/* --- the host ------------------------------------------------------------ */


/* An address without a family's own form: what Go takes for IPv4 is that, and
 * any address of zeros is all of them. */
static int
host_ipv6(pool_t *pool, const struct in6_addr *ip, address_t *address)
{
    char text[INET6_ADDRSTRLEN];

    if (IN6_IS_ADDR_UNSPECIFIED(ip)) {
        address->host = "";
        return OK;
    }

    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        inet_ntop(AF_INET, &ip->s6_addr[12], text, sizeof(text));
        address->host = pool_strndup(pool, reg_cstr(text));
        return OK;
    }

    inet_ntop(AF_INET6, ip, text, sizeof(text));
    address->host = pool_printf(pool, "[%s]", text);

    return OK;
}


/* What looks like a number and is no address of IPv4 would be one to nginx:
 * "0" is all of them. */
static bool
name_is_valid(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char *last = strrchr(name, '.');

    last = last == NULL ? name : last + 1;

    return name[strspn(name, letters)] == '\0'
           && (last[0] < '0' || last[0] > '9');
}


static int
host_parse(pool_t *pool, const char *host, address_t *address,
           const char **error_r)
{
    struct in6_addr ipv6;
    struct in_addr ipv4;

    if (host[0] == '\0') {
        address->host = "";
        return OK;
    }

    if (inet_pton(AF_INET6, host, &ipv6) == 1) {
        return host_ipv6(pool, &ipv6, address);
    }

    if (strchr(host, '%') != NULL) {
        return refuse(error_r, "nginx does not support the zone of an address");
    }

    if (inet_pton(AF_INET, host, &ipv4) != 1 && !name_is_valid(host)) {
        return refuse(error_r, "its host is neither a name nor an address");
    }

    address->host = host;

    return OK;
}


/* --- both ---------------------------------------------------------------- */


int
address_parse(pool_t *pool, const char *text, address_t *address_r,
              const char **error_r)
{
    const char *colon = strrchr(text, ':');
    bool is_bracketed = text[0] == '[';
    str_t host;

    *address_r = (address_t){ .host = "" };

    if (text[0] == '\0') {
        return OK;
    }

    if (colon == NULL
        || (is_bracketed && (colon == text || colon[-1] != ']'))) {
        return refuse(error_r, "it has no port");
    }

    host = (str_t){ (size_t)(colon - text), (unsigned char *)text };

    if (is_bracketed) {
        host.data++;
        host.len -= 2;

    } else if (memchr(host.data, ':', host.len) != NULL) {
        return refuse(error_r, "an IPv6 address needs brackets");
    }

    if (port_parse(pool, colon + 1, &address_r->port) != OK) {
        return refuse(error_r, "its port is neither a number up to 65535 nor "
                               "the name of a service");
    }

    return host_parse(pool, pool_strndup(pool, host), address_r, error_r);
}
