/* api_star.c: stars of repositories. */

#include "api/api_star.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "community/star.h"
#include "fcgi_core/reply.h"
#include "repository/repository_view.h"

static const field_t star_fields[] = {
    { .name = "is_starred",
      .type = FIELD_BOOLEAN,
      .help = "Whether the caller has starred it." },
    { .name = "star_count",
      .type = FIELD_INTEGER,
      .help = "How many accounts have." },
    { .name = NULL },
};

static const field_t stargazer_fields[] = {
    { .name = "login", .type = FIELD_STRING, .help = "Login of who did." },
    { .name = "starred_at", .type = FIELD_TIME, .help = "When." },
    { .name = NULL },
};

static const field_t starred_fields[] = {
    { .name = "name", .type = FIELD_STRING, .help = "Name of the repository." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Who may see it." },
    { .name = "star_count",
      .type = FIELD_INTEGER,
      .help = "How many accounts have starred it." },
    { .name = "starred_at", .type = FIELD_TIME, .help = "When." },
    { .name = NULL },
};

const model_t api_star_model = { "Star", star_fields };
const model_t api_stargazer_model = { "Stargazer", stargazer_fields };
const model_t api_starred_model = { "StarredRepository", starred_fields };


int
api_community(api_t *api, community_t *community_r)
{
    if (!api_has_account(api)) {
        return problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL);
    }

    *community_r =
        (community_t){ .db = api->db,
                       .actor = &api->actor,
                       .namespace_id = api->access.facts.namespace_id,
                       .repository_id = api->repository.id,
                       .repository = api->repository.name,
                       .now = api->now };

    return OK;
}


static int
change(api_t *api, int (*fn)(const community_t *community))
{
    community_t community;

    if (api_community(api, &community) != OK) {
        return ERROR;
    }

    return fn(&community) == OK ? reply_empty(api->rq, 204)
                                : problem_database(api);
}


int
api_star_put(api_t *api)
{
    return change(api, star_add);
}


int
api_star_delete(api_t *api)
{
    return change(api, star_remove);
}


int
api_star_get(api_t *api)
{
    uint64_t id = api->repository.id;
    count_get_row_t count = { 0 };
    star_get_row_t row;
    int rc = db_count_get(api->db, id, &count);
    int found = DECLINED;

    if (rc != ERROR && api_has_account(api)) {
        found = db_star_get(api->db, id, api->caller.account.id, &row);
    }

    if (rc == ERROR || found == ERROR) {
        return problem_database(api);
    }

    return reply_json(api->rq, 200,
                      json_pack("{s:b, s:I}", "is_starred", found == OK,
                                "star_count", (json_int_t)count.stars));
}


int
api_star_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    star_list_row_t *rows;
    uint64_t before;

    if (cursor_number(api, INT64_MAX, &before) != OK) {
        return ERROR;
    }

    if (db_star_list(api->db, api->repository.id, before, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, json_pack("{s:s, s:o}", "login",
                                               rows[i].login, "starred_at",
                                               api_time(rows[i].created_at)));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


/* One that the caller may not read any more is left out. */
static int
add_starred(api_t *api, const star_list_of_account_row_t *row, json_t *items)
{
    access_t access;

    if (access_repository(api->db, api_account(api), row->name, &access)
        != OK) {
        return problem_database(api);
    }

    if (access.role >= ROLE_READ) {
        json_array_append_new(items, repository_starred_json(row));
    }

    return OK;
}


int
api_starred_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    star_list_of_account_row_t *rows;
    uint64_t before;

    if (cursor_number(api, INT64_MAX, &before) != OK) {
        return ERROR;
    }

    if (db_star_list_of_account(api->db, api->caller.account.id, before,
                                limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        if (add_starred(api, &rows[i], items) != OK) {
            return ERROR;
        }
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}
