/* issue.c: makes tokens. */

#include "token/issue.h"
#include "access/access.h"
#include "db/db_refresh_token.h"
#include "db/db_token.h"
#include "db/db_token_list.h"
#include "token/token.h"
#include "token/token_list.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

/* Rows of tokens that have ended go in small batches, four times as many as
 * come. */
#define PURGE_EVERY 64
#define PURGE_BATCH 256


/* The catalogue names everything that the account may pull. */
static unsigned
narrow(const access_token_t *token, const grant_t *grant)
{
    unsigned actions = credential_actions(
        &token->credential, grant->is_catalog ? "*" : grant->name);

    return grant->is_catalog && (actions & CREDENTIAL_PULL) != 0
               ? REG_ACTION_ALL
               : actions;
}


static int
decide(issue_t *issue)
{
    for (size_t i = 0; i < issue->grants->n; i++) {
        grant_t *grant = &issue->grants->grants[i];

        if (access_grant(issue->issuer->db, issue->account,
                         issue->is_catalog_open, grant)
            != OK) {
            return ERROR;
        }

        if (issue->access_token != NULL) {
            grant->granted &= narrow(issue->access_token, grant);
        }
    }

    return OK;
}


/* What does not fit into a token's text is put into *list_r, and the token
 * names that. */
static int
sign(issue_t *issue, str_t *verdict_r, token_list_t *list_r)
{
    pool_t *pool = db_pool(issue->issuer->db);
    reg_verdict_t head = { .expires = issue->expires_at,
                           .service = issue->service };
    str_t text;
    int rc;

    if (issue->account != NULL) {
        head.account = reg_cstr(issue->account->login);
    }

    rc = grant_list_verdict(pool, issue->grants, &head, verdict_r);

    if (rc != OK) {
        issue->fault = rc == DECLINED ? ISSUE_FAULT_LONG : ISSUE_FAULT_NONE;
        return ERROR;
    }

    text = *verdict_r;
    *list_r = (token_list_t){ .hash = NULL };

    if (text.len > TOKEN_VERDICT_MAX) {
        *list_r = token_list(pool, *verdict_r);
        list_r->account_id = issue->account != NULL ? issue->account->id : 0;
        list_r->now = issue->now;
        list_r->expires_at = head.expires;
        text = token_list_text(pool, list_r);
        issue->has_list = true;
    }

    issue->token = token_sign(pool, issue->issuer->secret, text);

    return OK;
}


static int
record_list(issue_t *issue, const token_list_t *list)
{
    int rc = token_list_store(issue->issuer->db, list, issue->grants);

    issue->fault = rc == DECLINED ? ISSUE_FAULT_LISTS : ISSUE_FAULT_NONE;

    return rc == OK ? OK : ERROR;
}


static int
record_grants(const issue_t *issue, const char *key_hash)
{
    for (size_t i = 0; i < issue->grants->n; i++) {
        const grant_t *grant = &issue->grants->grants[i];

        if (!grant->is_catalog
            && db_token_grant_add(issue->issuer->db, key_hash, grant->name)
                   != OK) {
            return ERROR;
        }
    }

    return OK;
}


static int
record(issue_t *issue, const char *key_hash, const token_list_t *list)
{
    const uint64_t *account_id =
        issue->account != NULL ? &issue->account->id : NULL;
    const uint64_t *access_token_id =
        issue->access_token != NULL ? &issue->access_token->id : NULL;

    if (db_token_add(issue->issuer->db, key_hash, account_id, access_token_id,
                     list->hash, issue->now, issue->expires_at)
        != OK) {
        return ERROR;
    }

    return list->hash != NULL ? record_list(issue, list)
                              : record_grants(issue, key_hash);
}


static int
add_refresh(issue_t *issue)
{
    pool_t *pool = db_pool(issue->issuer->db);
    str_t token = token_random(pool, REFRESH_PREFIX);

    issue->refresh_token = (const char *)token.data;

    return db_refresh_token_add(
        issue->issuer->db, token_hash(pool, token), issue->account->id,
        pool_strndup(pool, issue->service), issue->now,
        issue->now + issue->issuer->refresh_days * 86400);
}


/* memcached is filled before the commit: a revocation waits for that, and
 * deletes afterwards. */
static int
issue_in_transaction(void *data)
{
    issue_t *issue = data;
    const char *key_hash;
    token_list_t list;
    str_t verdict;
    int rc = OK;

    if (issue->access_token != NULL) {
        rc = access_token_hold(issue->issuer->db, issue->access_token);
    } else if (issue->account != NULL) {
        rc = account_hold(issue->issuer->db, issue->account);
    }

    if (rc != OK) {
        return rc;
    }

    if (decide(issue) != OK || sign(issue, &verdict, &list) != OK) {
        return ERROR;
    }

    key_hash = token_hash(db_pool(issue->issuer->db), issue->token);

    if (record(issue, key_hash, &list) != OK
        || (issue->wants_refresh && issue->account != NULL
            && add_refresh(issue) != OK)) {
        return ERROR;
    }

    cache_set(issue->issuer->cache, issue->issuer->seal_key, key_hash, verdict,
              issue->expires_at - issue->now);

    return OK;
}


/* Not worth failing a request for.  A list has many rows: two go for each that
 * may have come. */
static void
purge(db_t *db, int64_t now, bool has_list)
{
    static unsigned issued;

    if (has_list && db_token_list_purge(db, now, 2) != OK) {
        log_info("expired lists of grants were not purged this time");
    }

    if (issued++ % PURGE_EVERY != 0) {
        return;
    }

    if (db_token_purge(db, now, PURGE_BATCH) != OK
        || db_token_list_purge(db, now, 2) != OK
        || db_refresh_token_purge(db, now, PURGE_BATCH) != OK) {
        log_info("expired tokens were not purged this time");
    }
}


int
issue_token(issue_t *issue)
{
    int rc;

    issue->now = clock_now();
    issue->expires_at = issue->now + issue->issuer->token_seconds;

    /* no longer than what it was bought with */
    if (issue->access_token != NULL && issue->access_token->expires_at != 0
        && issue->access_token->expires_at < issue->expires_at) {
        issue->expires_at = issue->access_token->expires_at;
    }

    rc = db_transaction(issue->issuer->db, issue_in_transaction, issue);

    if (rc == OK) {
        purge(issue->issuer->db, issue->now, issue->has_list);
    }

    return rc;
}


/* A client kept it after the account's owner had revoked it. */
static int
refuse_revoked(const refresh_token_account_row_t *row, const char *key_hash,
               const char *remote_addr)
{
    log_warn("a revoked refresh token was used: id=%.*s account=%s "
             "remote_addr=%s",
             ISSUE_REFRESH_ID_LEN, key_hash, row->login, remote_addr);

    return DECLINED;
}


int
issue_refresh_account(db_t *db, str_t refresh_token, str_t service,
                      const char *remote_addr, account_t *account_r)
{
    pool_t *pool = db_pool(db);
    const char *key_hash = token_hash(pool, refresh_token);
    refresh_token_account_row_t row;
    int rc = db_refresh_token_account(db, key_hash, pool_strndup(pool, service),
                                      clock_now(), &row);

    if (rc != OK) {
        return rc;
    }

    if (row.is_revoked) {
        return refuse_revoked(&row, key_hash, remote_addr);
    }

    if (db_refresh_token_used(db, key_hash, clock_now()) != OK) {
        log_info("the use of a refresh token was not stored");
    }

    *account_r = (account_t){ .id = row.id,
                              .login = row.login,
                              .revision = row.revision,
                              .is_admin = row.is_admin };

    return OK;
}
