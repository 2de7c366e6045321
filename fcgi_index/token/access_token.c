/* access_token.c: personal access tokens, and secrets of robots. */

#include "token/access_token.h"
#include "token/secret_text.h"
#include "token/token.h"
#include "fcgi_core/log.h"

#define USED_SECONDS 300


bool
access_token_is(str_t secret)
{
    return secret.len == SECRET_TEXT_LEN
           && (memcmp(secret.data, SECRET_TEXT_PERSON, SECRET_TEXT_PREFIX) == 0
               || memcmp(secret.data, SECRET_TEXT_ROBOT, SECRET_TEXT_PREFIX)
                      == 0);
}


static access_token_t
token_of(const access_token_use_row_t *row)
{
    return (access_token_t){
        .id = row->id,
        .account = { .id = row->account_id,
                     .login = row->login,
                     .revision = row->revision,
                     .is_admin = row->is_admin },
        .credential = { (unsigned)row->actions, row->patterns },
        .edition = row->edition,
        .expires_at = row->expires_at != NULL ? *row->expires_at : 0,
        .used_at = row->used_at != NULL ? *row->used_at : 0,
    };
}


int
access_token_find(db_t *db, const str_t *login, str_t secret, int64_t now,
                  access_token_t *token_r)
{
    access_token_use_row_t row;
    const char *key_hash;
    int rc;

    /* what was mistyped or made up costs no query */
    if (!secret_text_is_valid(secret, SECRET_TEXT_PERSON)
        && !secret_text_is_valid(secret, SECRET_TEXT_ROBOT)) {
        return DECLINED;
    }

    key_hash = token_hash(db_pool(db), secret);
    rc = db_access_token_by_key(db, key_hash, now, &row);

    if (rc == DECLINED) {
        rc = db_access_token_by_old_key(db, key_hash, now, &row);
    }

    if (rc != OK) {
        return rc;
    }

    *token_r = token_of(&row);

    return login == NULL || reg_str_eq(*login, reg_cstr(row.login)) ? OK
                                                                    : DECLINED;
}


int
access_token_hold(db_t *db, const access_token_t *token)
{
    access_token_hold_row_t row;

    return db_access_token_hold(db, token->id, token->edition,
                                token->account.id, token->account.revision,
                                &row);
}


void
access_token_note_use(db_t *db, const access_token_t *token, int64_t now,
                      const char *address)
{
    if (token->used_at <= now - USED_SECONDS
        && db_access_token_used(db, token->id, now, address) != OK) {
        log_info("the use of an access token was not noted");
    }
}


int
access_token_make(db_t *db, const access_token_new_t *new,
                  const char **secret_r, uint64_t *id_r)
{
    const char *secret = secret_text_make(db_pool(db), new->prefix);
    const char *key_hash = token_hash(db_pool(db), reg_cstr(secret));
    access_token_count_row_t count;
    access_token_id_row_t made;

    if (db_access_token_count(db, new->account_id, new->now, &count) != OK) {
        return ERROR;
    }

    if (count.n >= ACCESS_TOKENS_MAX) {
        return DECLINED;
    }

    if (db_access_token_add(db, key_hash, new->account_id, new->name,
                            secret_text_hint(db_pool(db), secret),
                            new->credential.actions, new->credential.patterns,
                            new->now, new->address, new->expires_at)
            != OK
        || db_access_token_id(db, key_hash, &made) != OK) {
        return ERROR;
    }

    *secret_r = secret;
    *id_r = made.id;

    return OK;
}


int
access_token_rotate(db_t *db, uint64_t id, const char *prefix,
                    int64_t old_until, const int64_t *expires_at,
                    const char **secret_r)
{
    *secret_r = secret_text_make(db_pool(db), prefix);

    return db_access_token_rotate(
        db, id, token_hash(db_pool(db), reg_cstr(*secret_r)),
        secret_text_hint(db_pool(db), *secret_r), old_until, expires_at);
}
