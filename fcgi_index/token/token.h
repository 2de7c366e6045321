/* token.h: bearer tokens: a verdict in a signed envelope (docs/verdict.md).
 *
 *     sw1.<base64url of 16 random bytes and the verdict>.<base64url of a MAC>
 *
 * The MAC is HMAC-SHA256, keyed with the secret, of all before the second dot.
 * A verdict has exactly one token text for the same random bytes, so that the
 * hash of a token can stand for it. */

#ifndef TOKEN_H
#define TOKEN_H

#include "common/verdict.h"
#include "fcgi_core/pool.h"

#define TOKEN_PREFIX "sw1."
#define TOKEN_NONCE 16
#define TOKEN_MAX 4096 /* what goes into any server's header line */

/* The longest verdict whose token is not longer than TOKEN_MAX: the prefix, a
 * dot and the 43 characters of the MAC go off. */
#define TOKEN_VERDICT_MAX                                                      \
    ((TOKEN_MAX - (sizeof(TOKEN_PREFIX) - 1) - 1 - 43) * 3 / 4 - TOKEN_NONCE)

#define TOKEN_HASH_LEN 64

/* A random string of 32 bytes in base64url, behind a prefix; in the pool.
 * Ends the process where there is no randomness. */
str_t token_random(pool_t *pool, const char *prefix);

/* Random bytes.  Ends the process where there is no randomness. */
void token_random_bytes(unsigned char *buf, size_t size);

/* A token for a verdict of at most TOKEN_VERDICT_MAX bytes, in the pool. */
str_t token_sign(pool_t *pool, str_t secret, str_t verdict);

/* OK and the verdict's text, in the pool; DECLINED for anything that
 * token_sign() did not make with this secret. */
int token_verify(pool_t *pool, str_t secret, str_t token, str_t *verdict_r);

/* A key for another purpose than signing, made from the secret; in the pool.
 * It reveals nothing about the secret or another key. */
str_t token_derive(pool_t *pool, str_t secret, const char *purpose);

/* Whether they are the same, in constant time. */
bool token_equal(str_t a, str_t b);

/* reg_token_hash() into the pool. */
const char *token_hash(pool_t *pool, str_t token);

#endif
