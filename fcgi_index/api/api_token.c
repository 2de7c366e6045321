/* api_token.c: personal access tokens. */

#include "api/api_token.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/lines.h"
#include "api/param.h"
#include "api/problem.h"
#include "app.h"
#include "fcgi_core/reply.h"
#include "token/secret_text.h"

#define DAY 86400
#define DAYS_DEFAULT 90
#define DAYS_MAX 3650
#define GRACE_DEFAULT                                                          \
    24 /* hours that a secret is good beside its successor                     \
        */
#define GRACE_MAX 168
#define PATTERNS_MAX 20
#define NAME_CHARACTERS 100

#define NAME(more)                                                             \
    {                                                                          \
        .name = "name", .type = FIELD_STRING, .flags = more, .min = 1,         \
        .max = NAME_CHARACTERS, .help = "What its owner calls it."             \
    }
#define ACTIONS(more)                                                          \
    {                                                                          \
        .name = "actions", .type = FIELD_STRINGS, .flags = more, .min = 1,     \
        .max = 5, .values = credential_words,                                  \
        .help = "What it may be used for."                                     \
    }
#define REPOSITORIES                                                           \
    {                                                                          \
        .name = "repositories", .type = FIELD_STRINGS, .max = PATTERNS_MAX,    \
        .grammar = &grammar_pattern,                                           \
        .help = "Names that it may be used for, with * for any run of "        \
                "characters; none: all that its account may."                  \
    }
#define DAYS                                                                   \
    {                                                                          \
        .name = "expires_in_days", .type = FIELD_INTEGER,                      \
        .flags = FIELD_NULLABLE, .min = 1, .max = DAYS_MAX,                    \
        .help = "When it ends; 90 days where it is not given, null: never, "   \
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
      .max = GRACE_MAX,
      .help = "How long the old secret is good beside the new one; 24 where it "
              "is not given." },
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


/* --- models --------------------------------------------------------------- */

static json_t *
actions_model(uint64_t actions)
{
    json_t *words = json_array();

    for (size_t i = 0; credential_words[i] != NULL; i++) {
        if ((credential_bit(credential_words[i]) & actions) != 0) {
            json_array_append_new(words, json_string(credential_words[i]));
        }
    }

    return words;
}


static json_t *
model_of(const access_token_item_row_t *row)
{
    return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "id",
                     (json_int_t)row->id, "name", api_string_or_null(row->name),
                     "hint", row->hint, "actions", actions_model(row->actions),
                     "repositories", lines_json(row->patterns), "created_at",
                     api_time(row->created_at), "created_from",
                     row->created_from, "expires_at",
                     api_time_or_null(row->expires_at), "used_at",
                     api_time_or_null(row->used_at), "used_from",
                     api_string_or_null(row->used_from));
}


static int
find(api_t *api, uint64_t id, access_token_item_row_t *row_r)
{
    int rc = db_access_token_get(api->db, api->caller.account.id, id, row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


/* Answers a token, with its secret where it has one to show. */
static int
reply_token(api_t *api, int status, uint64_t id, const char *secret)
{
    access_token_item_row_t row;
    json_t *model;

    if (find(api, id, &row) != OK) {
        return ERROR;
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    model = model_of(&row);

    if (secret != NULL) {
        json_object_set_new(model, "secret", json_string(secret));
    }

    return reply_json(api->rq, status, model);
}


static int
record(api_t *api, audit_action_t action, uint64_t id)
{
    const audit_t audit = { .action = action,
                            .target = api->caller.account.login,
                            .data = json_pack("{s:I}", "access_token",
                                              (json_int_t)id) };

    return audit_add(api->db, &api->actor, api->now, &audit) == OK
               ? OK
               : problem_database(api);
}


/* --- fields --------------------------------------------------------------- */

static unsigned
actions_of(json_t *words)
{
    unsigned actions = 0;
    json_t *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        actions |= credential_bit(json_string_value(word));
    }

    return actions;
}


/* *expires_at_r points to *buf, or is NULL for never. */
static int
expiry_of(api_t *api, int64_t *buf, const int64_t **expires_at_r)
{
    int64_t most = app.settings.access_token_days;
    int64_t fallback = most == 0 || most > DAYS_DEFAULT ? DAYS_DEFAULT : most;
    bool is_never = api_has(api, "expires_in_days")
                    && api_integer(api, "expires_in_days", 0) == 0;
    int64_t days = api_integer(api, "expires_in_days", fallback);

    if (most != 0 && (is_never || days > most)) {
        return problem_fail(api, PROBLEM_FIELD, "expires_in_days",
                            "an access token ends within %lld days here",
                            (long long)most);
    }

    *buf = api->now + days * DAY;
    *expires_at_r = is_never ? NULL : buf;

    return OK;
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
        json_array_append_new(items, model_of(&rows[i]));
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
        .prefix = SECRET_TEXT_PERSON,
        .account_id = api->caller.account.id,
        .name = api_str(api, "name"),
        .credential = { actions_of(api_strings(api, "actions")),
                        patterns != NULL ? patterns : "" },
        .address = api->rq->remote_addr,
        .now = api->now,
    };
    const char *secret;
    int64_t expires_at;
    uint64_t id;
    int rc;

    if (expiry_of(api, &expires_at, &new.expires_at) != OK) {
        return ERROR;
    }

    rc = access_token_make(api->db, &new, &secret, &id);

    if (rc != OK) {
        return rc == DECLINED
                   ? problem_fail(api, PROBLEM_CONFLICT, NULL,
                                  "an account has at most %d access tokens",
                                  ACCESS_TOKENS_MAX)
                   : problem_database(api);
    }

    api_location(api, "/access-tokens/%llu", (unsigned long long)id);

    return record(api, AUDIT_TOKEN_CREATE, id) == OK
               ? reply_token(api, 201, id, secret)
               : ERROR;
}


int
api_token_get(api_t *api)
{
    return reply_token(api, 200, api_param_number(api, "id"), NULL);
}


/* Holds the token against other changes, and finds it. */
static int
lock(api_t *api, access_token_item_row_t *row_r)
{
    access_token_lock_row_t locked;
    uint64_t id = api_param_number(api, "id");
    int rc = db_access_token_lock(api->db, api->caller.account.id, id, &locked);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? find(api, id, row_r) : problem_database(api);
}


/* What was bought with it before may be more than it is good for now. */
int
api_token_edit(api_t *api)
{
    access_token_item_row_t row;
    json_t *patterns = api_strings(api, "repositories");
    json_t *actions = api_strings(api, "actions");

    if (lock(api, &row) != OK || etag_check(api, row.id, row.edition) != OK) {
        return ERROR;
    }

    if (db_access_token_edit(
            api->db, row.id,
            api_has(api, "name") ? api_str(api, "name") : row.name,
            actions != NULL ? actions_of(actions) : row.actions,
            patterns != NULL ? lines_join(api->pool, patterns) : row.patterns)
            != OK
        || revoke_access_token(api->db, &api->revoke, row.id) != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_TOKEN_EDIT, row.id) == OK
               ? reply_token(api, 200, row.id, NULL)
               : ERROR;
}


/* Bearer tokens that were issued for the old secret stay valid: clients do not
 * notice the change. */
int
api_token_rotate(api_t *api)
{
    int64_t grace = api_integer(api, "grace_hours", GRACE_DEFAULT) * 3600;
    access_token_item_row_t row;
    const int64_t *expires_at;
    const char *secret;
    int64_t buf;

    if (lock(api, &row) != OK || expiry_of(api, &buf, &expires_at) != OK) {
        return ERROR;
    }

    if (access_token_rotate(api->db, row.id, SECRET_TEXT_PERSON,
                            api->now + grace, expires_at, &secret)
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_TOKEN_ROTATE, row.id) == OK
               ? reply_token(api, 200, row.id, secret)
               : ERROR;
}


int
api_token_revoke(api_t *api)
{
    access_token_item_row_t row;

    if (lock(api, &row) != OK) {
        return ERROR;
    }

    if (db_access_token_revoke(api->db, row.id, api->now) != OK
        || revoke_access_token(api->db, &api->revoke, row.id) != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_TOKEN_REVOKE, row.id) == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
