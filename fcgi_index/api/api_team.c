/* api_team.c: teams of organizations, and their members. */

#include "api/api_team.h"
#include "access/team.h"
#include "api/api_member.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "db/db_team.h"
#include "fcgi_core/reply.h"

const field_t api_team_create_body[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login,
      .help = "Its name in the organization." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .help = "Its name in the organization." },
    { .name = "created_at", .type = FIELD_TIME, .help = "When it was made." },
    { .name = NULL },
};

static const field_t member_fields[] = {
    { .name = "login", .type = FIELD_STRING, .help = "The account's login." },
    { .name = NULL },
};

const model_t api_team_model = { "Team", model_fields };
const model_t api_team_member_model = { "TeamMember", member_fields };


static json_t *
model_of(const char *name, int64_t created_at)
{
    return json_pack("{s:s, s:o}", "name", name, "created_at",
                     api_time(created_at));
}


/* --- teams ---------------------------------------------------------------- */

int
api_team_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *after = cursor_text(api, "");
    team_row_t *rows;

    if (after == NULL || api_member_check(api) != OK) {
        return ERROR;
    }

    if (db_team_list(api->db, api->namespace.id, after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items,
                              model_of(rows[i].name, rows[i].created_at));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].name : NULL);
}


/* Of the path's namespace: one of another is not there. */
static int
find(api_t *api, const char *name, team_find_row_t *row_r)
{
    int rc;

    if (api_member_check(api) != OK) {
        return ERROR;
    }

    rc = db_team_find(api->db, api->namespace.id, name, row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


static int
reply_team(api_t *api, int status, const char *name)
{
    team_find_row_t row;

    return find(api, name, &row) == OK
               ? reply_json(api->rq, status, model_of(name, row.created_at))
               : ERROR;
}


int
api_team_create(api_t *api)
{
    const char *name = api_str(api, "name");
    change_t change = api_change(api);
    int rc = team_add(&change, api->namespace.name, name);

    if (problem_change(api, rc, &change) != OK) {
        return ERROR;
    }

    api_location(api, "/namespaces/%s/teams/%s", api->namespace.name, name);

    return reply_team(api, 201, name);
}


int
api_team_get(api_t *api)
{
    return reply_team(api, 200, api_param(api, "team"));
}


int
api_team_delete(api_t *api)
{
    change_t change = api_change(api);
    int rc = team_delete(&change, api->namespace.name, api_param(api, "team"));

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}


/* --- members -------------------------------------------------------------- */

int
api_team_member_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *after = cursor_text(api, "");
    team_find_row_t team;
    team_member_row_t *rows;

    if (after == NULL || find(api, api_param(api, "team"), &team) != OK) {
        return ERROR;
    }

    if (db_team_member_list(api->db, team.id, after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items,
                              json_pack("{s:s}", "login", rows[i].login));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].login : NULL);
}


int
api_team_member_add(api_t *api)
{
    change_t change = api_change(api);
    int rc = team_member_add(&change, api->namespace.name,
                             api_param(api, "team"), api_param(api, "login"));

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}


int
api_team_member_remove(api_t *api)
{
    change_t change = api_change(api);
    int rc =
        team_member_remove(&change, api->namespace.name, api_param(api, "team"),
                           api_param(api, "login"));

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}
