/* login_limit.c: how often a wrong password may be tried.
 *
 * Each limit allows so many at once and then one in an interval.  One number
 * says all of it: the time at which nothing would be counted any more, which
 * every wrong password moves on by an interval. */

#include "account/login_limit.h"
#include "account/password.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/shared.h"

#include <arpa/inet.h>
#include <stdatomic.h>

#define BUCKETS 1024
#define BUCKET 8

static const struct {
    const char *name;
    bool is_of_login, is_of_network;
    bool is_for_known; /* an address from which somebody logged in */
    int64_t at_once;
    int64_t interval; /* milliseconds */
} limits[] = {
    { "login and network", true, true, true, 5, 60 * 1000 },
    { "network", false, true, false, 50, 72 * 1000 },
    { "login", true, false, false, 100, 36 * 1000 },
};

#define LIMITS_N (sizeof(limits) / sizeof(limits[0]))

typedef struct {
    _Atomic uint64_t key; /* 0: free */
    _Atomic int64_t free_at;
} count_t;

static count_t (*buckets)[BUCKET];


int
login_limit_open(void)
{
    buckets = shared_create(BUCKETS * sizeof(*buckets));

    return buckets != NULL ? OK : ERROR;
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


static count_t *
count_find(uint64_t key)
{
    count_t *bucket = buckets[(key >> 1) % BUCKETS];

    for (size_t i = 0; i < BUCKET; i++) {
        if (bucket[i].key == key) {
            return &bucket[i];
        }
    }

    return NULL;
}


/* In the place of the one that is soonest over.  Two processes may take the
 * same: then one try is not counted. */
static count_t *
count_make(uint64_t key)
{
    count_t *bucket = buckets[(key >> 1) % BUCKETS], *count = bucket;

    for (size_t i = 1; i < BUCKET; i++) {
        if (bucket[i].free_at < count->free_at) {
            count = &bucket[i];
        }
    }

    count->free_at = 0;
    count->key = key;

    return count;
}


static unsigned
wait_of(size_t limit, uint64_t key, int64_t now)
{
    const count_t *count = count_find(key);
    int64_t allowed_at;

    if (count == NULL) {
        return 0;
    }

    allowed_at =
        count->free_at - (limits[limit].at_once - 1) * limits[limit].interval;

    return allowed_at > now ? (unsigned)((allowed_at - now + 999) / 1000) : 0;
}


unsigned
login_limit_wait(str_t login, const char *network, bool is_known)
{
    int64_t now = clock_ms();
    unsigned longest = 0;

    for (size_t i = 0; i < LIMITS_N; i++) {
        if (!is_known || limits[i].is_for_known) {
            unsigned wait = wait_of(i, key_of(i, login, network), now);

            longest = wait > longest ? wait : longest;
        }
    }

    return longest;
}


void
login_limit_count(str_t login, const char *network)
{
    int64_t now = clock_ms();

    for (size_t i = 0; i < LIMITS_N; i++) {
        uint64_t key = key_of(i, login, network);
        count_t *count = count_find(key);
        int64_t before, after;

        if (count == NULL) {
            count = count_make(key);
        }

        before = count->free_at;

        do {
            after = (before > now ? before : now) + limits[i].interval;
        } while (
            !atomic_compare_exchange_weak(&count->free_at, &before, after));
    }
}
