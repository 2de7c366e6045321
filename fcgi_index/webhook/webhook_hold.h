/* webhook_hold.h: webhooks get what a push of the original protocol did when
 * the client says that it is at its end.
 *
 * Between the allocation of a repository and the end of the push the store
 * reports tags one by one, and they are in the mirror at once.  Their events
 * are held here.  A client that never ends its push delays them for
 * WEBHOOK_HOLD_SECONDS; the courier sends them then. */

#ifndef WEBHOOK_HOLD_H
#define WEBHOOK_HOLD_H

#include "webhook/webhook.h"

#define WEBHOOK_HOLD_SECONDS 900

/* Each of these runs in a transaction; OK or ERROR: the database failed. */

/* A push of an account begins, or goes on. */
int webhook_hold_begin(db_t *db, uint64_t repository_id, const char *actor,
                       int64_t now);

/* It is at its end: webhook_emit() for what was held, of a large push for the
 * first part of it; the courier has the rest. */
int webhook_hold_end(db_t *db, uint64_t repository_id, const char *actor);

/* webhook_emit() of a push of a manifest, now or when its push is at its
 * end. */
int webhook_emit_push(db_t *db, const webhook_event_t *event, int64_t now);

/* Emits some of what is due, in a transaction of its own.  *n_r is their
 * number. */
int webhook_hold_release(db_t *db, int64_t now, size_t *n_r);

#endif
