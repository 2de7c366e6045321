/* api_webhook.c: webhooks and their deliveries. */

#include "api/api_webhook.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/problem.h"
#include "app.h"
#include "fcgi_core/reply.h"
#include "fcgi_core/seal.h"
#include "token/token.h"
#include "webhook/callback.h"
#include "webhook/chain.h"
#include "webhook/delivery.h"
#include "webhook/webhook.h"

#define EVENTS_MAX 7
#define ATTEMPTS_MAX 30 /* in an answer: the latest */
#define GRACE_DEFAULT 24
#define GRACE_MAX 168
#define ID_MAX 9007199254740991 /* that every reader of JSON knows */

#define FIELD(field_name, field_type, ...)                                     \
    {                                                                          \
        .name = field_name, .type = field_type, __VA_ARGS__                    \
    }


/* Stars for any characters among those of tags. */
static bool
is_tag_pattern(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'
              || c == '*')) {
            return false;
        }
    }

    return text.len != 0;
}


static const grammar_t grammar_tag_pattern = { "^[a-zA-Z0-9._*-]+$",
                                               is_tag_pattern };

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
    FIELD("grace_hours", FIELD_INTEGER, .min = 0, .max = GRACE_MAX,
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

static const field_t model_fields[] = { MODEL_FIELDS, { .name = NULL } };

static const field_t secret_fields[] = {
    MODEL_FIELDS,
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
              .help = "What the receiver said to callback_url, at last.")

static const field_t attempt_fields[] = {
    FIELD("at", FIELD_TIME, .help = "When it was sent."),
    FIELD("milliseconds", FIELD_INTEGER, .help = "How long it took."),
    FIELD("status", FIELD_INTEGER, .flags = FIELD_NULLABLE,
          .help = "Of the answer; null where none came."),
    FIELD("error", FIELD_STRING, .flags = FIELD_NULLABLE,
          .help = "Why none came."),
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


/* OK, or ERROR with a problem. */
static int
found(api_t *api, int rc)
{
    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


static int
find(api_t *api, uint64_t id, webhook_row_t *row_r)
{
    webhook_scope_t scope = scope_of(api);

    return found(api, db_webhook_get(api->db, scope.namespace_id,
                                     scope.repository_id, id, row_r));
}


/* Holds it against other changes, and finds it. */
static int
lock(api_t *api, webhook_row_t *row_r)
{
    webhook_scope_t scope = scope_of(api);
    uint64_t id = api_param_number(api, "id");
    webhook_lock_row_t locked;

    return found(api, db_webhook_lock(api->db, scope.namespace_id,
                                      scope.repository_id, id, &locked))
                   == OK
               ? find(api, id, row_r)
               : ERROR;
}


static int
record(api_t *api, audit_action_t action, uint64_t id)
{
    webhook_scope_t scope = scope_of(api);
    const audit_t audit = { .action = action,
                            .namespace_id = scope.namespace_id,
                            .repository_id = scope.repository_id,
                            .target = scope.repository_id != 0
                                          ? api->repository.name
                                          : api->namespace.name,
                            .data =
                                json_pack("{s:I}", "webhook", (json_int_t)id) };

    return audit_add(api->db, &api->actor, api->now, &audit) == OK
               ? OK
               : problem_database(api);
}


/* --- what is answered ----------------------------------------------------- */

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


static json_t *
model_of(const api_t *api, const webhook_row_t *row)
{
    return json_pack(
        "{s:I, s:s, s:s, s:o, s:o, s:b, s:o, s:b, s:b, s:o, s:I, s:o, s:o,"
        " s:o}",
        "id", (json_int_t)row->id, "url", row->url, "form",
        webhook_form_words[row->form], "events", events_model(row->events),
        "tag_pattern", api_string_or_null(row->tag_pattern), "host_in_name",
        row->has_host, "after", id_or_null(row->after_id), "has_authorization",
        row->credentials != NULL, "is_enabled", row->is_enabled, "off_reason",
        api_string_or_null(row->off_reason), "failures",
        (json_int_t)row->failures, "failing_since",
        api_time_or_null(row->failing_since), "paused_until",
        row->paused_until > api->now ? api_time(row->paused_until)
                                     : json_null(),
        "created_at", api_time(row->created_at));
}


static int
reply_webhook(api_t *api, int status, uint64_t id, const char *secret)
{
    webhook_row_t row;
    json_t *model;

    if (find(api, id, &row) != OK) {
        return ERROR;
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    model = model_of(api, &row);

    if (secret != NULL) {
        json_object_set_new(model, "secret", json_string(secret));
    }

    return reply_json(api->rq, status, model);
}


/* --- changes -------------------------------------------------------------- */

/* A webhook as the request wants it; what it does not say is as in row. */
typedef struct {
    const char *url;
    webhook_form_t form;
    unsigned events;
    const char *tag_pattern;
    bool has_host;
    const char *credentials; /* sealed */
    uint64_t after_id;       /* 0: none */
} wanted_t;


static const char *
seal(const api_t *api, const char *text)
{
    str_t key = token_derive(api->pool, app.secret, WEBHOOK_KEY_PURPOSE);

    return text != NULL ? seal_make(api->pool, key, reg_cstr(text)) : NULL;
}


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


static void
wanted_read(const api_t *api, wanted_t *wanted)
{
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
        wanted->credentials = seal(api, api_str(api, "authorization"));
    }

    if (api_has(api, "after")) {
        wanted->after_id = (uint64_t)api_integer(api, "after", 0);
    }

    wanted->has_host = api_boolean(api, "host_in_name", wanted->has_host);
}


static int
order_find(api_t *api, webhook_order_row_t **rows_r, size_t *n_r)
{
    webhook_scope_t scope = scope_of(api);

    return db_webhook_order(api->db, scope.namespace_id, scope.repository_id,
                            WEBHOOKS_MAX, rows_r, n_r)
                   == OK
               ? OK
               : problem_database(api);
}


/* Of a webhook, id 0 of a new one, that comes after another one, or that
 * others come after. */
static int
order_check(api_t *api, uint64_t id, const wanted_t *wanted)
{
    webhook_order_row_t *rows;
    const char *fault = NULL;
    uint64_t next;
    size_t n;

    if (order_find(api, &rows, &n) != OK) {
        return ERROR;
    }

    if (wanted->after_id != 0) {
        fault = chain_fault(rows, n, id, wanted->after_id);
    }

    if (fault != NULL) {
        return problem_fail(api, PROBLEM_FIELD, "after", "%s", fault);
    }

    if (wanted->after_id != 0 && wanted->events != webhook_event_bit("push")) {
        return problem_fail(api, PROBLEM_FIELD, "events",
                            "a webhook after another one gets push alone");
    }

    next = id != 0 ? chain_next(rows, n, id) : 0;

    return next == 0 || wanted->form == WEBHOOK_FORM_DOCKER_HUB
               ? OK
               : problem_fail(api, PROBLEM_FIELD, "form",
                              "webhook %llu comes after this one, and needs "
                              "its callback_url",
                              (unsigned long long)next);
}


/* An event that a form has no words for would never be sent. */
static int
wanted_check(api_t *api, const wanted_t *wanted)
{
    const char *fault = webhook_url_fault(reg_cstr(wanted->url));

    if (fault != NULL) {
        return problem_fail(api, PROBLEM_FIELD, "url", "%s", fault);
    }

    if (webhook_form_lacks(wanted->form, wanted->events) != 0) {
        return problem_fail(api, PROBLEM_FIELD, "events",
                            "the form %s has no words for one of the events",
                            webhook_form_words[wanted->form]);
    }

    if (wanted->has_host && wanted->form != WEBHOOK_FORM_DOCKER_HUB) {
        return problem_fail(api, PROBLEM_FIELD, "host_in_name",
                            "only the form docker_hub has it");
    }

    return api_str(api, "authorization") == NULL
                   || webhook_is_header_value(api_text(api, "authorization"))
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
        json_array_append_new(items, model_of(api, &rows[i]));
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
    const char *secret = webhook_secret_make(api->pool);
    wanted_t wanted = { .form = WEBHOOK_FORM_SLIPWAY };
    webhook_scope_t scope = scope_of(api);
    webhook_last_id_row_t last;
    webhook_count_row_t count;

    wanted_read(api, &wanted);

    if (wanted_check(api, &wanted) != OK
        || order_check(api, 0, &wanted) != OK) {
        return ERROR;
    }

    if (db_webhook_count(api->db, scope.namespace_id, scope.repository_id,
                         &count)
        != OK) {
        return problem_database(api);
    }

    if (count.n >= WEBHOOKS_MAX) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "there are at most %d webhooks here", WEBHOOKS_MAX);
    }

    if (db_webhook_add(api->db, scope.namespace_id, scope.repository_id,
                       wanted.url, wanted.form, wanted.events,
                       wanted.tag_pattern, wanted.has_host, seal(api, secret),
                       wanted.credentials, wanted.after_id,
                       &api->caller.account.id, api->now)
            != OK
        || db_webhook_last_id(api->db, &last) != OK) {
        return problem_database(api);
    }

    locate(api, last.id);

    return record(api, AUDIT_WEBHOOK_CREATE, last.id) == OK
               ? reply_webhook(api, 201, last.id, secret)
               : ERROR;
}


int
api_webhook_get(api_t *api)
{
    return reply_webhook(api, 200, api_param_number(api, "id"), NULL);
}


int
api_webhook_edit(api_t *api)
{
    webhook_row_t row;
    wanted_t wanted;

    if (lock(api, &row) != OK || etag_check(api, row.id, row.edition) != OK) {
        return ERROR;
    }

    wanted = (wanted_t){ row.url,
                         (webhook_form_t)row.form,
                         (unsigned)row.events,
                         row.tag_pattern,
                         row.has_host,
                         row.credentials,
                         row.after_id };
    wanted_read(api, &wanted);

    if (wanted_check(api, &wanted) != OK
        || order_check(api, row.id, &wanted) != OK) {
        return ERROR;
    }

    if (db_webhook_edit(api->db, row.id, wanted.url, wanted.form, wanted.events,
                        wanted.tag_pattern, wanted.has_host, wanted.credentials,
                        wanted.after_id,
                        api_boolean(api, "is_enabled", row.is_enabled))
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_WEBHOOK_EDIT, row.id) == OK
               ? reply_webhook(api, 200, row.id, NULL)
               : ERROR;
}


/* Its deliveries go when they are old. */
int
api_webhook_delete(api_t *api)
{
    webhook_order_row_t *rows;
    webhook_row_t row;
    uint64_t next;
    size_t n;

    if (order_find(api, &rows, &n) != OK || lock(api, &row) != OK) {
        return ERROR;
    }

    next = chain_next(rows, n, row.id);

    if (next != 0) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "webhook %llu comes after it",
                            (unsigned long long)next);
    }

    if (db_webhook_delete(api->db, row.id) != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_WEBHOOK_DELETE, row.id) == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}


int
api_webhook_rotate(api_t *api)
{
    int64_t grace = api_integer(api, "grace_hours", GRACE_DEFAULT) * 3600;
    const char *secret = webhook_secret_make(api->pool);
    webhook_row_t row;

    if (lock(api, &row) != OK) {
        return ERROR;
    }

    if (db_webhook_rotate(api->db, row.id, seal(api, secret), api->now + grace)
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_WEBHOOK_ROTATE, row.id) == OK
               ? reply_webhook(api, 200, row.id, secret)
               : ERROR;
}


/* --- deliveries ----------------------------------------------------------- */

static json_t *
callback_of(const delivery_row_t *row)
{
    if (row->callback_state == CALLBACK_NONE) {
        return json_null();
    }

    return json_pack("{s:o, s:s, s:o, s:o, s:o}", "at",
                     api_time_or_null(row->callback_at), "state",
                     callback_words[row->callback_state - 1], "description",
                     api_string_or_null(row->callback_description), "context",
                     api_string_or_null(row->callback_context), "target_url",
                     api_string_or_null(row->callback_target_url));
}


static json_t *
delivery_model(const delivery_row_t *row)
{
    bool is_due = row->state == DELIVERY_DUE || row->state == DELIVERY_WAITING;

    return json_pack(
        "{s:I, s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "id",
        (json_int_t)row->id, "event_id", row->uuid, "event",
        webhook_event_words[row->event], "number", (json_int_t)row->number,
        "state", delivery_state_words[row->state], "attempts",
        (json_int_t)row->attempts, "next_at",
        is_due ? api_time(row->next_at) : json_null(), "created_at",
        api_time(row->created_at), "finished_at",
        api_time_or_null(row->finished_at), "after",
        api_number_or_null(row->after_id), "callback", callback_of(row));
}


static int
find_delivery(api_t *api, uint64_t webhook_id, uint64_t id,
              delivery_row_t *row_r)
{
    return found(api, db_delivery_get(api->db, webhook_id, id, row_r));
}


static int
reply_delivery(api_t *api, int status, uint64_t webhook_id, uint64_t id)
{
    delivery_row_t row;

    return find_delivery(api, webhook_id, id, &row) == OK
               ? reply_json(api->rq, status, delivery_model(&row))
               : ERROR;
}


/* The courier sends it as soon as it can. */
int
api_webhook_test(api_t *api)
{
    webhook_row_t row;
    uint64_t id;

    if (lock(api, &row) != OK) {
        return ERROR;
    }

    if (!row.is_enabled) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "the webhook is switched off");
    }

    if (webhook_ping(api->db, scope_of(api), row.id, api->caller.account.login,
                     api->now, &id)
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_WEBHOOK_TEST, row.id) == OK
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
    webhook_row_t row;
    uint64_t before;

    if (find(api, api_param_number(api, "id"), &row) != OK
        || cursor_number(api, INT64_MAX, &before) != OK
        || rows_find(api, row.id, before, limit + 1, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, delivery_model(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


static json_t *
attempt_model_of(const delivery_attempts_row_t *row)
{
    return json_pack(
        "{s:o, s:I, s:o, s:o, s:s, s:s, s:s, s:s}", "at", api_time(row->at),
        "milliseconds", (json_int_t)row->milliseconds, "status",
        row->status != 0 ? json_integer((json_int_t)row->status) : json_null(),
        "error", api_string_or_null(row->error), "request_headers",
        row->request_headers, "request_body", row->request_body,
        "response_headers", row->response_headers, "response_body",
        row->response_body);
}


int
api_webhook_delivery_get(api_t *api)
{
    delivery_attempts_row_t *rows;
    json_t *model, *log;
    delivery_row_t delivery;
    webhook_row_t row;
    size_t n;

    if (find(api, api_param_number(api, "id"), &row) != OK
        || find_delivery(api, row.id, api_param_number(api, "delivery"),
                         &delivery)
               != OK) {
        return ERROR;
    }

    if (db_delivery_attempts(api->db, delivery.id, ATTEMPTS_MAX, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    model = delivery_model(&delivery);
    log = json_array();
    json_object_set_new(model, "log", log);

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(log, attempt_model_of(&rows[i]));
    }

    return reply_json(api->rq, 200, model);
}


int
api_webhook_delivery_again(api_t *api)
{
    delivery_row_t delivery;
    webhook_row_t row;

    if (lock(api, &row) != OK
        || find_delivery(api, row.id, api_param_number(api, "delivery"),
                         &delivery)
               != OK) {
        return ERROR;
    }

    if (delivery.state == DELIVERY_DUE || delivery.state == DELIVERY_WAITING
        || !row.is_enabled) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            row.is_enabled ? "it is being sent already"
                                           : "the webhook is switched off");
    }

    if (db_delivery_again(api->db, delivery.id, api->now) != OK
        || chain_restart(api->db, delivery.id, api->now) != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_WEBHOOK_REDELIVER, row.id) == OK
               ? reply_delivery(api, 202, row.id, delivery.id)
               : ERROR;
}


/* What is broken behind dead deliveries waits again. */
static int
chains_restart(api_t *api, uint64_t webhook_id)
{
    delivery_dead_row_t *rows;
    size_t n;
    int rc =
        db_delivery_dead(api->db, webhook_id, DELIVERY_AGAIN_MAX, &rows, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = chain_restart(api->db, rows[i].id, api->now);
    }

    return rc;
}


int
api_webhook_dead_again(api_t *api)
{
    webhook_order_row_t *rows;
    webhook_row_t row;
    size_t n;

    if (order_find(api, &rows, &n) != OK || lock(api, &row) != OK) {
        return ERROR;
    }

    if (!row.is_enabled) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "the webhook is switched off");
    }

    if (chain_next(rows, n, row.id) != 0 && chains_restart(api, row.id) != OK) {
        return problem_database(api);
    }

    if (db_delivery_again_dead(api->db, row.id, api->now, DELIVERY_AGAIN_MAX)
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_WEBHOOK_REDELIVER, row.id) == OK
               ? reply_empty(api->rq, 202)
               : ERROR;
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

    return found(api, rc) == OK ? reply_empty(api->rq, 200) : ERROR;
}
