/* api_registry.c: the map of registries, for administrators. */

#include "api/api_registry.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/param.h"
#include "api/problem.h"
#include "fcgi_core/reply.h"
#include "registry/endpoint.h"
#include "registry/registry_map.h"

#define WEIGHT_DEFAULT 100

#define BODY_FIELDS(required)                                                  \
    { .name = "kind",                                                          \
      .type = FIELD_STRING,                                                    \
      .flags = required,                                                       \
      .values = registry_kind_words,                                           \
      .help = "Whom it serves: docs/chaining.md." },                           \
        { .name = "endpoint",                                                  \
          .type = FIELD_STRING,                                                \
          .flags = required,                                                   \
          .min = 1,                                                            \
          .max = ENDPOINT_MAX,                                                 \
          .help = "Where clients find it: host, or host:port." },              \
        { .name = "weight",                                                    \
          .type = FIELD_INTEGER,                                               \
          .min = 0,                                                            \
          .max = REGISTRY_WEIGHT_MAX,                                          \
          .help = "Its share of the clients; 0: it gets none." },              \
        { .name = "patterns",                                                  \
          .type = FIELD_STRINGS,                                               \
          .min = 1,                                                            \
          .max = REGISTRY_PATTERNS_MAX,                                        \
          .grammar = &grammar_pattern,                                         \
          .help = "Repositories that it serves, with * for any characters." }, \
    {                                                                          \
        .name = "check_url", .type = FIELD_STRING, .flags = FIELD_NULLABLE,    \
        .min = 1, .max = REGISTRY_CHECK_URL_MAX,                               \
        .help = "URL that is requested to check it; null: it is not checked."  \
    }

const field_t api_registry_create_body[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 1,
      .max = REGISTRY_NAME_MAX,
      .grammar = &grammar_registry,
      .help = "Its name in the map." },
    BODY_FIELDS(FIELD_REQUIRED),
    { .name = NULL },
};

const field_t api_registry_edit_body[] = { BODY_FIELDS(0), { .name = NULL } };

static const field_t model_fields[] = {
    { .name = "name", .type = FIELD_STRING, .help = "Its name in the map." },
    { .name = "kind",
      .type = FIELD_STRING,
      .values = registry_kind_words,
      .help = "Whom it serves." },
    { .name = "endpoint",
      .type = FIELD_STRING,
      .help = "Where clients find it: host, or host:port." },
    { .name = "weight",
      .type = FIELD_INTEGER,
      .help = "Its share of the clients; 0: it gets none." },
    { .name = "patterns",
      .type = FIELD_STRINGS,
      .help = "Repositories that it serves, with * for any characters." },
    { .name = "check_url",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "URL that is requested to check it; null: it is not checked." },
    { .name = "state",
      .type = FIELD_STRING,
      .values = registry_state_words,
      .help = "What checks have found; unknown without one for five minutes." },
    { .name = "changed_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When checks last found another state." },
    { .name = "checked_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When it was last checked." },
    { .name = "message",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Why the last check failed; null: it did not." },
    { .name = "created_at", .type = FIELD_TIME, .help = "When it was added." },
    { .name = NULL },
};

const model_t api_registry_model = { "Registry", model_fields };


static int
take(api_t *api, change_t *change, registry_row_t *row_r)
{
    return problem_change(
        api, registry_take(change, api_param(api, "registry"), row_r), change);
}


static int
reply_registry(api_t *api, int status, const char *name)
{
    change_t change = api_change(api);
    registry_row_t row;

    if (problem_change(api, registry_take(&change, name, &row), &change)
        != OK) {
        return ERROR;
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    return reply_json(api->rq, status, registry_json(&row, api->now));
}


int
api_registry_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *after = cursor_text(api, "");
    registry_row_t *rows;

    if (after == NULL) {
        return ERROR;
    }

    if (db_registry_list(api->db, after, limit + 1, &rows, &n) != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, registry_json(&rows[i], api->now));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].name : NULL);
}


static const char *
lines_of(api_t *api, json_t *words)
{
    const char *lines = "";
    json_t *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        lines = pool_printf(api->pool, "%s%s%s", lines, i != 0 ? "\n" : "",
                            json_string_value(word));
    }

    return lines;
}


/* What the request does not say stays as it is. */
static void
wanted_read(api_t *api, registry_wanted_t *wanted)
{
    json_t *patterns = api_strings(api, "patterns");

    if (api_has(api, "kind")) {
        registry_kind_parse(api_str(api, "kind"), &wanted->kind);
    }

    if (api_has(api, "endpoint")) {
        wanted->endpoint = api_str(api, "endpoint");
    }

    if (patterns != NULL) {
        wanted->patterns = lines_of(api, patterns);
    }

    if (api_has(api, "check_url")) {
        wanted->check_url = api_str(api, "check_url");
    }

    wanted->weight =
        (uint64_t)api_integer(api, "weight", (int64_t)wanted->weight);
}


int
api_registry_create(api_t *api)
{
    registry_wanted_t wanted = { .weight = WEIGHT_DEFAULT };
    const char *name = api_str(api, "name");
    change_t change = api_change(api);

    wanted_read(api, &wanted);

    if (problem_change(api, registry_add(&change, name, &wanted), &change)
        != OK) {
        return ERROR;
    }

    api_location(api, "/registries/%s", name);

    return reply_registry(api, 201, name);
}


int
api_registry_get(api_t *api)
{
    return reply_registry(api, 200, api_param(api, "registry"));
}


int
api_registry_edit(api_t *api)
{
    change_t change = api_change(api);
    registry_wanted_t wanted;
    registry_row_t row;

    if (take(api, &change, &row) != OK
        || etag_check(api, row.id, row.edition) != OK) {
        return ERROR;
    }

    wanted = registry_wanted(&row);
    wanted_read(api, &wanted);

    return problem_change(api, registry_edit(&change, &row, &wanted), &change)
                   == OK
               ? reply_registry(api, 200, row.name)
               : ERROR;
}


int
api_registry_delete(api_t *api)
{
    change_t change = api_change(api);
    registry_row_t row;

    return take(api, &change, &row) == OK
                   && problem_change(api, registry_remove(&change, &row),
                                     &change)
                          == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
