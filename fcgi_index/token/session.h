/* session.h: browsers that are logged in.
 *
 * The cookie is 256 random bits, of which the database has the SHA-256.  A
 * session ends when it is not used for a time, when it is old, and when the
 * account's password or role changes, since it holds for one revision of the
 * account only. */

#ifndef SESSION_H
#define SESSION_H

#include "access/change.h"
#include "db/db_login_session.h"

#define SESSION_AGENT_MAX 255 /* bytes of a User-Agent that are kept */

typedef struct {
    int64_t idle_seconds;
    int64_t max_seconds;
} session_conf_t;

typedef struct {
    uint64_t id;
    const char *key_hash;
    account_t account;
    int64_t confirmed_at; /* when the password was last shown */
} session_t;

/* A new session of an account that was found good; *cookie_r, in the pool, is
 * what the browser keeps.  In a transaction. */
int session_add(db_t *db, const session_conf_t *conf, const account_t *account,
                int64_t now, const char *address, const char *agent,
                const char **cookie_r);

/* OK; DECLINED for a cookie that is none, or whose session has ended; ERROR.
 * Notes the use, at most once in five minutes. */
int session_find(db_t *db, const session_conf_t *conf, str_t cookie,
                 int64_t now, session_t *session_r);

/* Another cookie for the same session, whose account has this revision now.
 * In a transaction. */
int session_renew(db_t *db, uint64_t id, uint64_t revision, int64_t now,
                  const char **cookie_r);

/* Ends a session of the account, or all, and writes that to the audit log.  As
 * change.h has it; now of the change is set. */
int session_end(change_t *change, const account_t *account, uint64_t id);
int session_end_all(change_t *change, const account_t *account);

/* One of a list, with the fields that the API has; current is the one that
 * asks, 0: none. */
json_t *session_json(const login_session_list_row_t *row, uint64_t current);

/* Takes away some of those that have ended. */
int session_purge(db_t *db, int64_t now);

#endif
