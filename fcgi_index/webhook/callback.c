/* callback.c: what receivers say to the callback_url of a body. */

#include "webhook/callback.h"
#include "common/hash.h"
#include "db/db_callback.h"
#include "fcgi_core/json.h"
#include "webhook/chain.h"
#include "webhook/delivery.h"
#include "webhook/webhook.h"

#define DESCRIPTION_MAX 255
#define CONTEXT_MAX 100
#define HASH_SIZE 65 /* of reg_token_hash() */

const char *const callback_words[] = { "success", "failure", "error", NULL };


/* --- the body ------------------------------------------------------------- */

bool
callback_is_token(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }

    return text.len == CALLBACK_TOKEN_LEN;
}


static callback_state_t
state_parse(str_t word)
{
    for (int i = 0; callback_words[i] != NULL; i++) {
        if (reg_str_eq(word, reg_cstr(callback_words[i]))) {
            return (callback_state_t)(i + 1);
        }
    }

    return CALLBACK_NONE;
}


/* A member that may be missing or null, of max characters; DECLINED for
 * anything else. */
static int
text_read(pool_t *pool, json_t *object, const char *key, size_t max,
          const char **text_r)
{
    size_t characters = 0;
    str_t value;
    int rc = json_member_string(object, key, &value);

    *text_r = NULL;

    if (rc != OK) {
        return rc == DECLINED ? OK : DECLINED;
    }

    for (size_t i = 0; i < value.len; i++) {
        characters += (value.data[i] & 0xc0) != 0x80;
    }

    if (characters > max) {
        return DECLINED;
    }

    *text_r = delivery_text(pool, value);

    return OK;
}


static bool
is_link(const char *url)
{
    if (strncasecmp(url, "http://", 7) != 0
        && strncasecmp(url, "https://", 8) != 0) {
        return false;
    }

    for (; *url != '\0'; url++) {
        if (*url <= ' ' || *url > '~' || strchr("\"<>\\^`{|}", *url) != NULL) {
            return false;
        }
    }

    return true;
}


int
callback_parse(pool_t *pool, str_t body, callback_t *callback_r)
{
    const char *error;
    json_t *object;
    str_t state;

    if (body.len > CALLBACK_BODY_MAX
        || json_parse(pool, body, &object, &error) != OK
        || !json_is_object(object)
        || json_member_string(object, "state", &state) != OK) {
        return DECLINED;
    }

    callback_r->state = state_parse(state);

    if (callback_r->state == CALLBACK_NONE
        || text_read(pool, object, "description", DESCRIPTION_MAX,
                     &callback_r->description)
               != OK
        || text_read(pool, object, "context", CONTEXT_MAX, &callback_r->context)
               != OK
        || text_read(pool, object, "target_url", WEBHOOK_URL_MAX,
                     &callback_r->target_url)
               != OK) {
        return DECLINED;
    }

    if (callback_r->target_url != NULL && !is_link(callback_r->target_url)) {
        callback_r->target_url = NULL;
    }

    return OK;
}


/* --- rows ----------------------------------------------------------------- */

const char *
callback_make(db_t *db, pool_t *pool, uint64_t delivery_id, int64_t until)
{
    unsigned char bytes[CALLBACK_TOKEN_LEN / 2];
    char *token = pool_alloc(pool, CALLBACK_TOKEN_LEN + 1);
    char hash[HASH_SIZE];

    webhook_random(bytes, sizeof(bytes));

    for (size_t i = 0; i < sizeof(bytes); i++) {
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    }

    reg_token_hash(reg_cstr(token), hash);

    return db_callback_add(db, hash, delivery_id, until) == OK ? token : NULL;
}


/* Looks before it locks: a guess holds up no one. */
static int
token_take(db_t *db, str_t token, int64_t now, uint64_t *delivery_id_r)
{
    char hash[HASH_SIZE];
    callback_lock_row_t locked;
    callback_get_row_t row;
    int rc;

    reg_token_hash(token, hash);
    rc = db_callback_get(db, hash, now, &row);

    if (rc == OK) {
        rc = db_callback_lock(db, hash, &locked);
    }

    if (rc == OK) {
        *delivery_id_r = locked.delivery_id;
        rc = db_callback_delete(db, locked.delivery_id);
    }

    return rc;
}


int
callback_take(db_t *db, str_t token, const callback_t *callback, int64_t now)
{
    uint64_t id = 0;
    int rc = token_take(db, token, now, &id);

    if (rc == OK) {
        rc = db_callback_store(db, id, callback->state, now,
                               callback->description, callback->context,
                               callback->target_url);
    }

    if (rc != OK) {
        return rc;
    }

    return callback->state == CALLBACK_SUCCESS ? chain_release(db, id, now)
                                               : chain_break(db, id, now);
}
