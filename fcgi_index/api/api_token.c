/* api_token.c: personal access tokens. */

#include "api/api_token.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "fcgi_core/lines.h"
#include "api/param.h"
#include "api/problem.h"
#include "app.h"
#include "fcgi_core/reply.h"
#include "token/access_token_change.h"

#define NAME(more)                                                             \
    {                                                                          \
        .name = "name", .type = FIELD_STRING, .flags = more, .min = 1,         \
        .max = ACCESS_TOKEN_NAME_MAX, .help = "What its owner calls it."       \
    }
#define ACTIONS(more)                                                          \
    {                                                                          \
        .name = "actions", .type = FIELD_STRINGS, .flags = more, .min = 1,     \
        .max = 5, .values = credential_words,                                  \
        .help = "What it may be used for."                                     \
    }
#define REPOSITORIES                                                           \
    {                                                                          \
        .name = "repositories", .type = FIELD_STRINGS,                         \
        .max = ACCESS_TOKEN_PATTERNS_MAX, .grammar = &grammar_pattern,         \
        .help = "Names that it may be used for, with * for any run of "        \
                "characters; none: all that its account may."                  \
    }
#define DAYS                                                                   \
    {                                                                          \
        .name = "expires_in_days", .type = FIELD_INTEGER,                      \
        .flags = FIELD_NULLABLE, .min = 1, .max = ACCESS_TOKEN_DAYS_MAX,       \
        .help = "When it ends; 90 days by default, null: never, "              \
                "where the installation allows that."                          \
    }

const field_t api_token_create_body[] = {
    NAME(FIELD_REQUIRED), ACTIONS(FIELD_REQUIRED), REPOSITORIES, DAYS,
    { .name = NULL },
};

const field_t api_token_edit_body[] = {
    NAME(0),
    ACTIONS(0),
    REPOSITORIES,
    { .name = NULL },
};

const field_t api_token_rotate_body[] = {
    DAYS,
    { .name = "grace_hours",
      .type = FIELD_INTEGER,
      .min = 0,
      .max = ACCESS_TOKEN_GRACE_MAX,
      .help = "How long the old secret stays valid; 24 by default." },
    { .name = NULL },
};

#define MODEL_FIELDS                                                           \
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },            \
        { .name = "name",                                                      \
          .type = FIELD_STRING,                                                \
          .help = "What its owner calls it." },                                \
        { .name = "hint",                                                      \
          .type = FIELD_STRING,                                                \
          .help = "The start and the end of its secret." },                    \
        { .name = "actions",                                                   \
          .type = FIELD_STRINGS,                                               \
          .values = credential_words,                                          \
          .help = "What it may be used for." },                                \
        { .name = "repositories",                                              \
          .type = FIELD_STRINGS,                                               \
          .help = "Names that it may be used for; none: all." },               \
        { .name = "created_at",                                                \
          .type = FIELD_TIME,                                                  \
          .help = "When it was made." },                                       \
        { .name = "created_from",                                              \
          .type = FIELD_STRING,                                                \
          .help = "The address that made it." },                               \
        { .name = "expires_at",                                                \
          .type = FIELD_TIME,                                                  \
          .flags = FIELD_NULLABLE,                                             \
          .help = "When it ends; null: never." },                              \
        { .name = "used_at",                                                   \
          .type = FIELD_TIME,                                                  \
          .flags = FIELD_NULLABLE,                                             \
          .help = "When it was last used, five minutes more or less." },       \
    {                                                                          \
        .name = "used_from", .type = FIELD_STRING, .flags = FIELD_NULLABLE,    \
        .help = "The address that used it then."                               \
    }

static const field_t model_fields[] = { MODEL_FIELDS, { .name = NULL } };

static const field_t secret_fields[] = {
    MODEL_FIELDS,
    { .name = "secret",
      .type = FIELD_STRING,
      .help = "The token itself: shown this once." },
    { .name = NULL },
};

const model_t api_token_model = { "AccessToken", model_fields };
const model_t api_token_secret_model = { "AccessTokenWithSecret",
                                         secret_fields };


/* --- answers -------------------------------------------------------------- */

/* Answers a token, with its secret where it has one to show. */
static int
reply_token(api_t *api, int status, uint64_t id, const char *secret)
{
    access_token_item_row_t row;
    json_t *model;
    int rc = db_access_token_get(api->db, api->caller.account.id, id, &row);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL)
                              : problem_database(api);
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    model = access_token_json(&row);

    if (secret != NULL) {
        json_object_set_new(model, "secret", json_string(secret));
    }

    return reply_json(api->rq, status, model);
}


/* *expires_at_r points to *buf, or is NULL for never. */
static int
expiry_of(api_t *api, change_t *change, int64_t *buf,
          const int64_t **expires_at_r)
{
    int64_t days = api_integer(api, "expires_in_days", 0); /* of null: 0 */
    bool has_days = api_has(api, "expires_in_days");

    return problem_change(
        api,
        access_token_expiry(change, app.settings.access_token_days,
                            has_days ? &days : NULL, buf, expires_at_r),
        change);
}


/* --- handlers ------------------------------------------------------------- */

int
api_token_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    access_token_item_row_t *rows;
    uint64_t after;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    if (db_access_token_list(api->db, api->caller.account.id, after, limit + 1,
                             &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, access_token_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


int
api_token_create(api_t *api)
{
    const char *patterns =
        lines_join(api->pool, api_strings(api, "repositories"));
    access_token_new_t new = {
        .name = api_str(api, "name"),
        .credential = { access_token_actions(api_strings(api, "actions")),
                        patterns != NULL ? patterns : "" },
        .address = api->rq->remote_addr,
    };
    change_t change = api_change(api);
    const char *secret;
    int64_t expires_at;
    uint64_t id;
    int rc;

    if (expiry_of(api, &change, &expires_at, &new.expires_at) != OK) {
        return ERROR;
    }

    rc = access_token_create(&change, &api->caller.account, &new, &secret, &id);

    if (problem_change(api, rc, &change) != OK) {
        return ERROR;
    }

    api_location(api, "/access-tokens/%llu", (unsigned long long)id);

    return reply_token(api, 201, id, secret);
}


int
api_token_get(api_t *api)
{
    return reply_token(api, 200, api_param_number(api, "id"), NULL);
}


static int
take(api_t *api, change_t *change, access_token_item_row_t *row_r)
{
    return problem_change(api,
                          access_token_take(change, &api->caller.account,
                                            api_param_number(api, "id"), row_r),
                          change);
}


int
api_token_edit(api_t *api)
{
    access_token_item_row_t row;
    json_t *patterns = api_strings(api, "repositories");
    json_t *actions = api_strings(api, "actions");
    change_t change = api_change(api);

    if (take(api, &change, &row) != OK
        || etag_check(api, row.id, row.edition) != OK) {
        return ERROR;
    }

    if (api_has(api, "name")) {
        row.name = api_str(api, "name");
    }

    if (actions != NULL) {
        row.actions = access_token_actions(actions);
    }

    if (patterns != NULL) {
        row.patterns = lines_join(api->pool, patterns);
    }

    return problem_change(
               api, access_token_edit(&change, &api->caller.account, &row),
               &change)
                   == OK
               ? reply_token(api, 200, row.id, NULL)
               : ERROR;
}


int
api_token_rotate(api_t *api)
{
    int64_t grace = api_integer(api, "grace_hours", ACCESS_TOKEN_GRACE) * 3600;
    change_t change = api_change(api);
    access_token_item_row_t row;
    const int64_t *expires_at;
    const char *secret;
    int64_t buf;

    if (take(api, &change, &row) != OK
        || expiry_of(api, &change, &buf, &expires_at) != OK) {
        return ERROR;
    }

    return problem_change(api,
                          access_token_renew(&change, &api->caller.account,
                                             row.id, grace, expires_at,
                                             &secret),
                          &change)
                   == OK
               ? reply_token(api, 200, row.id, secret)
               : ERROR;
}


int
api_token_revoke(api_t *api)
{
    change_t change = api_change(api);
    access_token_item_row_t row;

    return take(api, &change, &row) == OK
                   && problem_change(api,
                                     access_token_revoke(
                                         &change, &api->caller.account, row.id),
                                     &change)
                          == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
