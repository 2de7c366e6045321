/* keyring.h: the keys that a token server signs with: those of certificates
 * and of a JWKS (RFC 7517).  The only file of this program that knows OpenSSL.
 *
 * A key is named as registry:2 and 3 do it: by libtrust's id, by its
 * thumbprint (RFC 7638), or by the "kid" that the JWKS gives it. */

#ifndef KEYRING_H
#define KEYRING_H

#include "fcgi_core/json.h"

#define KEYRING_KEYS_MAX 64
#define KEYRING_CHAIN_MAX 8 /* certificates that a token brings along */

typedef struct keyring_s keyring_t;
typedef struct keyring_key_s keyring_key_t;

/* Reads the files: PEM certificates and a JWKS, "" for none, at least one of
 * the two.  Keys of a JWKS that are of another kind are passed over.  ERROR,
 * logged: a file that cannot be read or understood, or no key at all.  The
 * ring lives as long as the pool. */
int keyring_load(pool_t *pool, const char *certificates, const char *keys,
                 const keyring_t **ring_r);

/* The key that a token names by its "kid", "jwk" or "x5c"; DECLINED where it
 * is none of the ring.  A key that a token brings along counts only if the
 * ring has it; a chain of certificates, if it ends in one of the ring. */
int keyring_by_id(const keyring_t *ring, str_t kid,
                  const keyring_key_t **key_r);
int keyring_by_jwk(const keyring_t *ring, json_t *jwk,
                   const keyring_key_t **key_r);
int keyring_by_chain(const keyring_t *ring, json_t *x5c,
                     const keyring_key_t **key_r);

/* OK where the signature is the key's over text, by an algorithm of RFC 7518
 * ("RS256") or RFC 8037 ("EdDSA").  DECLINED where it is not, and for every
 * algorithm that is not of the key's own kind: "none" and the symmetric ones
 * among them. */
int keyring_verify(const keyring_key_t *key, str_t algorithm, str_t text,
                   str_t signature);

#endif
