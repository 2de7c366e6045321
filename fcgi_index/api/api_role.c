/* api_role.c: roles of accounts and teams: in a namespace, on a repository. */

#include "api/api_role.h"
#include "access/collaborator.h"
#include "access/name_pattern.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "common/range.h"
#include "db/db_access.h"
#include "db/db_account.h"
#include "db/db_team.h"
#include "fcgi_core/reply.h"

/* Where a page of roles begins, in the order of the primary key. */
typedef struct {
    uint64_t numbers[3]; /* team, account, repository */
    const char *pattern;
} role_key_t;

/* Whose roles are listed; zeros: everybody's. */
typedef struct {
    uint64_t team_id;
    uint64_t account_id;
} subject_t;

static const char *const roles[] = { "read", "write", "admin", NULL };


/* --- tables --------------------------------------------------------------- */

#define LOGIN                                                                  \
    {                                                                          \
        .name = "login", .type = FIELD_STRING, .min = 2, .max = REG_LOGIN_MAX, \
        .grammar = &grammar_account, .help = "The account that has it."        \
    }
#define TEAM                                                                   \
    {                                                                          \
        .name = "team", .type = FIELD_STRING, .min = 2, .max = REG_LOGIN_MAX,  \
        .grammar = &grammar_login, .help = "The team that has it."             \
    }
#define REPOSITORY                                                             \
    {                                                                          \
        .name = "repository", .type = FIELD_STRING, .min = 1,                  \
        .max = REG_NAME_MAX, .grammar = &grammar_repository,                   \
        .help = "Whole name of the repository that it is on."                  \
    }
#define PATTERN                                                                \
    {                                                                          \
        .name = "pattern", .type = FIELD_STRING, .min = 1,                     \
        .max = NAME_PATTERN_MAX, .grammar = &grammar_pattern,                  \
        .help = "The names that it is on, behind the namespace and its "       \
                "slash, with * for any characters; * alone: all."              \
    }
#define ROLE                                                                   \
    {                                                                          \
        .name = "role", .type = FIELD_STRING, .flags = FIELD_REQUIRED,         \
        .values = roles,                                                       \
        .help = "read pulls; write pushes, too; admin does "                   \
                "everything."                                                  \
    }

const field_t api_role_list_query[] = { LOGIN, TEAM, { .name = NULL } };

const field_t api_role_put_body[] = { LOGIN,   TEAM, REPOSITORY,
                                      PATTERN, ROLE, { .name = NULL } };

const field_t api_role_remove_query[] = {
    LOGIN, TEAM, REPOSITORY, PATTERN, { .name = NULL }
};

const field_t api_role_collaborator_body[] = { ROLE, { .name = NULL } };

static const field_t model_fields[] = {
    { .name = "login",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The account that has it; null: a team." },
    { .name = "team",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The team that has it; null: an account." },
    { .name = "repository",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The repository that it is on; null: a pattern." },
    { .name = "pattern",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The names that it is on; null: a repository." },
    { .name = "role",
      .type = FIELD_STRING,
      .values = roles,
      .help = "read pulls; write pushes, too; admin does everything." },
    { .name = "granted_at",
      .type = FIELD_TIME,
      .help = "When it was granted." },
    { .name = NULL },
};

const model_t api_role_model = { "Role", model_fields };


/* --- changes -------------------------------------------------------------- */

static int
put(api_t *api, const char *namespace, const collaborator_t *who)
{
    change_t change = api_change(api);
    role_t role = ROLE_NONE;
    int rc;

    role_parse(api_text(api, "role"), &role);
    rc = collaborator_set(&change, namespace, who, role);

    return problem_change(api, rc, &change) == OK ? reply_json(
               api->rq, 200, collaborator_given_json(who, role, change.now))
                                                  : ERROR;
}


/* What is malformed stands in the query or the path here, not in the body. */
static int
take_away(api_t *api, const char *namespace, const collaborator_t *who)
{
    change_t change = api_change(api);
    int rc = collaborator_set(&change, namespace, who, ROLE_NONE);

    if (rc == DECLINED && change.fault == FAULT_INVALID) {
        return problem_fail(api, PROBLEM_QUERY, change.field, "%s",
                            change.message);
    }

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}


static collaborator_t
fields_of(const api_t *api)
{
    return (collaborator_t){ .login = api_str(api, "login"),
                             .team = api_str(api, "team"),
                             .repository = api_str(api, "repository"),
                             .pattern = api_str(api, "pattern") };
}


int
api_role_put(api_t *api)
{
    collaborator_t who = fields_of(api);

    return put(api, api->namespace.name, &who);
}


int
api_role_remove(api_t *api)
{
    collaborator_t who = fields_of(api);

    return take_away(api, api->namespace.name, &who);
}


int
api_role_collaborator_put(api_t *api)
{
    const collaborator_t who = { .login = api_param(api, "account"),
                                 .repository = api->repository.name };

    return put(api, api->namespace.name, &who);
}


int
api_role_collaborator_remove(api_t *api)
{
    const collaborator_t who = { .login = api_param(api, "account"),
                                 .repository = api->repository.name };

    return take_away(api, api->namespace.name, &who);
}


int
api_role_team_put(api_t *api)
{
    const collaborator_t who = { .team = api_param(api, "team"),
                                 .repository = api->repository.name };

    return put(api, api->namespace.name, &who);
}


int
api_role_team_remove(api_t *api)
{
    const collaborator_t who = { .team = api_param(api, "team"),
                                 .repository = api->repository.name };

    return take_away(api, api->namespace.name, &who);
}


/* --- lists ---------------------------------------------------------------- */

static int
cursor_read(api_t *api, role_key_t *key_r)
{
    const char *text = cursor_text(api, "0 0 0 ");

    if (text == NULL) {
        return ERROR;
    }

    for (size_t i = 0; i < 3; i++) {
        size_t len = strcspn(text, " ");

        if (text[len] == '\0'
            || reg_number_parse((str_t){ len, (unsigned char *)text },
                                &key_r->numbers[i])
                   != REG_OK) {
            return problem_fail(api, PROBLEM_CURSOR, "after", NULL);
        }

        text += len + 1;
    }

    key_r->pattern = text;

    return OK;
}


static const char *
cursor_of(const api_t *api, const collaborator_row_t *row)
{
    return pool_printf(api->pool, "%llu %llu %llu %s",
                       (unsigned long long)row->team_id,
                       (unsigned long long)row->account_id,
                       (unsigned long long)row->repository_id, row->pattern);
}


static bool
is_of(const subject_t *subject, const collaborator_row_t *row)
{
    return (subject->team_id == 0 || row->team_id == subject->team_id)
           && (subject->account_id == 0
               || row->account_id == subject->account_id);
}


/* Roles of one subject stand together: where they end, the list does. */
static int
reply_rows(api_t *api, const subject_t *subject, const collaborator_row_t *rows,
           size_t n)
{
    json_t *items = json_pooled(api->pool, json_array());
    size_t limit = cursor_limit(api), shown = 0;

    while (shown < n && shown < limit && is_of(subject, &rows[shown])) {
        json_array_append_new(items,
                              collaborator_row_json(api->pool, &rows[shown++]));
    }

    return cursor_reply(api, json_incref(items),
                        shown < n && is_of(subject, &rows[shown])
                            ? cursor_of(api, &rows[shown - 1])
                            : NULL);
}


static int
find_subject(api_t *api, subject_t *subject_r)
{
    const char *login = api_str(api, "login"), *team = api_str(api, "team");
    account_id_row_t account;
    team_find_row_t found;
    int rc = OK;

    *subject_r = (subject_t){ 0 };

    if (login != NULL && team != NULL) {
        return problem_fail(api, PROBLEM_QUERY, "login",
                            "either an account or a team has a role");
    }

    if (team != NULL) {
        rc = db_team_find(api->db, api->namespace.id, team, &found);
        subject_r->team_id = rc == OK ? found.id : 0;
    }

    if (login != NULL) {
        rc = db_account_id(api->db, login, &account);
        subject_r->account_id = rc == OK ? account.id : 0;
    }

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_QUERY, team != NULL ? "team" : "login",
                            "there is no such one");
    }

    return rc == OK ? OK : problem_database(api);
}


int
api_role_list(api_t *api)
{
    collaborator_row_t *rows;
    subject_t subject;
    role_key_t key;
    size_t n;

    if (cursor_read(api, &key) != OK || find_subject(api, &subject) != OK) {
        return ERROR;
    }

    /* the first page of one subject begins in front of its first role */
    if (!api_has(api, "after")) {
        key.numbers[0] = subject.team_id;
        key.numbers[1] = subject.account_id;
    }

    return db_access_list(api->db, api->namespace.id, key.numbers[0],
                          key.numbers[1], key.numbers[2], key.pattern,
                          cursor_limit(api) + 1, &rows, &n)
                   == OK
               ? reply_rows(api, &subject, rows, n)
               : problem_database(api);
}


int
api_role_collaborators(api_t *api)
{
    const char *slash = strchr(api->repository.name, '/');
    const subject_t everybody = { 0 };
    collaborator_row_t *rows;
    role_key_t key;
    size_t n;

    if (cursor_read(api, &key) != OK) {
        return ERROR;
    }

    return db_access_list_repository(
               api->db, api->namespace.id, api->repository.id,
               slash != NULL ? slash + 1 : "", key.numbers[0], key.numbers[1],
               key.pattern, cursor_limit(api) + 1, &rows,
               &n) == OK
               ? reply_rows(api, &everybody, rows, n)
               : problem_database(api);
}
