/* idempotency.h: a creation that is sent again is done once.
 *
 * A client that does not know whether its request arrived sends it again with
 * the same Idempotency-Key, within a day.  It gets the answer of the first one
 * again; but where that had a secret, 409.  The same key with another request
 * is 422.  Only callers with an account have keys. */

#ifndef IDEMPOTENCY_H
#define IDEMPOTENCY_H

#include "api/api.h"

#define IDEMPOTENCY_KEY_MAX 255

/* Whether the key, if there is one, is of a form that it may have.  OK, or
 * ERROR with a problem. */
int idempotency_check(api_t *api);

/* In the transaction, before the handler: OK where the request is new, or has
 * no key; DECLINED where it was answered again; ERROR. */
int idempotency_begin(api_t *api);

/* Behind the handler: keeps its answer.  OK or ERROR. */
int idempotency_end(api_t *api);

/* Takes away some answers that are old. */
int idempotency_purge(db_t *db, int64_t now);

#endif
