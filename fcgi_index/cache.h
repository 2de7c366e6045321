/* cache.h: the verdicts in memcached.
 *
 * The truth about nothing: whatever fails here is logged and costs time, not
 * rights -- but for a deletion, whose caller must know. */

#ifndef CACHE_H
#define CACHE_H

#include "fcgi_core/pool.h"

typedef struct cache_s cache_t;

/* A handle in the pool for servers as the setting memcached has them; NULL:
 * none, and everything below does nothing.  timeout_ms is that of each step of
 * a request.  Made after the fork.  Returns NULL, logged, where the list is
 * malformed. */
cache_t *cache_create(pool_t *pool, const char *servers, unsigned timeout_ms);

bool cache_has_servers(const cache_t *cache);

/* Stores a verdict, sealed with the secret.  key_hash is what reg_token_hash()
 * wrote. */
void cache_set(cache_t *cache, str_t secret, const char *key_hash,
               str_t verdict, int64_t seconds);

/* OK, also where it was not there; ERROR where it may still be. */
int cache_delete(cache_t *cache, const char *key_hash);

#endif
