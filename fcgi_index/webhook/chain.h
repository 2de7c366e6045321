/* chain.h: webhooks that are called one behind the other, as Docker Hub's were:
 * the next one only after the receiver of the one before has reported success
 * to its callback_url (callback.h).
 *
 * A delivery of a webhook behind another one is written together with that
 * one's, and waits for it.  It becomes due by a callback, or it is broken: by a
 * failure, or where no callback came in time. */

#ifndef CHAIN_H
#define CHAIN_H

#include "db/db_webhook.h"
#include "fcgi_core/core.h"

#define CHAIN_LATE_ROWS 100

/* Whether a webhook may come after another one of its scope, whose webhooks are
 * rows; id 0: one that is being made.  NULL, or what is wrong. */
const char *chain_fault(const webhook_order_row_t *rows, size_t n, uint64_t id,
                        uint64_t after_id);

/* The first of rows that comes after a webhook; 0 for none. */
uint64_t chain_next(const webhook_order_row_t *rows, size_t n, uint64_t id);

/* All of these are parts of the caller's transaction and return OK or ERROR:
 * the database failed.  id is that of the delivery that others wait for. */

/* It was accepted: others wait until a time. */
int chain_accepted(db_t *db, uint64_t id, int64_t until);

/* Its receiver has reported success: those that wait for it are due. */
int chain_release(db_t *db, uint64_t id, int64_t now);

/* Those that wait for it are broken, and those that wait for these. */
int chain_break(db_t *db, uint64_t id, int64_t now);

/* It is sent again: what is broken behind it waits again. */
int chain_restart(db_t *db, uint64_t id, int64_t now);

/* Breaks what has waited too long for a webhook's turn, CHAIN_LATE_ROWS at
 * most. */
int chain_late(db_t *db, uint64_t webhook_id, int64_t now);

#endif
