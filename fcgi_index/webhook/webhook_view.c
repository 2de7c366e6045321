/* webhook_view.c: webhooks and their deliveries as JSON. */

#include "webhook/webhook_view.h"
#include "webhook/callback.h"
#include "webhook/delivery.h"
#include "webhook/webhook.h"

#define ATTEMPTS_MAX 30 /* of a delivery: the latest */
#define LATEST_MAX 50   /* deliveries that the last attempt is looked for in */


static json_t *
events_model(uint64_t events)
{
    json_t *words = json_array();

    for (unsigned i = 0; webhook_choices[i] != NULL; i++) {
        if (events & webhook_event_bit(webhook_choices[i])) {
            json_array_append_new(words, json_string(webhook_choices[i]));
        }
    }

    return words;
}


static json_t *
id_or_null(uint64_t id)
{
    return id != 0 ? json_integer((json_int_t)id) : json_null();
}


json_t *
webhook_json(const webhook_row_t *row, int64_t now)
{
    return json_pack(
        "{s:I, s:s, s:s, s:o, s:o, s:b, s:o, s:b, s:b, s:o, s:I, s:o, s:o,"
        " s:o}",
        "id", (json_int_t)row->id, "url", row->url, "form",
        webhook_form_words[row->form], "events", events_model(row->events),
        "tag_pattern", json_text_or_null(row->tag_pattern), "host_in_name",
        row->has_host, "after", id_or_null(row->after_id), "has_authorization",
        row->credentials != NULL, "is_enabled", row->is_enabled, "off_reason",
        json_text_or_null(row->off_reason), "failures",
        (json_int_t)row->failures, "failing_since",
        json_time_or_null(row->failing_since), "paused_until",
        row->paused_until > now ? json_time(row->paused_until) : json_null(),
        "created_at", json_time(row->created_at));
}


static json_t *
status_or_null(uint64_t status)
{
    return status != 0 ? json_integer((json_int_t)status) : json_null();
}


int
webhook_last_json(db_t *db, uint64_t webhook_id, json_t **model_r)
{
    delivery_last_attempt_row_t row;
    int rc = db_delivery_last_attempt(db, webhook_id, LATEST_MAX, &row);

    if (rc != OK) {
        *model_r = json_null();
        return rc == DECLINED ? OK : ERROR;
    }

    *model_r = json_pack("{s:I, s:o, s:I, s:o, s:o}", "delivery",
                         (json_int_t)row.delivery_id, "at", json_time(row.at),
                         "milliseconds", (json_int_t)row.milliseconds, "status",
                         status_or_null(row.status), "error",
                         json_text_or_null(row.error));

    return OK;
}


/* --- deliveries ----------------------------------------------------------- */

static json_t *
callback_of(const delivery_row_t *row)
{
    if (row->callback_state == CALLBACK_NONE) {
        return json_null();
    }

    return json_pack("{s:o, s:s, s:o, s:o, s:o}", "at",
                     json_time_or_null(row->callback_at), "state",
                     callback_words[row->callback_state - 1], "description",
                     json_text_or_null(row->callback_description), "context",
                     json_text_or_null(row->callback_context), "target_url",
                     json_text_or_null(row->callback_target_url));
}


/* Of the last attempt; null where there was none yet. */
static json_t *
milliseconds_of(const delivery_row_t *row)
{
    return row->milliseconds != NULL
               ? json_integer((json_int_t)*row->milliseconds)
               : json_null();
}


json_t *
delivery_json(const delivery_row_t *row)
{
    bool is_due = row->state == DELIVERY_DUE || row->state == DELIVERY_WAITING;

    return json_pack(
        "{s:I, s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
        " s:o}",
        "id", (json_int_t)row->id, "event_id", row->uuid, "event",
        webhook_event_words[row->event], "number", (json_int_t)row->number,
        "state", delivery_state_words[row->state], "attempts",
        (json_int_t)row->attempts, "next_at",
        is_due ? json_time(row->next_at) : json_null(), "created_at",
        json_time(row->created_at), "finished_at",
        json_time_or_null(row->finished_at), "after",
        json_number_or_null(row->after_id), "callback", callback_of(row),
        "attempted_at", json_time_or_null(row->attempted_at), "milliseconds",
        milliseconds_of(row), "status",
        status_or_null(row->status != NULL ? *row->status : 0), "error",
        json_text_or_null(row->error));
}


static json_t *
attempt_model_of(const delivery_attempts_row_t *row)
{
    return json_pack(
        "{s:o, s:I, s:o, s:o, s:s, s:s, s:s, s:s}", "at", json_time(row->at),
        "milliseconds", (json_int_t)row->milliseconds, "status",
        status_or_null(row->status), "error", json_text_or_null(row->error),
        "request_headers", row->request_headers, "request_body",
        row->request_body, "response_headers", row->response_headers,
        "response_body", row->response_body);
}


int
delivery_log_json(db_t *db, const delivery_row_t *row, json_t **model_r)
{
    json_t *model = delivery_json(row), *log = json_array();
    delivery_attempts_row_t *rows;
    size_t n;

    *model_r = json_pooled(db_pool(db), model);
    json_object_set_new(model, "log", log);

    if (db_delivery_attempts(db, row->id, ATTEMPTS_MAX, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(log, attempt_model_of(&rows[i]));
    }

    return OK;
}
