/* login_limit.c: how often a wrong password may be tried. */

#include "account/login_limit.h"
#include "account/password.h"
#include "fcgi_core/rate.h"

#include <arpa/inet.h>

static const struct {
    const char *name;
    bool is_of_login, is_of_network;
    bool is_for_known; /* an address from which the account logged in */
    rate_limit_t rate;
} limits[] = {
    { "login and network", true, true, true, { 5, 60 * 1000 } },
    { "network", false, true, false, { 50, 72 * 1000 } },
    { "login", true, false, false, { 100, 36 * 1000 } },
};

#define LIMITS_N (sizeof(limits) / sizeof(limits[0]))

static rate_t *counts;


int
login_limit_open(void)
{
    counts = rate_create();

    return counts != NULL ? OK : ERROR;
}


/* --- addresses ------------------------------------------------------------ */

static const char *
network_v4(pool_t *pool, struct in_addr address)
{
    char text[INET_ADDRSTRLEN];

    if ((ntohl(address.s_addr) >> 24) == IN_LOOPBACKNET) {
        return NULL;
    }

    return pool_strdup(pool, inet_ntop(AF_INET, &address, text, sizeof(text)));
}


static const char *
network_v6(pool_t *pool, struct in6_addr address)
{
    char text[INET6_ADDRSTRLEN];

    if (IN6_IS_ADDR_LOOPBACK(&address)) {
        return NULL;
    }

    memset(&address.s6_addr[8], 0, 8);

    return pool_printf(pool, "%s/64",
                       inet_ntop(AF_INET6, &address, text, sizeof(text)));
}


const char *
login_limit_network(pool_t *pool, const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address, &v4) == 1) {
        return network_v4(pool, v4);
    }

    if (inet_pton(AF_INET6, address, &v6) != 1) {
        return NULL;
    }

    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
        memcpy(&v4, &v6.s6_addr[12], sizeof(v4));
        return network_v4(pool, v4);
    }

    return network_v6(pool, v6);
}


/* --- counts --------------------------------------------------------------- */

static uint64_t
key_of(size_t limit, str_t login, const char *network)
{
    const str_t none = { 0, NULL };
    const str_t texts[] = { reg_cstr(limits[limit].name),
                            limits[limit].is_of_login ? login : none,
                            limits[limit].is_of_network ? reg_cstr(network)
                                                        : none };

    return password_fingerprint(texts, 3).words[0] | 1;
}


unsigned
login_limit_wait(str_t login, const char *network, bool is_known)
{
    unsigned longest = 0;

    for (size_t i = 0; i < LIMITS_N; i++) {
        if (!is_known || limits[i].is_for_known) {
            unsigned wait =
                rate_wait(counts, &limits[i].rate, key_of(i, login, network));

            longest = wait > longest ? wait : longest;
        }
    }

    return longest;
}


void
login_limit_count(str_t login, const char *network)
{
    for (size_t i = 0; i < LIMITS_N; i++) {
        rate_count(counts, &limits[i].rate, key_of(i, login, network));
    }
}
