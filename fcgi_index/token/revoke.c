/* revoke.c: takes back what live tokens grant. */

#include "token/revoke.h"
#include "app.h"
#include "db_gen.h"
#include "fcgi_core/log.h"

struct revoke_key_s {
    revoke_key_t *next;
    const char *key_hash;
};


static int
take(void *data, const char *key_hash)
{
    revoke_t *revoke = data;
    revoke_key_t *key = pool_new(db_pool(app.db), revoke_key_t);

    key->next = revoke->keys;
    key->key_hash = key_hash;
    revoke->keys = key;
    revoke->n++;

    return db_token_revoke(app.db, key_hash);
}


static int
take_of_account(void *data, const token_by_account_row_t *row)
{
    return take(data, row->key_hash);
}


static int
take_of_repository(void *data, const token_by_repository_row_t *row)
{
    return take(data, row->key_hash);
}


static int
take_of_names(void *data, const token_by_names_row_t *row)
{
    return take(data, row->key_hash);
}


int
revoke_account(revoke_t *revoke, uint64_t account_id)
{
    if (db_refresh_token_revoke_all(app.db, account_id, app_now()) != OK) {
        return ERROR;
    }

    return db_token_by_account(app.db, account_id, app_now(), take_of_account,
                               revoke);
}


int
revoke_repository(revoke_t *revoke, const char *name, uint64_t owner_id)
{
    return db_token_by_repository(app.db, name, owner_id, app_now(),
                                  take_of_repository, revoke);
}


int
revoke_namespace(revoke_t *revoke, const char *namespace)
{
    pool_t *pool = db_pool(app.db);

    if (db_token_by_repository(app.db, namespace, 0, app_now(),
                               take_of_repository, revoke)
        != OK) {
        return ERROR;
    }

    /* '0' follows '/' */
    return db_token_by_names(app.db, pool_printf(pool, "%s/", namespace),
                             pool_printf(pool, "%s0", namespace), app_now(),
                             take_of_names, revoke);
}


int
revoke_publish(const revoke_t *revoke)
{
    size_t failed = 0;

    if (revoke->n != 0 && !cache_has_servers(app.cache)) {
        log_warn("no memcached is set: where nginx asks one, %zu tokens may "
                 "grant what they did for up to %ld seconds",
                 revoke->n, app.settings.token_seconds);
    }

    for (const revoke_key_t *key = revoke->keys; key != NULL; key = key->next) {
        failed += cache_delete(app.cache, key->key_hash) != OK;
    }

    if (failed == 0) {
        return OK;
    }

    log_error("the change is made, but %zu of %zu verdicts may still be in "
              "memcached and grant what they did for up to %ld seconds",
              failed, revoke->n, app.settings.token_seconds);

    return ERROR;
}
