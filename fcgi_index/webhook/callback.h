/* callback.h: what receivers of Docker Hub's form say to the callback_url of
 * the body.
 *
 * The URL ends in 128 random bits, of which the database has the SHA-256.  Each
 * attempt has a URL of its own, good for an hour; one callback ends all of the
 * delivery. */

#ifndef CALLBACK_H
#define CALLBACK_H

#include "db/db.h"

#define CALLBACK_BODY_MAX 4096
#define CALLBACK_TOKEN_LEN 32
/* Behind the origin of the registry: api/routes.c. */
#define CALLBACK_PATH "/api/v1/webhook-callbacks/"

typedef enum {
    CALLBACK_NONE,
    CALLBACK_SUCCESS,
    CALLBACK_FAILURE,
    CALLBACK_ERROR,
    CALLBACK_STATE_N
} callback_state_t;

/* Of the states but the first, in their order; ends in NULL. */
extern const char *const callback_words[];

/* What a receiver says: text from outside, without control characters. */
typedef struct {
    callback_state_t state;
    const char *description; /* NULL for none, as the others */
    const char *context;
    const char *target_url; /* http or https */
} callback_t;

/* Whether the text is like the random part of a URL. */
bool callback_is_token(str_t text);

/* Reads a body; DECLINED for one that is too long, or is not what Docker Hub
 * took.  Members that it did not know are passed over, and so is a target_url
 * of another scheme. */
int callback_parse(pool_t *pool, str_t body, callback_t *callback_r);

/* A new URL's random part, in the pool, and its row.  NULL: the database
 * failed. */
const char *callback_make(db_t *db, pool_t *pool, uint64_t delivery_id,
                          int64_t until);

/* Writes what was said, and lets the chain go on or break, in the caller's
 * transaction.  DECLINED for a token that is unknown, used or too old; ERROR:
 * the database failed. */
int callback_take(db_t *db, str_t token, const callback_t *callback,
                  int64_t now);

#endif
