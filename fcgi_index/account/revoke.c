/* revoke.c: takes back what live tokens grant. */

#include "account/revoke.h"
#include "db/db_refresh_token.h"
#include "db/db_team.h"
#include "db/db_token.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"

#define BATCH 1000 /* tokens that are looked up at once */
#define TEAM_MAX 1000

struct revoke_key_s {
    revoke_key_t *next;
    const char *key_hash;
};


static int
take(db_t *db, revoke_t *revoke, const token_key_row_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        revoke_key_t *key = pool_new(db_pool(db), revoke_key_t);

        key->next = revoke->keys;
        key->key_hash = rows[i].key_hash;
        revoke->keys = key;
        revoke->n++;

        if (db_token_revoke(db, rows[i].key_hash) != OK) {
            return ERROR;
        }
    }

    return OK;
}


int
revoke_access_token(db_t *db, revoke_t *revoke, uint64_t access_token_id)
{
    token_key_row_t *rows;
    size_t n;

    do {
        if (db_token_by_access_token(db, access_token_id, clock_now(), BATCH,
                                     &rows, &n)
                != OK
            || take(db, revoke, rows, n) != OK) {
            return ERROR;
        }
    } while (n == BATCH);

    return OK;
}


/* Each batch below is of those that the ones before it have left. */
int
revoke_account(db_t *db, revoke_t *revoke, uint64_t account_id)
{
    int64_t now = clock_now();
    token_key_row_t *rows;
    size_t n;

    if (db_refresh_token_revoke_all(db, account_id, now) != OK) {
        return ERROR;
    }

    do {
        if (db_token_by_account(db, account_id, now, BATCH, &rows, &n) != OK
            || take(db, revoke, rows, n) != OK) {
            return ERROR;
        }
    } while (n == BATCH);

    return OK;
}


int
revoke_repository(db_t *db, revoke_t *revoke, const char *name,
                  uint64_t owner_id)
{
    token_key_row_t *rows;
    size_t n;

    do {
        if (db_token_by_repository(db, name, owner_id, clock_now(), BATCH,
                                   &rows, &n)
                != OK
            || take(db, revoke, rows, n) != OK) {
            return ERROR;
        }
    } while (n == BATCH);

    return OK;
}


int
revoke_namespace(db_t *db, revoke_t *revoke, const char *namespace)
{
    pool_t *pool = db_pool(db);
    const char *first = pool_printf(pool, "%s/", namespace);
    const char *last = pool_printf(pool, "%s0", namespace); /* follows '/' */
    token_key_row_t *rows;
    size_t n;

    if (revoke_repository(db, revoke, namespace, 0) != OK) {
        return ERROR;
    }

    do {
        if (db_token_by_names(db, first, last, clock_now(), BATCH, &rows, &n)
                != OK
            || take(db, revoke, rows, n) != OK) {
            return ERROR;
        }
    } while (n == BATCH);

    return OK;
}


int
revoke_account_in(db_t *db, revoke_t *revoke, uint64_t account_id,
                  const char *namespace)
{
    pool_t *pool = db_pool(db);
    const char *first = pool_printf(pool, "%s/", namespace);
    const char *last = pool_printf(pool, "%s0", namespace);
    token_key_row_t *rows;
    size_t n;

    do {
        if (db_token_by_account_names(db, account_id, namespace, first, last,
                                      clock_now(), BATCH, &rows, &n)
                != OK
            || take(db, revoke, rows, n) != OK) {
            return ERROR;
        }
    } while (n == BATCH);

    return OK;
}


int
revoke_team_in(db_t *db, revoke_t *revoke, uint64_t team_id,
               const char *namespace)
{
    team_account_row_t *rows;
    size_t n;

    if (db_team_accounts(db, team_id, TEAM_MAX + 1, &rows, &n) != OK) {
        return ERROR;
    }

    if (n > TEAM_MAX) {
        return revoke_namespace(db, revoke, namespace);
    }

    for (size_t i = 0; i < n; i++) {
        if (revoke_account_in(db, revoke, rows[i].account_id, namespace)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


int
revoke_publish(cache_t *cache, const revoke_t *revoke, long token_seconds)
{
    size_t failed = 0;

    if (revoke->n != 0 && !cache_has_servers(cache)) {
        log_warn("no memcached is set: if nginx uses one, %zu tokens may keep "
                 "their rights for up to %ld seconds",
                 revoke->n, token_seconds);
    }

    for (const revoke_key_t *key = revoke->keys; key != NULL; key = key->next) {
        failed += cache_delete(cache, key->key_hash) != OK;
    }

    if (failed == 0) {
        return OK;
    }

    log_error("the change is made, but %zu of %zu verdicts may still be in "
              "memcached and stay in effect for up to %ld seconds",
              failed, revoke->n, token_seconds);

    return ERROR;
}
