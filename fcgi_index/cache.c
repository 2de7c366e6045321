/* cache.c: the verdicts in memcached.  The only file that includes
 * libmemcached. */

#include "cache.h"
#include "common/range.h"
#include "common/verdict.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#include <libmemcached/memcached.h>

#define BACKOFF_MS 1000
#define PORT 11211
#define SERVERS_MAX 64

struct cache_s {
    memcached_st *memcached;       /* NULL: no servers */
    int64_t retry_at[SERVERS_MAX]; /* ms; a server that failed is left alone,
                                      so that thousands of keys cost one
                                      timeout */
};

typedef struct {
    char text[REG_VERDICT_KEY_LEN + 1];
} cache_key_t;


/* The hash and the distribution are those of nginx's "hash $key": CRC-32
 * modulo the number of servers, as Cache::Memcached has it.  So no server is
 * ever left out of the list, not even one that is down. */
static const struct {
    memcached_behavior_t behavior;
    uint64_t value;
} behaviors[] = {
    { MEMCACHED_BEHAVIOR_HASH, MEMCACHED_HASH_CRC },
    { MEMCACHED_BEHAVIOR_DISTRIBUTION, MEMCACHED_DISTRIBUTION_MODULA },
    { MEMCACHED_BEHAVIOR_TCP_NODELAY, 1 },
    { MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 1 },
};


static void
set_behaviors(memcached_st *memcached, uint64_t timeout_ms)
{
    for (size_t i = 0; i < sizeof(behaviors) / sizeof(behaviors[0]); i++) {
        memcached_behavior_set(memcached, behaviors[i].behavior,
                               behaviors[i].value);
    }

    memcached_behavior_set(memcached, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT,
                           timeout_ms);
    memcached_behavior_set(memcached, MEMCACHED_BEHAVIOR_POLL_TIMEOUT,
                           timeout_ms);
    memcached_behavior_set(memcached, MEMCACHED_BEHAVIOR_SND_TIMEOUT,
                           timeout_ms * 1000);
    memcached_behavior_set(memcached, MEMCACHED_BEHAVIOR_RCV_TIMEOUT,
                           timeout_ms * 1000);
}


/* "host", "host:port", "[address]:port", or a path, which has a slash. */
static int
add_server(memcached_st *memcached, char *server)
{
    char *host = server, *colon = strrchr(server, ':');
    uint64_t port = PORT;

    if (strchr(server, '/') != NULL) {
        return memcached_server_add_unix_socket(memcached, server)
                       == MEMCACHED_SUCCESS
                   ? OK
                   : ERROR;
    }

    if (colon != NULL && server[strlen(server) - 1] != ']') {
        *colon = '\0';

        if (reg_number_parse(reg_cstr(colon + 1), &port) != OK || port == 0
            || port > 65535) {
            return ERROR;
        }
    }

    if (host[0] == '[') {
        char *end = strchr(++host, ']');

        if (end == NULL) {
            return ERROR;
        }

        *end = '\0';
    }

    return host[0] != '\0'
                   && memcached_server_add(memcached, host, (in_port_t)port)
                          == MEMCACHED_SUCCESS
               ? OK
               : ERROR;
}


static int
add_servers(pool_t *pool, memcached_st *memcached, const char *servers)
{
    char *list = pool_strdup(pool, servers), *save = NULL;

    for (char *server = strtok_r(list, ", ", &save); server != NULL;
         server = strtok_r(NULL, ", ", &save)) {
        if (memcached_server_count(memcached) == SERVERS_MAX
            || add_server(memcached, server) != OK) {
            log_error("memcached: not a list of up to %d host:port or /path: "
                      "%s",
                      SERVERS_MAX, servers);
            return ERROR;
        }
    }

    return OK;
}


cache_t *
cache_create(pool_t *pool, const char *servers, unsigned timeout_ms)
{
    cache_t *cache = pool_new(pool, cache_t);

    if (servers == NULL) {
        return cache;
    }

    cache->memcached = memcached_create(NULL);

    if (cache->memcached == NULL) {
        log_error("memcached: no memory");
        return NULL;
    }

    pool_cleanup(pool, (pool_cleanup_fn)memcached_free, cache->memcached);

    set_behaviors(cache->memcached, timeout_ms);

    return add_servers(pool, cache->memcached, servers) == OK ? cache : NULL;
}


bool
cache_has_servers(const cache_t *cache)
{
    return cache->memcached != NULL;
}


static cache_key_t
key_of(const char *key_hash)
{
    cache_key_t key;

    snprintf(key.text, sizeof(key.text), REG_VERDICT_KEY_PREFIX "%s", key_hash);

    return key;
}


/* When the key's server may be asked again. */
static int64_t *
retry_at(cache_t *cache, const cache_key_t *key)
{
    return &cache->retry_at[memcached_generate_hash(cache->memcached, key->text,
                                                    REG_VERDICT_KEY_LEN)];
}


/* Logs why a server is left alone from now on. */
static int
fail(cache_t *cache, const cache_key_t *key, const char *what,
     memcached_return_t rc)
{
    *retry_at(cache, key) = clock_ms() + BACKOFF_MS;
    log_warn("memcached: a verdict was not %s: %s", what,
             memcached_strerror(cache->memcached, rc));

    return ERROR;
}


void
cache_set(cache_t *cache, str_t secret, const char *key_hash, str_t verdict,
          int64_t seconds)
{
    cache_key_t key = key_of(key_hash);
    char sealed[REG_VERDICT_SEALED_MAX];
    memcached_return_t rc;
    int len;

    if (cache->memcached == NULL || seconds <= 0
        || verdict.len > REG_VERDICT_MAX
        || clock_ms() < *retry_at(cache, &key)) {
        return;
    }

    memcpy(sealed, verdict.data, verdict.len);
    len = reg_verdict_seal(sealed, sizeof(sealed), verdict.len, secret,
                           reg_cstr(key.text));

    rc = memcached_set(cache->memcached, key.text, REG_VERDICT_KEY_LEN, sealed,
                       (size_t)len, (time_t)seconds, 0);

    if (rc != MEMCACHED_SUCCESS) {
        fail(cache, &key, "stored", rc);
    }
}


/* Not to be had by trying again at once. */
static bool
is_away(memcached_return_t rc)
{
    return rc == MEMCACHED_TIMEOUT || rc == MEMCACHED_CONNECTION_FAILURE
           || rc == MEMCACHED_HOST_LOOKUP_FAILURE;
}


int
cache_delete(cache_t *cache, const char *key_hash)
{
    cache_key_t key = key_of(key_hash);
    memcached_return_t rc = MEMCACHED_SUCCESS;

    if (cache->memcached == NULL) {
        return OK;
    }

    if (clock_ms() < *retry_at(cache, &key)) {
        return ERROR;
    }

    /* a second time, since the first may have found a connection to a server
     * that was restarted */
    for (int n = 0; n < 2; n++) {
        rc = memcached_delete(cache->memcached, key.text, REG_VERDICT_KEY_LEN,
                              0);

        if (rc == MEMCACHED_SUCCESS || rc == MEMCACHED_NOTFOUND) {
            return OK;
        }

        if (is_away(rc)) {
            break;
        }
    }

    return fail(cache, &key, "deleted", rc);
}
