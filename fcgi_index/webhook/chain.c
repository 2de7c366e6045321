/* chain.c: webhooks that are called one behind the other. */

#include "webhook/chain.h"
#include "webhook/delivery.h"
#include "webhook/webhook.h"


/* --- webhooks ------------------------------------------------------------- */

static const webhook_order_row_t *
row_find(const webhook_order_row_t *rows, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].id == id) {
            return &rows[i];
        }
    }

    return NULL;
}


const char *
chain_fault(const webhook_order_row_t *rows, size_t n, uint64_t id,
            uint64_t after_id)
{
    const webhook_order_row_t *row = row_find(rows, n, after_id);

    if (row == NULL) {
        return "there is no such webhook here";
    }

    if (row->form != WEBHOOK_FORM_DOCKER_HUB) {
        return "only the form docker_hub has the callback_url that it needs";
    }

    /* a longer way than there are rows leads round in a circle */
    for (size_t i = 0; row != NULL && i < n; i++) {
        if (row->id == id) {
            return "that webhook comes after this one";
        }

        row = row_find(rows, n, row->after_id);
    }

    return NULL;
}


uint64_t
chain_next(const webhook_order_row_t *rows, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i].after_id == id) {
            return rows[i].id;
        }
    }

    return 0;
}


/* --- deliveries ----------------------------------------------------------- */

/* What comes after a delivery, and what comes after that: no more levels than
 * webhooks of a scope, which are in no circle. */
static int
followers_move(db_t *db, uint64_t id, delivery_state_t from,
               delivery_state_t to, int64_t next_at, const int64_t *finished_at)
{
    delivery_followers_row_t *rows;
    size_t n;
    int rc = db_delivery_followers(db, id, from, WEBHOOKS_MAX, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = db_delivery_move(db, rows[i].id, to, next_at, finished_at);

        if (rc == OK) {
            rc = followers_move(db, rows[i].id, from, to, next_at, finished_at);
        }
    }

    return rc;
}


int
chain_accepted(db_t *db, uint64_t id, int64_t until)
{
    return db_delivery_wait(db, id, until);
}


/* What waits for those that are due now has all the time that they have. */
int
chain_release(db_t *db, uint64_t id, int64_t now)
{
    delivery_followers_row_t *rows;
    size_t n;
    int rc = db_delivery_followers(db, id, DELIVERY_WAITING, WEBHOOKS_MAX,
                                   &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = db_delivery_move(db, rows[i].id, DELIVERY_DUE, now, NULL);

        if (rc == OK) {
            rc = followers_move(db, rows[i].id, DELIVERY_WAITING,
                                DELIVERY_WAITING, now + DELIVERY_CHAIN_SECONDS,
                                NULL);
        }
    }

    return rc;
}


int
chain_break(db_t *db, uint64_t id, int64_t now)
{
    return followers_move(db, id, DELIVERY_WAITING, DELIVERY_BROKEN, 0, &now);
}


int
chain_restart(db_t *db, uint64_t id, int64_t now)
{
    return followers_move(db, id, DELIVERY_BROKEN, DELIVERY_WAITING,
                          now + DELIVERY_CHAIN_SECONDS, NULL);
}


int
chain_late(db_t *db, uint64_t webhook_id, int64_t now)
{
    delivery_late_row_t *rows;
    size_t n;
    int rc = db_delivery_late(db, webhook_id, now, CHAIN_LATE_ROWS, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = db_delivery_move(db, rows[i].id, DELIVERY_BROKEN, 0, &now);

        if (rc == OK) {
            rc = chain_break(db, rows[i].id, now);
        }
    }

    return rc;
}
