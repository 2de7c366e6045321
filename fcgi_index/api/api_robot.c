/* api_robot.c: robots of a namespace or of a repository: accounts of
 * programs. */

#include "api/api_robot.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "fcgi_core/reply.h"
#include "token/robot.h"

#define DAY 86400

static const char *const roles[] = { "read", "write", "admin", NULL };

#define DAYS                                                                   \
    {                                                                          \
        .name = "expires_in_days", .type = FIELD_INTEGER, .min = 1,            \
        .max = ROBOT_DAYS_MAX,                                                 \
        .help = "When its secret ends; never by default."                      \
    }

#define CREATE_FIELDS                                                          \
    { .name = "name",                                                          \
      .type = FIELD_STRING,                                                    \
      .flags = FIELD_REQUIRED,                                                 \
      .min = 2,                                                                \
      .max = REG_LOGIN_MAX,                                                    \
      .grammar = &grammar_login,                                               \
      .help = "Its name in the namespace; its login is NAMESPACE+NAME." },     \
        { .name = "description",                                               \
          .type = FIELD_STRING,                                                \
          .max = ROBOT_DESCRIPTION_MAX,                                        \
          .help = "What it is for." },                                         \
        { .name = "role",                                                      \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_REQUIRED,                                             \
          .values = roles,                                                     \
          .help = "What it may do." },                                         \
        DAYS

const field_t api_robot_create_body[] = {
    CREATE_FIELDS,
    { .name = "repositories",
      .type = FIELD_STRINGS,
      .min = 1,
      .max = ROBOT_PATTERNS_MAX,
      .grammar = &grammar_pattern,
      .help = "On which: names behind NAMESPACE/, with * for any run of "
              "characters; all of the namespace by default." },
    { .name = NULL },
};

const field_t api_robot_create_of_repository_body[] = {
    CREATE_FIELDS,
    { .name = NULL },
};

const field_t api_robot_edit_body[] = {
    { .name = "description",
      .type = FIELD_STRING,
      .max = ROBOT_DESCRIPTION_MAX,
      .help = "What it is for." },
    { .name = "is_disabled",
      .type = FIELD_BOOLEAN,
      .help = "Whether its secret is of no use for now." },
    { .name = "expires_in_days",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .min = 1,
      .max = ROBOT_DAYS_MAX,
      .help = "When its secret ends, from now on; null: never." },
    { .name = NULL },
};

const field_t api_robot_rotate_body[] = {
    DAYS,
    { .name = "grace_hours",
      .type = FIELD_INTEGER,
      .min = 0,
      .max = ROBOT_GRACE_MAX,
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
        { .name = "repository",                                                \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_NULLABLE,                                             \
          .help = "That it belongs to; null: to the whole namespace." },       \
        { .name = "description",                                               \
          .type = FIELD_STRING,                                                \
          .help = "What it is for." },                                         \
        { .name = "is_disabled",                                               \
          .type = FIELD_BOOLEAN,                                               \
          .help = "Whether its secret is of no use for now." },                \
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


static const char *
login_of(const api_t *api, const char *name)
{
    return robot_login(api->pool, api->namespace.name, name);
}


/* Where the path names it; NULL: it names a namespace. */
static const uint64_t *
repository_of(const api_t *api)
{
    return api->repository.id != 0 ? &api->repository.id : NULL;
}


static int
reply_robot(api_t *api, int status, const char *login, const char *secret)
{
    robot_item_row_t row;
    json_t *model;
    int rc = db_robot_get(api->db, api->namespace.id, repository_of(api), login,
                          &row);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL)
                              : problem_database(api);
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    model = robot_json(&row);

    if (secret != NULL) {
        json_object_set_new(model, "secret", json_string(secret));
    }

    return reply_json(api->rq, status, model);
}


/* NULL: never. */
static const int64_t *
expiry_of(const api_t *api, int64_t *buf)
{
    int64_t days = api_integer(api, "expires_in_days", 0); /* of null: 0 */

    *buf = api->now + days * DAY;

    return days != 0 ? buf : NULL;
}


/* A secret that has leaked must not outlive its expiry: a robot, also one that
 * is an admin, makes no other one, and does not prolong its own. */
static int
check_person(api_t *api)
{
    return strchr(api->caller.account.login, '+') == NULL
               ? OK
               : problem_fail(api, PROBLEM_FORBIDDEN, NULL,
                              "robots are managed by people");
}


int
api_robot_create(api_t *api)
{
    const char *name = api_str(api, "name"), *secret;
    change_t change = api_change(api);
    int64_t expires_at;
    robot_new_t new = {
        .name = name,
        .description =
            api_has(api, "description") ? api_str(api, "description") : "",
        .repository = api->repository.name,
        .patterns = api_strings(api, "repositories"),
        .expires_at = expiry_of(api, &expires_at),
        .address = api->rq->remote_addr,
    };
    int rc;

    if (check_person(api) != OK) {
        return ERROR;
    }

    role_parse(api_text(api, "role"), &new.role);
    rc = robot_add(&change, api->namespace.name, &new, &secret);

    if (problem_change(api, rc, &change) != OK) {
        return ERROR;
    }

    if (api->repository.name != NULL) {
        api_location(api, "/repositories/%s/robots/%s",
                     api_segment(api, api->repository.name), name);
    } else {
        api_location(api, "/namespaces/%s/robots/%s", api->namespace.name,
                     name);
    }

    return reply_robot(api, 201, login_of(api, name), secret);
}


static int
read_page(const api_t *api, const char *after, size_t limit,
          robot_item_row_t **rows_r, size_t *n_r)
{
    return api->repository.id != 0 ? db_robot_list_repository(
               api->db, api->repository.id, after, limit, rows_r, n_r)
                                   : db_robot_list(api->db, api->namespace.id,
                                                   after, limit, rows_r, n_r);
}


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

    if (read_page(api, after, limit + 1, &rows, &n) != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, robot_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].login : NULL);
}


int
api_robot_get(api_t *api)
{
    return reply_robot(api, 200, login_of(api, api_param(api, "robot")), NULL);
}


static int
take(api_t *api, change_t *change, robot_item_row_t *row_r)
{
    if (check_person(api) != OK) {
        return ERROR;
    }

    return problem_change(
        api,
        robot_take(change, api->namespace.id, repository_of(api),
                   login_of(api, api_param(api, "robot")), row_r),
        change);
}


int
api_robot_edit(api_t *api)
{
    change_t change = api_change(api);
    robot_item_row_t row;
    int64_t expires_at;
    bool is_disabled = api_boolean(api, "is_disabled", false);
    const robot_edit_t edit = {
        .description = api_str(api, "description"),
        .is_disabled = api_has(api, "is_disabled") ? &is_disabled : NULL,
        .has_expiry = api_has(api, "expires_in_days"),
        .expires_at = expiry_of(api, &expires_at),
    };

    return take(api, &change, &row) == OK
                   && etag_check(api, row.id, row.edition) == OK
                   && problem_change(api, robot_edit(&change, &row, &edit),
                                     &change)
                          == OK
               ? reply_robot(api, 200, row.login, NULL)
               : ERROR;
}


int
api_robot_rotate(api_t *api)
{
    int64_t grace = api_integer(api, "grace_hours", ROBOT_GRACE) * 3600;
    change_t change = api_change(api);
    robot_item_row_t row;
    const char *secret;
    int64_t expires_at;

    return take(api, &change, &row) == OK
                   && problem_change(api,
                                     robot_rotate(&change, &row, grace,
                                                  expiry_of(api, &expires_at),
                                                  &secret),
                                     &change)
                          == OK
               ? reply_robot(api, 200, row.login, secret)
               : ERROR;
}


int
api_robot_delete(api_t *api)
{
    change_t change = api_change(api);
    robot_item_row_t row;

    return take(api, &change, &row) == OK
                   && problem_change(api, robot_delete(&change, &row), &change)
                          == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}
