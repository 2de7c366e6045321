/* api_robot.c: robots of a namespace: accounts of programs.
 *
 * A robot is called NAMESPACE+NAME, has a secret and no password, and begins
 * with the role that its maker gives it in the namespace; collaborator roles
 * may be added as for people. */

#include "access/collaborator.h"
#include "api/api_robot.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "app.h"
#include "common/name.h"
#include "db/db_account.h"
#include "db/db_robot.h"
#include "fcgi_core/reply.h"
#include "token/access_token.h"
#include "token/secret_text.h"

#define DAY 86400
#define DAYS_MAX 3650
#define GRACE_DEFAULT 24 /* hours: as for access tokens */
#define GRACE_MAX 168
#define PATTERNS_MAX 20
#define DESCRIPTION_CHARACTERS 100

static const char *const roles[] = { "read", "write", "admin", NULL };

#define DAYS                                                                   \
    {                                                                          \
        .name = "expires_in_days", .type = FIELD_INTEGER, .min = 1,            \
        .max = DAYS_MAX, .help = "When its secret ends; never by default."     \
    }

const field_t api_robot_create_body[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login,
      .help = "Its name in the namespace; its login is NAMESPACE+NAME." },
    { .name = "description",
      .type = FIELD_STRING,
      .max = DESCRIPTION_CHARACTERS,
      .help = "What it is for." },
    { .name = "role",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .values = roles,
      .help = "What it may do." },
    { .name = "repositories",
      .type = FIELD_STRINGS,
      .min = 1,
      .max = PATTERNS_MAX,
      .grammar = &grammar_pattern,
      .help = "On which: names behind NAMESPACE/, with * for any run of "
              "characters; all of the namespace by default." },
    DAYS,
    { .name = NULL },
};

const field_t api_robot_rotate_body[] = {
    DAYS,
    { .name = "grace_hours",
      .type = FIELD_INTEGER,
      .min = 0,
      .max = GRACE_MAX,
      .help = "How long the old secret stays valid; 24 by default." },
    { .name = NULL },
};

#define MODEL_FIELDS                                                           \
    { .name = "name",                                                          \
      .type = FIELD_STRING,                                                    \
      .help = "Its name in the namespace." },                                  \
        { .name = "login",                                                     \
          .type = FIELD_STRING,                                                \
          .help = "Its login for docker." },                                   \
        { .name = "description",                                               \
          .type = FIELD_STRING,                                                \
          .help = "What it is for." },                                         \
        { .name = "hint",                                                      \
          .type = FIELD_STRING,                                                \
          .help = "The start and the end of its secret." },                    \
        { .name = "created_at",                                                \
          .type = FIELD_TIME,                                                  \
          .help = "When it was made." },                                       \
        { .name = "expires_at",                                                \
          .type = FIELD_TIME,                                                  \
          .flags = FIELD_NULLABLE,                                             \
          .help = "When its secret ends; null: never." },                      \
    {                                                                          \
        .name = "used_at", .type = FIELD_TIME, .flags = FIELD_NULLABLE,        \
        .help = "When it was last used, five minutes more or less."            \
    }

static const field_t model_fields[] = { MODEL_FIELDS, { .name = NULL } };

static const field_t secret_fields[] = {
    MODEL_FIELDS,
    { .name = "secret",
      .type = FIELD_STRING,
      .help = "Its password: shown this once." },
    { .name = NULL },
};

const model_t api_robot_model = { "Robot", model_fields };
const model_t api_robot_secret_model = { "RobotWithSecret", secret_fields };


static json_t *
model_of(const api_t *api, const robot_item_row_t *row)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "name",
                     row->login + strlen(api->namespace.name) + 1, "login",
                     row->login, "description",
                     api_string_or_null(row->description), "hint", row->hint,
                     "created_at", api_time(row->created_at), "expires_at",
                     api_time_or_null(row->expires_at), "used_at",
                     api_time_or_null(row->used_at));
}


static const char *
login_of(const api_t *api, const char *name)
{
    return pool_printf(api->pool, "%s+%s", api->namespace.name, name);
}


static int
find(api_t *api, const char *name, robot_item_row_t *row_r)
{
    int rc =
        db_robot_get(api->db, api->namespace.id, login_of(api, name), row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


static int
reply_robot(api_t *api, int status, const char *name, const char *secret)
{
    robot_item_row_t row;
    json_t *model;

    if (find(api, name, &row) != OK) {
        return ERROR;
    }

    model = model_of(api, &row);

    if (secret != NULL) {
        json_object_set_new(model, "secret", json_string(secret));
    }

    return reply_json(api->rq, status, model);
}


static int
record(api_t *api, audit_action_t action, const char *login)
{
    const audit_t audit = { .action = action,
                            .namespace_id = api->namespace.id,
                            .target = login };

    return audit_add(api->db, &api->actor, api->now, &audit) == OK
               ? OK
               : problem_database(api);
}


/* NULL: never. */
static const int64_t *
expiry_of(const api_t *api, int64_t *buf)
{
    if (!api_has(api, "expires_in_days")) {
        return NULL;
    }

    *buf = api->now + api_integer(api, "expires_in_days", 0) * DAY;

    return buf;
}


/* --- create --------------------------------------------------------------- */

static int
give(api_t *api, const char *login, const char *pattern)
{
    change_t change = api_change(api);
    collaborator_t who = { .login = login, .pattern = pattern };
    role_t role = ROLE_NONE;

    role_parse(api_text(api, "role"), &role);

    return problem_change(
        api, collaborator_set(&change, api->namespace.name, &who, role),
        &change);
}


static int
give_all(api_t *api, const char *login)
{
    json_t *patterns = api_strings(api, "repositories"), *pattern;
    size_t i;

    if (patterns == NULL) {
        return give(api, login, "*");
    }

    json_array_foreach(patterns, i, pattern)
    {
        if (give(api, login, json_string_value(pattern)) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* Only in its namespace, even if it has roles elsewhere. */
static int
make_secret(api_t *api, uint64_t account_id, const char **secret_r)
{
    access_token_new_t new = {
        .prefix = SECRET_TEXT_ROBOT,
        .account_id = account_id,
        .name = "robot",
        .credential = { CREDENTIAL_TOKEN,
                        pool_printf(api->pool, "%s/*", api->namespace.name) },
        .address = api->rq->remote_addr,
        .now = api->now,
    };
    int64_t expires_at;
    uint64_t id;

    new.expires_at = expiry_of(api, &expires_at);

    return access_token_make(api->db, &new, secret_r, &id) == OK
               ? OK
               : problem_database(api);
}


int
api_robot_create(api_t *api)
{
    const char *name = api_str(api, "name"), *secret;
    const char *login = login_of(api, name);
    account_id_row_t row;
    int rc;

    if (strlen(login) > REG_LOGIN_MAX) {
        return problem_fail(api, PROBLEM_FIELD, "name",
                            "%s has more than %d characters", login,
                            REG_LOGIN_MAX);
    }

    rc = db_robot_add(api->db, login, api->namespace.id,
                      api_has(api, "description") ? api_str(api, "description")
                                                  : "",
                      api->now);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_EXISTS, "name", "%s is there already",
                            login);
    }

    if (rc != OK || db_account_id(api->db, login, &row) != OK) {
        return problem_database(api);
    }

    if (give_all(api, login) != OK || make_secret(api, row.id, &secret) != OK
        || record(api, AUDIT_ROBOT_CREATE, login) != OK) {
        return ERROR;
    }

    api_location(api, "/namespaces/%s/robots/%s", api->namespace.name, name);

    return reply_robot(api, 201, name, secret);
}


/* --- the rest ------------------------------------------------------------- */

int
api_robot_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *after = cursor_text(api, "");
    robot_item_row_t *rows;

    if (after == NULL) {
        return ERROR;
    }

    if (db_robot_list(api->db, api->namespace.id, after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, model_of(api, &rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].login : NULL);
}


int
api_robot_get(api_t *api)
{
    return reply_robot(api, 200, api_param(api, "robot"), NULL);
}


int
api_robot_rotate(api_t *api)
{
    const char *name = api_param(api, "robot"), *secret;
    int64_t grace = api_integer(api, "grace_hours", GRACE_DEFAULT) * 3600;
    robot_item_row_t row;
    int64_t expires_at;

    if (find(api, name, &row) != OK) {
        return ERROR;
    }

    if (access_token_rotate(api->db, row.token_id, SECRET_TEXT_ROBOT,
                            api->now + grace, expiry_of(api, &expires_at),
                            &secret)
        != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_ROBOT_ROTATE, row.login) == OK
               ? reply_robot(api, 200, name, secret)
               : ERROR;
}


/* Nothing hangs on its login, so another one may be called that again. */
int
api_robot_delete(api_t *api)
{
    robot_item_row_t row;

    if (find(api, api_param(api, "robot"), &row) != OK) {
        return ERROR;
    }

    if (revoke_account(api->db, &api->revoke, row.id) != OK
        || db_account_forget_access(api->db, row.id) != OK
        || db_robot_delete_tokens(api->db, row.id) != OK
        || db_robot_delete(api->db, row.id) != OK) {
        return problem_database(api);
    }

    return record(api, AUDIT_ROBOT_DELETE, row.login) == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
