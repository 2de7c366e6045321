/* access_token.h: personal access tokens, and secrets of robots.
 *
 * Named, good for some actions on some names, perhaps until a day; shown once.
 * The database has the SHA-256.  After a rotation the old
 * secret is valid for a while, so that no user of it has to stop. */

#ifndef ACCESS_TOKEN_H
#define ACCESS_TOKEN_H

#include "access/credential.h"
#include "account/account.h"
#include "db/db_access_token.h"

#define ACCESS_TOKENS_MAX 100 /* of one account that are good */

typedef struct {
    uint64_t id;
    account_t account;
    credential_t credential;
    uint64_t edition;   /* what was found out holds while this is the same */
    int64_t expires_at; /* 0: never */
    int64_t used_at;    /* 0: never */
} access_token_t;

/* What one is made of. */
typedef struct {
    const char *prefix; /* SECRET_TEXT_PERSON or SECRET_TEXT_ROBOT */
    uint64_t account_id;
    const char *name;
    credential_t credential;
    const int64_t *expires_at; /* NULL: never */
    const char *address;       /* that asks for it */
    int64_t now;
} access_token_new_t;

/* Whether a text has the length and the prefix of one: no password then. */
bool access_token_is(str_t secret);

/* OK and whose it is; DECLINED for one that is none, is revoked, has ended, or
 * is another's than login's; ERROR.  login NULL: of any account. */
int access_token_find(db_t *db, const str_t *login, str_t secret, int64_t now,
                      access_token_t *token_r);

/* OK where no one has changed it or its account since it was found; they stay
 * so until the transaction ends.  DECLINED where another request has. */
int access_token_hold(db_t *db, const access_token_t *token);

/* At most once in five minutes; a failure is logged. */
void access_token_note_use(db_t *db, const access_token_t *token, int64_t now,
                           const char *address);

/* The rest runs in a transaction. */

/* Makes one: OK with its text and id; DECLINED where the account has
 * ACCESS_TOKENS_MAX. */
int access_token_make(db_t *db, const access_token_new_t *new,
                      const char **secret_r, uint64_t *id_r);

/* Another secret; the old one is good until old_until. */
int access_token_rotate(db_t *db, uint64_t id, const char *prefix,
                        int64_t old_until, const int64_t *expires_at,
                        const char **secret_r);

#endif
