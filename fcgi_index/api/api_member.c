/* api_member.c: members of organizations. */

#include "api/api_member.h"
#include "access/member.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "db/db_member.h"
#include "fcgi_core/reply.h"

static const char *const roles[] = { "member", "owner", NULL };

const field_t api_member_put_body[] = {
    { .name = "role",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .values = roles,
      .help = "Owners decide who else has rights." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "login", .type = FIELD_STRING, .help = "The account's login." },
    { .name = "role",
      .type = FIELD_STRING,
      .values = roles,
      .help = "Owners decide who else has rights." },
    { .name = "joined_at",
      .type = FIELD_TIME,
      .help = "Since when it is a member." },
    { .name = NULL },
};

const model_t api_member_model = { "Member", model_fields };


int
api_member_check(api_t *api)
{
    return api->access.facts.is_member || api->access.is_owner
               ? OK
               : problem_fail(api, PROBLEM_FORBIDDEN, NULL,
                              "only members may see that");
}


int
api_member_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *after = cursor_text(api, "");
    member_row_t *rows;

    if (after == NULL || api_member_check(api) != OK) {
        return ERROR;
    }

    if (db_member_list(api->db, api->namespace.id, after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, member_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].login : NULL);
}


int
api_member_put(api_t *api)
{
    const char *login = api_param(api, "login");
    change_t change = api_change(api);
    member_row_t row;
    int rc = member_set(&change, api->namespace.name, login,
                        strcmp(api_str(api, "role"), "owner") == 0);

    if (problem_change(api, rc, &change) != OK) {
        return ERROR;
    }

    if (db_member_get(api->db, api->namespace.id, login, &row) != OK) {
        return problem_database(api);
    }

    return reply_json(api->rq, 200, member_json(&row));
}


/* Members leave, owners remove. */
int
api_member_remove(api_t *api)
{
    change_t change = api_change(api);
    int rc =
        member_remove(&change, api->namespace.name, api_param(api, "login"));

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}
