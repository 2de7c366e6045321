/* api_webhook.h: webhooks of a repository, of a namespace and of the
 * installation, and their deliveries.  The handlers serve all three. */

#ifndef API_WEBHOOK_H
#define API_WEBHOOK_H

#include "api/route.h"

extern const field_t api_webhook_create_body[];
extern const field_t api_webhook_edit_body[];
extern const field_t api_webhook_rotate_body[];
extern const field_t api_webhook_delivery_list_query[];
extern const field_t api_webhook_callback_body[];
extern const model_t api_webhook_model;
extern const model_t api_webhook_secret_model; /* with the secret */
extern const model_t api_webhook_delivery_model;
extern const model_t api_webhook_log_model; /* a delivery with its attempts */
extern const model_t api_webhook_failing_model; /* without its secrets */

int api_webhook_list(api_t *api);
int api_webhook_create(api_t *api);
int api_webhook_get(api_t *api);
int api_webhook_edit(api_t *api);
int api_webhook_delete(api_t *api);
int api_webhook_rotate(api_t *api);
int api_webhook_test(api_t *api);
int api_webhook_delivery_list(api_t *api);
int api_webhook_delivery_get(api_t *api);
int api_webhook_delivery_again(api_t *api);
int api_webhook_dead_again(api_t *api);
int api_webhook_failing(api_t *api);
int api_webhook_callback(api_t *api);

#endif
