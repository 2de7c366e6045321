/* access_token_change.c: an account's access tokens are made, edited, rotated
 * and revoked. */

#include "token/access_token_change.h"
#include "token/secret_text.h"
#include "fcgi_core/lines.h"

#define DAY 86400


int
access_token_expiry(change_t *change, long most, const int64_t *days,
                    int64_t *buf, const int64_t **expires_at_r)
{
    int64_t fallback =
        most == 0 || most > ACCESS_TOKEN_DAYS ? ACCESS_TOKEN_DAYS : most;
    int64_t n = days != NULL ? *days : fallback;

    if (most != 0 && (n == 0 || n > most)) {
        return change_fail(change, FAULT_INVALID, "expires_in_days",
                           "an access token ends within %ld days here", most);
    }

    *buf = change->now + n * DAY;
    *expires_at_r = n == 0 ? NULL : buf;

    return OK;
}


static int
record(change_t *change, audit_action_t action, const account_t *owner,
       uint64_t id)
{
    return change_audit(change, action, 0, owner->login,
                        json_pack("{s:I}", "access_token", (json_int_t)id));
}


int
access_token_create(change_t *change, const account_t *owner,
                    access_token_new_t *new, const char **secret_r,
                    uint64_t *id_r)
{
    int rc;

    new->prefix = SECRET_TEXT_PERSON;
    new->account_id = owner->id;
    new->now = change->now;
    rc = access_token_make(change->db, new, secret_r, id_r);

    if (rc == DECLINED) {
        return change_fail(change, FAULT_LIMIT, NULL,
                           "an account has at most %d access tokens",
                           ACCESS_TOKENS_MAX);
    }

    return rc == OK ? record(change, AUDIT_TOKEN_CREATE, owner, *id_r) : rc;
}


int
access_token_take(change_t *change, const account_t *owner, uint64_t id,
                  access_token_item_row_t *row_r)
{
    access_token_lock_row_t locked;
    int rc = db_access_token_lock(change->db, owner->id, id, &locked);

    if (rc == OK) {
        rc = db_access_token_get(change->db, owner->id, id, row_r);
    }

    return rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, NULL,
                                        "there is no such access token")
                          : rc;
}


int
access_token_edit(change_t *change, const account_t *owner,
                  const access_token_item_row_t *row)
{
    return db_access_token_edit(change->db, row->id, row->name, row->actions,
                                row->patterns)
                       == OK
                   && revoke_access_token(change->db, change->revoke, row->id)
                          == OK
               ? record(change, AUDIT_TOKEN_EDIT, owner, row->id)
               : ERROR;
}


int
access_token_renew(change_t *change, const account_t *owner, uint64_t id,
                   int64_t grace, const int64_t *expires_at,
                   const char **secret_r)
{
    return access_token_rotate(change->db, id, SECRET_TEXT_PERSON,
                               change->now + grace, expires_at, secret_r)
                   == OK
               ? record(change, AUDIT_TOKEN_ROTATE, owner, id)
               : ERROR;
}


int
access_token_revoke(change_t *change, const account_t *owner, uint64_t id)
{
    return db_access_token_revoke(change->db, id, change->now) == OK
                   && revoke_access_token(change->db, change->revoke, id) == OK
               ? record(change, AUDIT_TOKEN_REVOKE, owner, id)
               : ERROR;
}


/* --- as JSON -------------------------------------------------------------- */

static json_t *
actions_json(uint64_t actions)
{
    json_t *words = json_array();

    for (size_t i = 0; credential_words[i] != NULL; i++) {
        if ((credential_bit(credential_words[i]) & actions) != 0) {
            json_array_append_new(words, json_string(credential_words[i]));
        }
    }

    return words;
}


json_t *
access_token_json(const access_token_item_row_t *row)
{
    return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "id",
                     (json_int_t)row->id, "name", json_text_or_null(row->name),
                     "hint", row->hint, "actions", actions_json(row->actions),
                     "repositories", lines_json(row->patterns), "created_at",
                     json_time(row->created_at), "created_from",
                     row->created_from, "expires_at",
                     json_time_or_null(row->expires_at), "used_at",
                     json_time_or_null(row->used_at), "used_from",
                     json_text_or_null(row->used_from));
}


unsigned
access_token_actions(json_t *words)
{
    unsigned actions = 0;
    json_t *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        actions |= credential_bit(json_string_value(word));
    }

    return actions;
}
