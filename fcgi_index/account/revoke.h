/* revoke.h: takes back what live tokens grant.
 *
 * Each function takes its tokens out of force in the transaction that changes
 * the rights, and remembers their keys; revoke_publish(), after the commit,
 * deletes the verdicts from memcached.  nginx believes a verdict that it has
 * for registry_verdict_valid longer. */

#ifndef REVOKE_H
#define REVOKE_H

#include "cache.h"
#include "db/db.h"

typedef struct revoke_key_s revoke_key_t;

/* Begin with zeroes, and begin again when the transaction does. */
typedef struct {
    revoke_key_t *keys;
    size_t n;
} revoke_t;

/* All tokens of an account, refresh tokens too. */
int revoke_account(db_t *db, revoke_t *revoke, uint64_t account_id);

/* Tokens that were bought with an access token. */
int revoke_access_token(db_t *db, revoke_t *revoke, uint64_t access_token_id);

/* Tokens that say something about a repository, but for its owner's (0: it
 * has none), whose rights do not hang on the visibility. */
int revoke_repository(db_t *db, revoke_t *revoke, const char *name,
                      uint64_t owner_id);

/* Tokens that say something about any repository of a namespace. */
int revoke_namespace(db_t *db, revoke_t *revoke, const char *namespace);

/* Tokens of one account that say something about a repository of a
 * namespace. */
int revoke_account_in(db_t *db, revoke_t *revoke, uint64_t account_id,
                      const char *namespace);

/* The same of every member of a team; of a large one, all tokens of the
 * namespace. */
int revoke_team_in(db_t *db, revoke_t *revoke, uint64_t team_id,
                   const char *namespace);

/* ERROR, printed, where verdicts may still be in memcached; token_seconds is
 * for how long a token is good. */
int revoke_publish(cache_t *cache, const revoke_t *revoke, long token_seconds);

#endif
