/* jwt.h: tokens of other token servers: JSON web tokens (RFC 7515, 7519) as
 * registry:2 and 3 take them (distribution, "Token Authentication
 * Implementation"). */

#ifndef JWT_H
#define JWT_H

#include "fcgi_core/keyring.h"

#define JWT_MAX 40960 /* bytes; of 300 repositories */
#define JWT_LEEWAY 60 /* seconds by which clocks may differ */

/* Who may have issued a token, for whom, and what time it is (seconds since
 * 1970, UTC). */
typedef struct {
    const keyring_t *ring;
    str_t issuer;
    str_t service;
    int64_t now;
} jwt_terms_t;

typedef struct {
    str_t subject;   /* the account; empty: anonymous */
    int64_t expires; /* when it expires, leeway included */
    json_t *access;  /* an array, or NULL: no rights */
} jwt_t;

/* DECLINED, with *reason_r a few words for the log, for any token that is not
 * signed with a key of the ring, by that issuer, for that service, for now.
 * What the token says about keys is a hint at best: the key decides which
 * algorithms are good.  Views into the pool. */
int jwt_verify(pool_t *pool, str_t token, const jwt_terms_t *terms,
               jwt_t *jwt_r, const char **reason_r);

#endif
