/* index_upkeep.c: what has ended is deleted also where no one calls. */

#include "index_upkeep.h"
#include "app.h"
#include "account/login.h"
#include "api/idempotency.h"
#include "audit/audit.h"
#include "community/star.h"
#include "db/db_account.h"
#include "db/db_activity.h"
#include "db/db_invitation.h"
#include "db/db_mirror.h"
#include "db/db_refresh_token.h"
#include "db/db_token.h"
#include "db/db_token_list.h"
#include "db/db_upkeep.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "mirror/mirror.h"
#include "mirror/pull_count.h"
#include "token/session.h"

#include <unistd.h>

#define DAY 86400
#define ROWS 500
#define BUDGET_MS 100
#define SOON_MS 1000


/* Each deletes some rows: OK, and db_changed() says how many; ERROR. */

static int
purge_audit(db_t *db, int64_t now)
{
    return audit_purge(db, now - app.settings.audit_days * DAY);
}


static int
purge_activity(db_t *db, int64_t now)
{
    return db_activity_purge(db, now - app.settings.activity_days * DAY, ROWS);
}


static int
purge_events(db_t *db, int64_t now)
{
    return db_event_purge(db, now - MIRROR_EVENTS_KEPT, ROWS);
}


static int
purge_pulls(db_t *db, int64_t now)
{
    return pull_count_purge(db, now, ROWS);
}


static int
purge_addresses(db_t *db, int64_t now)
{
    return db_account_address_purge(db, now - LOGIN_ADDRESS_KEPT, ROWS);
}


static int
purge_invitations(db_t *db, int64_t now)
{
    return db_invitation_purge(db, now, ROWS);
}


static int
purge_tokens(db_t *db, int64_t now)
{
    return db_token_purge(db, now, ROWS);
}


static int
purge_lists(db_t *db, int64_t now)
{
    return db_token_list_purge(db, now, ROWS);
}


static int
purge_refresh_tokens(db_t *db, int64_t now)
{
    return db_refresh_token_purge(db, now, ROWS);
}


static int (*const purges[])(db_t *db, int64_t now) = {
    purge_audit,          purge_activity,    purge_events,  purge_pulls,
    purge_addresses,      purge_invitations, purge_tokens,  purge_lists,
    purge_refresh_tokens, idempotency_purge, session_purge,
};


static long
every_ms(void)
{
    return app.settings.upkeep_every * 1000;
}


/* DECLINED where nothing is left, OK where time is over, ERROR. */
static int
purge(int (*fn)(db_t *db, int64_t now), int64_t end)
{
    do {
        if (fn(app.db, clock_now()) != OK) {
            return ERROR;
        }

        if (db_changed(app.db) == 0) {
            return DECLINED;
        }
    } while (clock_ms() < end);

    return OK;
}


static int
forget_accounts(int64_t end)
{
    int rc;

    do {
        rc = star_forget_left(app.db);
    } while (rc == OK && clock_ms() < end);

    return rc;
}


/* OK where there is more. */
static int
run(void)
{
    int64_t end = clock_ms() + BUDGET_MS;
    int rc = forget_accounts(end), result = rc;

    for (size_t i = 0; rc != ERROR && i < sizeof(purges) / sizeof(purges[0]);
         i++) {
        rc = purge(purges[i], end);
        result = rc == DECLINED ? result : rc;
    }

    return result;
}


static long
locked_run(void)
{
    upkeep_lock_row_t lock;
    upkeep_unlock_row_t unlock;
    int rc = db_upkeep_lock(app.db, &lock) == OK ? OK : ERROR;

    if (rc == OK && !lock.is_locked) {
        return every_ms();
    }

    if (rc == OK) {
        rc = run();

        /* the lock ends with its connection, too */
        if (db_upkeep_unlock(app.db, &unlock) == ERROR) {
            rc = ERROR;
        }
    }

    if (rc == ERROR) {
        log_info("what has ended was not deleted this time");
    }

    return rc == OK ? SOON_MS : every_ms();
}


long
upkeep_tick(void)
{
    static pool_t *pool;
    long ms;

    /* processes that begin together do not all do it at once */
    if (pool == NULL) {
        pool = pool_create();
        return getpid() % 100 * every_ms() / 100;
    }

    db_use(app.db, pool);
    ms = locked_run();
    pool_reset(pool);

    return ms;
}
