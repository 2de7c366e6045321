/* api_webhook.c: webhooks and their deliveries. */

#include "api/api_webhook.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/problem.h"
#include "app.h"
#include "common/range.h"
#include "fcgi_core/reply.h"
#include "token/token.h"
#include "webhook/callback.h"
#include "webhook/delivery.h"
#include "webhook/webhook_change.h"
#include "webhook/webhook_view.h"

#define EVENTS_MAX 7
#define ID_MAX 9007199254740991 /* that every reader of JSON knows */

#define FIELD(field_name, field_type, ...)                                     \
    {                                                                          \
        .name = field_name, .type = field_type, __VA_ARGS__                    \
    }


static const grammar_t grammar_tag_pattern = { "^[a-zA-Z0-9._*-]+$",
                                               webhook_is_tag_pattern };

/* --- fields --------------------------------------------------------------- */

#define REQUEST_FIELDS(needed)                                                 \
    FIELD("url", FIELD_STRING, .flags = needed, .min = 1,                      \
          .max = WEBHOOK_URL_MAX,                                              \
          .help = "Where events are sent, http or https."),                    \
        FIELD("form", FIELD_STRING, .min = 1, .max = 32,                       \
              .values = webhook_form_words,                                    \
              .help = "Of the bodies; slipway by default."),                   \
        FIELD("events", FIELD_STRINGS, .flags = needed, .min = 1,              \
              .max = EVENTS_MAX, .values = webhook_choices,                    \
              .help = "What it wants to know; the form must have words for "   \
                      "it."),                                                  \
        FIELD("tag_pattern", FIELD_STRING, .flags = FIELD_NULLABLE, .min = 1,  \
              .max = WEBHOOK_PATTERN_MAX, .grammar = &grammar_tag_pattern,     \
              .help = "Pushes and deletes of these tags only, with * for any " \
                      "characters; null: all."),                               \
        FIELD("host_in_name", FIELD_BOOLEAN,                                   \
              .help = "Of the form docker_hub: the registry's host stands in " \
                      "front of repo_name."),                                  \
        FIELD("after", FIELD_INTEGER, .flags = FIELD_NULLABLE, .min = 1,       \
              .max = ID_MAX,                                                   \
              .help = "Another webhook of the same list, of the form "         \
                      "docker_hub: this one gets what that one gets, once "    \
                      "its receiver has reported success to callback_url.  "   \
                      "null: none."),                                          \
        FIELD("authorization", FIELD_STRING,                                   \
              .flags = FIELD_NULLABLE | FIELD_SECRET, .min = 1,                \
              .max = WEBHOOK_CREDENTIALS_MAX,                                  \
              .help = "Sent as the header Authorization, as it stands; null: " \
                      "none.  Never shown.")

const field_t api_webhook_create_body[] = {
    REQUEST_FIELDS(FIELD_REQUIRED),
    { .name = NULL },
};

const field_t api_webhook_edit_body[] = {
    REQUEST_FIELDS(0),
    FIELD("is_enabled", FIELD_BOOLEAN, .help = "Whether events are sent."),
    { .name = NULL },
};

const field_t api_webhook_rotate_body[] = {
    FIELD("grace_hours", FIELD_INTEGER, .min = 0, .max = WEBHOOK_GRACE_MAX,
          .help = "How long the old secret signs, too; 24 by default."),
    { .name = NULL },
};

#define MODEL_FIELDS                                                           \
    FIELD("id", FIELD_INTEGER, .help = "Its number."),                         \
        FIELD("url", FIELD_STRING, .help = "Where events are sent."),          \
        FIELD("form", FIELD_STRING, .values = webhook_form_words,              \
              .help = "Of the bodies."),                                       \
        FIELD("events", FIELD_STRINGS, .values = webhook_choices,              \
              .help = "What it wants to know."),                               \
        FIELD("tag_pattern", FIELD_STRING, .flags = FIELD_NULLABLE,            \
              .help = "Of the tags that count; null: all."),                   \
        FIELD("host_in_name", FIELD_BOOLEAN,                                   \
              .help = "Whether the host stands in front of repo_name."),       \
        FIELD("after", FIELD_INTEGER, .flags = FIELD_NULLABLE,                 \
              .help = "The webhook that it comes after; null: none."),         \
        FIELD("has_authorization", FIELD_BOOLEAN,                              \
              .help = "Whether the header Authorization is sent."),            \
        FIELD("is_enabled", FIELD_BOOLEAN,                                     \
              .help = "Whether events are sent."),                             \
        FIELD("off_reason", FIELD_STRING, .flags = FIELD_NULLABLE,             \
              .help = "Why the courier switched it off."),                     \
        FIELD("failures", FIELD_INTEGER,                                       \
              .help = "Attempts that failed since the last success."),         \
        FIELD("failing_since", FIELD_TIME, .flags = FIELD_NULLABLE,            \
              .help = "When the first of them was made."),                     \
        FIELD("paused_until", FIELD_TIME, .flags = FIELD_NULLABLE,             \
              .help = "Nothing is sent before: the receiver failed several "   \
                      "times, or asked for it."),                              \
        FIELD("created_at", FIELD_TIME, .help = "When it was made.")

#define ATTEMPT_SUM                                                            \
    FIELD("milliseconds", FIELD_INTEGER, .help = "How long it took."),         \
        FIELD("status", FIELD_INTEGER, .flags = FIELD_NULLABLE,                \
              .help = "Of the answer; null where none came."),                 \
        FIELD("error", FIELD_STRING, .flags = FIELD_NULLABLE,                  \
              .help = "Why none came.")

static const field_t last_fields[] = {
    FIELD("delivery", FIELD_INTEGER, .help = "Number of the delivery."),
    FIELD("at", FIELD_TIME, .help = "When it was sent."),
    ATTEMPT_SUM,
    { .name = NULL },
};

static const model_t last_model = { "WebhookLastAttempt", last_fields };

#define LAST                                                                   \
    FIELD("last_attempt", FIELD_OBJECT, .flags = FIELD_NULLABLE,               \
          .model = &last_model,                                                \
          .help = "The last attempt of its latest deliveries; null: none.")

static const field_t model_fields[] = { MODEL_FIELDS, LAST, { .name = NULL } };

static const field_t secret_fields[] = {
    MODEL_FIELDS,
    LAST,
    FIELD("secret", FIELD_STRING,
          .help = "What signatures are made with; shown this once."),
    { .name = NULL },
};

const model_t api_webhook_model = { "Webhook", model_fields };
const model_t api_webhook_secret_model = { "WebhookWithSecret", secret_fields };

/* Text from outside. */
static const field_t callback_fields[] = {
    FIELD("at", FIELD_TIME, .help = "When it came."),
    FIELD("state", FIELD_STRING, .values = callback_words,
          .help = "What came of the event."),
    FIELD("description", FIELD_TEXT, .flags = FIELD_NULLABLE,
          .help = "In the words of the receiver."),
    FIELD("context", FIELD_TEXT, .flags = FIELD_NULLABLE,
          .help = "Who the receiver says that it is."),
    FIELD("target_url", FIELD_STRING, .flags = FIELD_NULLABLE,
          .help = "Where the receiver says that there is more; http or https."),
    { .name = NULL },
};

static const model_t callback_model = { "WebhookCallback", callback_fields };

const field_t api_webhook_delivery_list_query[] = {
    FIELD("state", FIELD_STRING, .min = 1, .max = 32,
          .values = delivery_state_words,
          .help = "Of the deliveries; all where it is not given."),
    { .name = NULL },
};

const field_t api_webhook_callback_body[] = {
    FIELD("state", FIELD_STRING, .flags = FIELD_REQUIRED, .min = 1, .max = 32,
          .values = callback_words, .help = "What came of the event."),
    FIELD("description", FIELD_STRING, .flags = FIELD_NULLABLE, .max = 255,
          .help = "For people."),
    FIELD("context", FIELD_STRING, .flags = FIELD_NULLABLE, .max = 100,
          .help = "Who reports it."),
    FIELD("target_url", FIELD_STRING, .flags = FIELD_NULLABLE,
          .max = WEBHOOK_URL_MAX, .help = "Where there is more about it."),
    { .name = NULL },
};

#define DELIVERY_FIELDS                                                        \
    FIELD("id", FIELD_INTEGER, .help = "Its number."),                         \
        FIELD("event_id", FIELD_STRING,                                        \
              .help = "Of the event: the header webhook-id."),                 \
        FIELD("event", FIELD_STRING, .values = webhook_event_words,            \
              .help = "What happened."),                                       \
        FIELD("number", FIELD_INTEGER,                                         \
              .help = "Counts the events of the repository."),                 \
        FIELD("state", FIELD_STRING, .values = delivery_state_words,           \
              .help = "due: it is sent, perhaps again; done: it was "          \
                      "accepted; dead: it is not sent any more; waiting: for " \
                      "the callback of the webhook before it; broken: that "   \
                      "was a failure, or did not come."),                      \
        FIELD("attempts", FIELD_INTEGER,                                       \
              .help = "How often it was sent since it was last due."),         \
        FIELD("next_at", FIELD_TIME, .flags = FIELD_NULLABLE,                  \
              .help = "When it is sent next; null where it is not."),          \
        FIELD("created_at", FIELD_TIME, .help = "When it became due."),        \
        FIELD("finished_at", FIELD_TIME, .flags = FIELD_NULLABLE,              \
              .help = "When it was accepted, or given up."),                   \
        FIELD("after", FIELD_INTEGER, .flags = FIELD_NULLABLE,                 \
              .help = "The delivery that it waits for, or has waited for."),   \
        FIELD("callback", FIELD_OBJECT, .flags = FIELD_NULLABLE,               \
              .model = &callback_model,                                        \
              .help = "What the receiver said to callback_url, at last."),     \
        FIELD("attempted_at", FIELD_TIME, .flags = FIELD_NULLABLE,             \
              .help = "When the last attempt was made; null: none was, or it " \
                      "is not kept any more, as with the next three."),        \
        FIELD("milliseconds", FIELD_INTEGER, .flags = FIELD_NULLABLE,          \
              .help = "How long it took."),                                    \
        FIELD("status", FIELD_INTEGER, .flags = FIELD_NULLABLE,                \
              .help = "Of its answer; null where none came."),                 \
        FIELD("error", FIELD_STRING, .flags = FIELD_NULLABLE,                  \
              .help = "Why none came.")

static const field_t attempt_fields[] = {
    FIELD("at", FIELD_TIME, .help = "When it was sent."),
    ATTEMPT_SUM,
    FIELD("request_headers", FIELD_TEXT, .help = "What was sent."),
    FIELD("request_body", FIELD_TEXT, .help = "What was sent, cut at 4 KiB."),
    FIELD("response_headers", FIELD_TEXT,
          .help = "What was answered, cut at 4 KiB."),
    FIELD("response_body", FIELD_TEXT,
          .help = "What was answered, cut at 4 KiB."),
    { .name = NULL },
};

static const model_t attempt_model = { "WebhookAttempt", attempt_fields };

static const field_t delivery_fields[] = { DELIVERY_FIELDS, { .name = NULL } };

static const field_t log_fields[] = {
    DELIVERY_FIELDS,
    FIELD("log", FIELD_OBJECTS, .model = &attempt_model,
          .help = "The attempts, the latest first."),
    { .name = NULL },
};

const model_t api_webhook_delivery_model = { "WebhookDelivery",
                                             delivery_fields };
const model_t api_webhook_log_model = { "WebhookDeliveryLog", log_fields };


/* --- what is asked for ---------------------------------------------------- */

static webhook_scope_t
scope_of(const api_t *api)
{
    return (webhook_scope_t){
        .namespace_id = api->repository.id != 0 ? api->access.facts.namespace_id
                                                : api->namespace.id,
        .repository_id = api->repository.id,
    };
}


static webhook_work_t
work_of(const api_t *api)
{
    return (webhook_work_t){
        .db = api->db,
        .actor = &api->actor,
        .scope = scope_of(api),
        .name = api->repository.id != 0 ? api->repository.name
                                        : api->namespace.name,
        .key = token_derive(api->pool, app.secret, WEBHOOK_KEY_PURPOSE),
        .now = api->now
    };
}


/* OK, or ERROR with a problem. */
static int
done(api_t *api, const webhook_work_t *work, int rc)
{
    static const problem_t problems[] = {
        [WEBHOOK_FAULT_NOT_FOUND] = PROBLEM_NOT_FOUND,
        [WEBHOOK_FAULT_FIELD] = PROBLEM_FIELD,
        [WEBHOOK_FAULT_CONFLICT] = PROBLEM_CONFLICT,
    };

    if (rc == OK) {
        return OK;
    }

    return rc == DECLINED
               ? problem_fail(api, problems[work->fault], work->field,
                              work->message != NULL ? "%s" : NULL,
                              work->message)
               : problem_database(api);
}


static int
find(api_t *api, webhook_work_t *work, webhook_row_t *row_r)
{
    return done(api, work,
                webhook_find(work, api_param_number(api, "id"), row_r));
}


static int
take(api_t *api, webhook_work_t *work, webhook_row_t *row_r)
{
    return done(api, work,
                webhook_take(work, api_param_number(api, "id"), row_r));
}


/* --- what is answered ----------------------------------------------------- */

/* A webhook with its last attempt.  OK, or ERROR with a problem. */
static int
model_of(api_t *api, const webhook_row_t *row, json_t **model_r)
{
    json_t *last;

    if (webhook_last_json(api->db, row->id, &last) != OK) {
        return problem_database(api);
    }

    *model_r = webhook_json(row, api->now);
    json_object_set_new(*model_r, "last_attempt", last);

    return OK;
}


static int
reply_webhook(api_t *api, int status, uint64_t id, const char *secret)
{
    webhook_work_t work = work_of(api);
    webhook_row_t row;
    json_t *model = NULL;

    if (done(api, &work, webhook_find(&work, id, &row)) != OK) {
        return ERROR;
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    if (model_of(api, &row, &model) != OK) {
        return ERROR;
    }

    if (secret != NULL) {
        json_object_set_new(model, "secret", json_string(secret));
    }

    return reply_json(api->rq, status, model);
}


/* --- changes -------------------------------------------------------------- */

static unsigned
events_of(json_t *words)
{
    unsigned events = 0;
    json_t *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        events |= webhook_event_bit(json_string_value(word));
    }

    return events;
}


/* What the request does not say stays as it is. */
static int
wanted_read(api_t *api, const webhook_work_t *work, webhook_wanted_t *wanted)
{
    const char *authorization = api_str(api, "authorization");
    json_t *events = api_strings(api, "events");

    if (api_has(api, "url")) {
        wanted->url = api_str(api, "url");
    }

    if (api_has(api, "form")) {
        webhook_form_parse(api_str(api, "form"), &wanted->form);
    }

    if (events != NULL) {
        wanted->events = events_of(events);
    }

    if (api_has(api, "tag_pattern")) {
        wanted->tag_pattern = api_str(api, "tag_pattern");
    }

    if (api_has(api, "authorization")) {
        wanted->credentials = webhook_seal(work, authorization);
    }

    if (api_has(api, "after")) {
        wanted->after_id = (uint64_t)api_integer(api, "after", 0);
    }

    wanted->has_host = api_boolean(api, "host_in_name", wanted->has_host);
    wanted->is_enabled = api_boolean(api, "is_enabled", wanted->is_enabled);

    return authorization == NULL
                   || webhook_is_header_value(reg_cstr(authorization))
               ? OK
               : problem_fail(api, PROBLEM_FIELD, "authorization",
                              "it has characters that no header may have");
}


int
api_webhook_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    webhook_scope_t scope = scope_of(api);
    webhook_row_t *rows;
    json_t *model = NULL;
    uint64_t after;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    if (db_webhook_list(api->db, scope.namespace_id, scope.repository_id, after,
                        limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        if (model_of(api, &rows[i], &model) != OK) {
            return ERROR;
        }

        json_array_append_new(items, model);
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


/* Where the path that asked leads. */
static void
locate(api_t *api, uint64_t id)
{
    str_t prefix = { strlen(API_PREFIX), (unsigned char *)API_PREFIX };
    const char *uri = req_param(api->rq, "REQUEST_URI");

    if (strncmp(uri, (const char *)prefix.data, prefix.len) == 0) {
        api_location(api, "%.*s/%llu", (int)strcspn(uri + prefix.len, "?"),
                     uri + prefix.len, (unsigned long long)id);
    }
}


int
api_webhook_create(api_t *api)
{
    webhook_wanted_t wanted = { .form = WEBHOOK_FORM_SLIPWAY };
    webhook_work_t work = work_of(api);
    const char *secret;
    uint64_t id;

    if (wanted_read(api, &work, &wanted) != OK
        || done(api, &work, webhook_add(&work, &wanted, &secret, &id)) != OK) {
        return ERROR;
    }

    locate(api, id);

    return reply_webhook(api, 201, id, secret);
}


int
api_webhook_get(api_t *api)
{
    return reply_webhook(api, 200, api_param_number(api, "id"), NULL);
}


int
api_webhook_edit(api_t *api)
{
    webhook_work_t work = work_of(api);
    webhook_wanted_t wanted;
    webhook_row_t row;

    if (take(api, &work, &row) != OK
        || etag_check(api, row.id, row.edition) != OK) {
        return ERROR;
    }

    wanted = webhook_wanted(&row);

    return wanted_read(api, &work, &wanted) == OK
                   && done(api, &work, webhook_edit(&work, row.id, &wanted))
                          == OK
               ? reply_webhook(api, 200, row.id, NULL)
               : ERROR;
}


int
api_webhook_delete(api_t *api)
{
    webhook_work_t work = work_of(api);
    webhook_row_t row;

    return take(api, &work, &row) == OK
                   && done(api, &work, webhook_delete(&work, row.id)) == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}


int
api_webhook_rotate(api_t *api)
{
    int64_t grace = api_integer(api, "grace_hours", WEBHOOK_GRACE) * 3600;
    webhook_work_t work = work_of(api);
    const char *secret;
    webhook_row_t row;

    return take(api, &work, &row) == OK
                   && done(api, &work,
                           webhook_rotate(&work, row.id, grace, &secret))
                          == OK
               ? reply_webhook(api, 200, row.id, secret)
               : ERROR;
}


/* --- deliveries ----------------------------------------------------------- */

static int
reply_delivery(api_t *api, int status, uint64_t webhook_id, uint64_t id)
{
    webhook_work_t work = work_of(api);
    delivery_row_t row;

    return done(api, &work, webhook_find_delivery(&work, webhook_id, id, &row))
                   == OK
               ? reply_json(api->rq, status, delivery_json(&row))
               : ERROR;
}


int
api_webhook_test(api_t *api)
{
    webhook_work_t work = work_of(api);
    webhook_row_t row;
    uint64_t id;

    return take(api, &work, &row) == OK
                   && done(api, &work, webhook_test(&work, &row, &id)) == OK
               ? reply_delivery(api, 202, row.id, id)
               : ERROR;
}


/* Of one state, or of all. */
static int
rows_find(api_t *api, uint64_t webhook_id, uint64_t before, size_t limit,
          delivery_row_t **rows_r, size_t *n_r)
{
    const char *word = api_str(api, "state");
    uint64_t state = 0;
    int rc;

    if (word == NULL) {
        rc = db_delivery_list(api->db, webhook_id, before, limit, rows_r, n_r);

    } else {
        while (strcmp(delivery_state_words[state], word) != 0) {
            state++;
        }

        rc = db_delivery_list_state(api->db, webhook_id, state, before, limit,
                                    rows_r, n_r);
    }

    return rc == OK ? OK : problem_database(api);
}


/* The latest first. */
int
api_webhook_delivery_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    delivery_row_t *rows;
    webhook_work_t work = work_of(api);
    webhook_row_t row;
    uint64_t before;

    if (find(api, &work, &row) != OK
        || cursor_number(api, INT64_MAX, &before) != OK
        || rows_find(api, row.id, before, limit + 1, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, delivery_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


int
api_webhook_delivery_get(api_t *api)
{
    webhook_work_t work = work_of(api);
    delivery_row_t delivery;
    webhook_row_t row;
    json_t *model = NULL;

    if (find(api, &work, &row) != OK
        || done(api, &work,
                webhook_find_delivery(&work, row.id,
                                      api_param_number(api, "delivery"),
                                      &delivery))
               != OK) {
        return ERROR;
    }

    return delivery_log_json(api->db, &delivery, &model) == OK
               ? reply_json(api->rq, 200, json_incref(model))
               : problem_database(api);
}


int
api_webhook_delivery_again(api_t *api)
{
    uint64_t id = api_param_number(api, "delivery");
    webhook_work_t work = work_of(api);
    webhook_row_t row;

    return take(api, &work, &row) == OK
                   && done(api, &work, webhook_redeliver(&work, &row, id)) == OK
               ? reply_delivery(api, 202, row.id, id)
               : ERROR;
}


int
api_webhook_dead_again(api_t *api)
{
    webhook_work_t work = work_of(api);
    webhook_row_t row;

    return take(api, &work, &row) == OK
                   && done(api, &work, webhook_redeliver_dead(&work, &row))
                          == OK
               ? reply_empty(api->rq, 202)
               : ERROR;
}


/* --- those that fail ------------------------------------------------------ */

static const field_t failing_fields[] = {
    FIELD("id", FIELD_INTEGER, .help = "Its number."),
    FIELD("namespace", FIELD_STRING, .flags = FIELD_NULLABLE,
          .help = "The namespace that has it; null: another thing has it."),
    FIELD("repository", FIELD_STRING, .flags = FIELD_NULLABLE,
          .help = "The repository that has it; null: another thing has it."),
    FIELD("origin", FIELD_STRING,
          .help = "Scheme, host and port of its URL; the rest of a URL may be "
                  "a secret."),
    FIELD("is_enabled", FIELD_BOOLEAN, .help = "Whether events are sent."),
    FIELD("off_reason", FIELD_STRING, .flags = FIELD_NULLABLE,
          .help = "Why the courier switched it off."),
    FIELD("failures", FIELD_INTEGER,
          .help = "Attempts that failed since the last success."),
    FIELD("failing_since", FIELD_TIME,
          .help = "When the first of them was made."),
    FIELD("paused_until", FIELD_TIME, .flags = FIELD_NULLABLE,
          .help = "Nothing is sent before."),
    LAST,
    { .name = NULL },
};

const model_t api_webhook_failing_model = { "FailingWebhook", failing_fields };


/* The URL as far as its path begins. */
static json_t *
origin_of(const char *url)
{
    const char *host = strstr(url, "://");
    size_t len = host != NULL ? (size_t)(host - url) + 3 : 0;

    return json_stringn(url, len + strcspn(url + len, "/?#"));
}


static int
failing_model_of(api_t *api, const webhook_failing_row_t *row, json_t **model_r)
{
    json_t *last;

    if (webhook_last_json(api->db, row->id, &last) != OK) {
        return problem_database(api);
    }

    *model_r = json_pack(
        "{s:I, s:o, s:o, s:o, s:b, s:o, s:I, s:o, s:o, s:o}", "id",
        (json_int_t)row->id, "namespace",
        json_text_or_null(row->repository == NULL ? row->namespace : NULL),
        "repository", json_text_or_null(row->repository), "origin",
        origin_of(row->url), "is_enabled", row->is_enabled, "off_reason",
        json_text_or_null(row->off_reason), "failures",
        (json_int_t)row->failures, "failing_since",
        json_time_or_null(row->failing_since), "paused_until",
        row->paused_until > api->now ? json_time(row->paused_until)
                                     : json_null(),
        "last_attempt", last);

    return OK;
}


/* The one that began to fail last stands first. */
int
api_webhook_failing(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    webhook_failing_row_t *rows;
    const char *last = NULL, *key;
    uint64_t before_id = INT64_MAX;
    int64_t before;
    json_t *model = NULL;

    if (cursor_moment(api, &before, &key) != OK) {
        return ERROR;
    }

    if (key != NULL && reg_number_parse(reg_cstr(key), &before_id) != REG_OK) {
        return problem_fail(api, PROBLEM_CURSOR, "after", NULL);
    }

    if (db_webhook_failing(api->db, before, before_id, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        if (failing_model_of(api, &rows[i], &model) != OK) {
            return ERROR;
        }

        json_array_append_new(items, model);
    }

    if (n > limit) {
        last = cursor_key_moment(api, *rows[limit - 1].failing_since,
                                 cursor_key_number(api, rows[limit - 1].id));
    }

    return cursor_reply(api, json_incref(items), last);
}


/* --- callbacks ------------------------------------------------------------ */

/* The URL is the credential.  Anything wrong is 404, which reveals nothing. */
int
api_webhook_callback(api_t *api)
{
    str_t token = reg_cstr(api_param(api, "callback"));
    callback_t callback;
    int rc = callback_parse(api->pool, api->body, &callback);

    if (rc == OK) {
        rc = callback_take(api->db, token, &callback, api->now);
    }

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL)
                              : problem_database(api);
    }

    return reply_empty(api->rq, 200);
}
