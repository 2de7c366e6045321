/* session.c: browsers that are logged in. */

#include "token/session.h"
#include "token/token.h"
#include "fcgi_core/log.h"

#define COOKIE_LEN 43    /* 32 bytes in base64url */
#define PURGE_BATCH 1024 /* more than come between two purges */


/* Printable ASCII, whatever the browser sent. */
static const char *
agent_clean(pool_t *pool, const char *agent)
{
    char *text = pool_strdup(pool, agent);

    for (size_t i = 0; text[i] != '\0'; i++) {
        if (i == SESSION_AGENT_MAX) {
            text[i] = '\0';
            break;
        }

        if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~') {
            text[i] = '?';
        }
    }

    return text;
}


static const char *
cookie_make(pool_t *pool, const char **key_hash_r)
{
    str_t cookie = token_random(pool, "");

    *key_hash_r = token_hash(pool, cookie);

    return (const char *)cookie.data;
}


int
session_add(db_t *db, const session_conf_t *conf, const account_t *account,
            int64_t now, const char *address, const char *agent,
            const char **cookie_r)
{
    pool_t *pool = db_pool(db);
    const char *key_hash;

    *cookie_r = cookie_make(pool, &key_hash);

    return db_login_session_add(db, key_hash, account->id, account->revision,
                                now, now + conf->max_seconds, address,
                                agent_clean(pool, agent));
}


int
session_find(db_t *db, const session_conf_t *conf, str_t cookie, int64_t now,
             session_t *session_r)
{
    login_session_find_row_t row;
    const char *key_hash;
    int rc;

    if (cookie.len != COOKIE_LEN) {
        return DECLINED;
    }

    key_hash = token_hash(db_pool(db), cookie);
    rc = db_login_session_find(db, key_hash, now, now - conf->idle_seconds,
                               &row);

    if (rc != OK) {
        return rc;
    }

    if (db_login_session_used(db, row.id, now) != OK) {
        log_info("the use of a session was not noted");
    }

    *session_r = (session_t){ .id = row.id,
                              .key_hash = key_hash,
                              .account = { .id = row.account_id,
                                           .login = row.login,
                                           .revision = row.revision,
                                           .is_admin = row.is_admin },
                              .confirmed_at = row.confirmed_at };

    return OK;
}


int
session_renew(db_t *db, uint64_t id, uint64_t revision, int64_t now,
              const char **cookie_r)
{
    const char *key_hash;

    *cookie_r = cookie_make(db_pool(db), &key_hash);

    return db_login_session_renew(db, id, key_hash, revision, now);
}


int
session_end(change_t *change, const account_t *account, uint64_t id)
{
    login_session_hold_row_t row;
    int rc = db_login_session_hold(change->db, id, account->id, &row);

    if (rc == DECLINED) {
        return change_fail(change, FAULT_NOT_FOUND, NULL,
                           "there is no such session");
    }

    return rc == OK && db_login_session_end(change->db, id) == OK
               ? change_audit(change, AUDIT_SESSION_END, 0, account->login,
                              json_pack("{s:I}", "session", (json_int_t)id))
               : ERROR;
}


int
session_end_all(change_t *change, const account_t *account)
{
    return db_login_session_end_all(change->db, account->id) == OK
               ? change_audit(change, AUDIT_SESSION_END, 0, account->login,
                              NULL)
               : ERROR;
}


json_t *
session_json(const login_session_list_row_t *row, uint64_t current)
{
    return json_pack("{s:I, s:b, s:o, s:o, s:o, s:s, s:s}", "id",
                     (json_int_t)row->id, "is_current", row->id == current,
                     "created_at", json_time(row->created_at), "used_at",
                     json_time(row->used_at), "expires_at",
                     json_time(row->expires_at), "address", row->address,
                     "agent", row->agent);
}


int
session_purge(db_t *db, int64_t now)
{
    return db_login_session_purge(db, now, PURGE_BATCH);
}
