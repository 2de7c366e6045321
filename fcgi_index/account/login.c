/* login.c: logins with a password. */

#include "account/login.h"
#include "db/db_account.h"
#include "account/login_limit.h"
#include "account/login_memory.h"
#include "account/password.h"
#include "audit/audit.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/semaphore.h"

#define WAIT_MS 200 /* for a place */
#define RETRY_AFTER 1
#define PURGE_BATCH 16
#define LOG_MS 10000

typedef struct {
    req_t *rq;
    db_t *db;
    str_t login;
    str_t password;
    const char *network; /* NULL: not known */
    account_password_t stored;
    password_fingerprint_t print;
} login_t;

static semaphore_t *semaphore;


int
login_open(pool_t *pool, long processes)
{
    semaphore = semaphore_create(pool, processes > 1 ? processes / 2 : 1);

    return semaphore != NULL && login_limit_open() == OK
                   && login_memory_open() == OK
               ? OK
               : ERROR;
}


/* --- refusals ------------------------------------------------------------- */

/* At most one line in ten seconds: a flood must not fill the log. */
static int
hold_back(req_t *rq, reg_err_t err, unsigned seconds, const char *why)
{
    static int64_t next;

    if (clock_ms() >= next) {
        next = clock_ms() + LOG_MS;
        log_warn("logins are limited: %s: remote_addr=%s", why,
                 rq->remote_addr);
    }

    rq->retry_after = seconds;

    return req_fail(rq, err, "%s", why);
}


static int
is_known(login_t *l, bool *is_known_r)
{
    account_address_find_row_t row;
    int rc = db_account_address_find(l->db, pool_strndup(l->rq->pool, l->login),
                                     l->network,
                                     clock_now() - LOGIN_ADDRESS_KEPT, &row);

    *is_known_r = rc == OK;

    return rc == ERROR ? req_unavailable(l->rq, DB_RETRY_SECONDS) : OK;
}


/* Limits that exempt known addresses are checked twice: the database is
 * queried only if one is reached. */
static int
check_limits(login_t *l)
{
    bool known;
    unsigned wait;

    if (l->network == NULL) {
        return OK;
    }

    wait = login_limit_wait(l->login, l->network, true);

    if (wait == 0) {
        wait = login_limit_wait(l->login, l->network, false);

        if (wait != 0 && is_known(l, &known) != OK) {
            return ERROR;
        }

        wait = wait != 0 && known ? 0 : wait;
    }

    return wait == 0 ? OK
                     : hold_back(l->rq, REG_ERR_TOOMANYREQUESTS, wait,
                                 "too many wrong passwords");
}


/* OK in the semaphore; else ERROR.  The connection is checked behind the
 * semaphore, so that no check begins for a client that went before it was
 * free. */
static int
enter(req_t *rq)
{
    if (semaphore_take(semaphore) == OK) {
        if (!req_client_gone(rq)) {
            return OK;
        }

        semaphore_release(semaphore);

        return req_fail(rq, REG_ERR_UNAVAILABLE, "the client has gone");
    }

    if (rq->may_defer && clock_ms() < rq->accepted_at + WAIT_MS) {
        return req_defer(rq);
    }

    return hold_back(rq, REG_ERR_UNAVAILABLE, RETRY_AFTER,
                     "too many passwords are being checked");
}


/* --- the check ------------------------------------------------------------ */

static int
load(login_t *l)
{
    const account_password_t *stored = &l->stored;

    if (account_password(l->db, l->login, &l->stored) != OK) {
        return req_unavailable(l->rq, DB_RETRY_SECONDS);
    }

    l->print = password_fingerprint(
        (const str_t[]){
            l->login,
            reg_cstr(stored->password_hash != NULL ? stored->password_hash
                                                   : ""),
            l->password,
            reg_cstr(l->network != NULL ? l->network : ""),
            reg_cstr(stored->is_disabled ? "disabled" : ""),
        },
        5);

    return OK;
}


/* What a success leaves is not worth failing it for. */
static void
remember(login_t *l)
{
    int64_t now = clock_now();

    login_memory_add(LOGIN_RIGHT, &l->print);

    if (db_account_logged_in(l->db, l->stored.account.id, now) != OK) {
        log_info("the time of a login was not stored");
    }

    if (l->network != NULL
        && (db_account_address_add(l->db, l->stored.account.id, l->network, now)
                != OK
            || db_account_address_purge(l->db, now - LOGIN_ADDRESS_KEPT,
                                        PURGE_BATCH)
                   != OK)) {
        log_info("the address of a login was not stored");
    }
}


static int
verify(login_t *l)
{
    if (!password_verify(l->stored.password_hash, l->password)
        || l->stored.is_disabled) {
        if (l->network != NULL) {
            login_limit_count(l->login, l->network);
            login_memory_add(LOGIN_WRONG, &l->print);
        }

        audit_login_failure(l->db, l->login, l->rq->remote_addr, clock_now());

        return DECLINED;
    }

    account_rehash(l->db, &l->stored, l->password);
    remember(l);

    return OK;
}


/* What is remembered costs no check and meets no limit.  A client that repeats
 * an old password guesses nothing, and must not lock out those at its address
 * that have the new one. */
static int
check(login_t *l)
{
    if (load(l) != OK) {
        return ERROR;
    }

    if (login_memory_has(LOGIN_RIGHT, &l->print)) {
        return OK;
    }

    if (login_memory_has(LOGIN_WRONG, &l->print)) {
        return DECLINED;
    }

    return check_limits(l) == OK && enter(l->rq) == OK ? verify(l) : ERROR;
}


/* A request that was deferred needs a place first: what it looked up then, it
 * looks up again when there is one. */
int
login_password(req_t *rq, db_t *db, str_t login, str_t password,
               account_t *account_r)
{
    login_t l = { .rq = rq,
                  .db = db,
                  .login = login,
                  .password = password,
                  .network = login_limit_network(rq->pool, rq->remote_addr) };
    int rc;

    if (password.len > PASSWORD_MAX) {
        return DECLINED;
    }

    rc = rq->is_resumed ? enter(rq) : OK;

    if (rc == OK) {
        rc = check(&l);
    }

    semaphore_release(semaphore);

    if (rc == OK) {
        *account_r = l.stored.account;
    }

    return rc;
}


int
login_hash(req_t *rq, str_t password, const char **hash_r)
{
    int rc = enter(rq);

    if (rc == OK && password_hash(rq->pool, password, hash_r) != OK) {
        rc = req_fail(rq, REG_ERR_UNAVAILABLE, NULL);
    }

    semaphore_release(semaphore);

    return rc;
}
