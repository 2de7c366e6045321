/* webhook_view.h: webhooks and their deliveries as JSON, with the fields that
 * the API has. */

#ifndef WEBHOOK_VIEW_H
#define WEBHOOK_VIEW_H

#include "db/db_delivery.h"
#include "db/db_webhook.h"
#include "fcgi_core/json.h"

json_t *webhook_json(const webhook_row_t *row, int64_t now);

/* The last attempt that was made for a webhook; null where there was none for
 * its latest deliveries.  OK, or ERROR where the database failed. */
int webhook_last_json(db_t *db, uint64_t webhook_id, json_t **model_r);

json_t *delivery_json(const delivery_row_t *row);

/* A delivery with its attempts, the latest first, in the pool of db.  OK, or
 * ERROR where the database failed. */
int delivery_log_json(db_t *db, const delivery_row_t *row, json_t **model_r);

#endif
