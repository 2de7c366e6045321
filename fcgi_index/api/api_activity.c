/* api_activity.c: followed repositories, and feeds of what happens. */

#include "api/api_activity.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "community/feed.h"
#include "fcgi_core/reply.h"

static const field_t follow_fields[] = {
    { .name = "is_followed",
      .type = FIELD_BOOLEAN,
      .help = "Whether the caller follows it." },
    { .name = NULL },
};

static const field_t followed_fields[] = {
    { .name = "name", .type = FIELD_STRING, .help = "Name of the repository." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Who may see it." },
    { .name = "pushed_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "The last push; null where none is known." },
    { .name = "followed_at", .type = FIELD_TIME, .help = "Since when." },
    { .name = NULL },
};

static const char *const roles[] = { "none",  "read",   "write", "admin",
                                     "owner", "member", NULL };

static const field_t activity_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "event",
      .type = FIELD_STRING,
      .values = activity_words,
      .help = "What happened." },
    { .name = "occurred_at",
      .type = FIELD_TIME,
      .help = "When; the last time where it happened several times." },
    { .name = "count",
      .type = FIELD_INTEGER,
      .help = "How many times: pushes and deletions by one account within ten "
              "minutes are one item." },
    { .name = "actor",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who did it; null where it is not known, or where the "
              "account was deleted." },
    { .name = "namespace",
      .type = FIELD_STRING,
      .help = "Name of the namespace." },
    { .name = "repository",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Name of the repository; null for what happened to the "
              "namespace." },
    { .name = "tags",
      .type = FIELD_STRINGS,
      .help = "Of push and delete: the tags, the latest first, ten at most." },
    { .name = "comment",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Of comment: its number." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .values = visibility_words,
      .help = "Of visibility: the new one." },
    { .name = "login",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Of member and role: whose." },
    { .name = "team",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Of role: the team that has it." },
    { .name = "role",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .values = roles,
      .help = "Of member and role: the new one; none: it was taken away." },
    { .name = NULL },
};

const model_t api_follow_model = { "Follow", follow_fields };
const model_t api_followed_model = { "FollowedRepository", followed_fields };
const model_t api_activity_model = { "Activity", activity_fields };


/* --- follows -------------------------------------------------------------- */

static int
check_account(api_t *api)
{
    return api_has_account(api)
               ? OK
               : problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL);
}


int
api_follow_get(api_t *api)
{
    follow_get_row_t row;
    int rc = DECLINED;

    if (api_has_account(api)) {
        rc = db_follow_get(api->db, api->repository.id, api->caller.account.id,
                           &row);
    }

    return rc == ERROR
               ? problem_database(api)
               : reply_json(api->rq, 200,
                            json_pack("{s:b}", "is_followed", rc == OK));
}


int
api_follow_put(api_t *api)
{
    int rc;

    if (check_account(api) != OK) {
        return ERROR;
    }

    rc = follow_add(api->db, api->repository.id, api->caller.account.id,
                    api->now);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_CONFLICT, NULL,
                            "an account may follow %d repositories",
                            FOLLOWS_MAX);
    }

    return rc == OK ? reply_empty(api->rq, 204) : problem_database(api);
}


int
api_follow_delete(api_t *api)
{
    if (check_account(api) != OK) {
        return ERROR;
    }

    return db_follow_delete(api->db, api->repository.id, api->caller.account.id)
                   == OK
               ? reply_empty(api->rq, 204)
               : problem_database(api);
}


/* One that the caller may not read any more is left out. */
static int
add_followed(api_t *api, const follow_list_row_t *row, json_t *items)
{
    access_t access;

    if (access_repository(api->db, api_account(api), row->name, &access)
        != OK) {
        return problem_database(api);
    }

    if (access.role >= ROLE_READ) {
        json_array_append_new(
            items,
            json_pack("{s:s, s:s, s:o, s:o}", "name", row->name, "visibility",
                      visibility_name((visibility_t)row->visibility),
                      "pushed_at", api_time_or_null(row->pushed_at),
                      "followed_at", api_time(row->created_at)));
    }

    return OK;
}


int
api_follow_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    follow_list_row_t *rows;
    uint64_t before;

    if (cursor_number(api, INT64_MAX, &before) != OK) {
        return ERROR;
    }

    if (db_follow_list(api->db, api->caller.account.id, before, limit + 1,
                       &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        if (add_followed(api, &rows[i], items) != OK) {
            return ERROR;
        }
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


/* --- feeds ---------------------------------------------------------------- */

static json_t *
member_or_null(json_t *data, const char *key)
{
    json_t *value = json_object_get(data, key);

    return value != NULL ? json_incref(value) : json_null();
}


/* Members are owners or not; who went is nothing any more. */
static json_t *
role_of(const activity_item_row_t *row, json_t *data)
{
    json_t *is_owner = json_object_get(data, "is_owner");

    if (row->kind != ACTIVITY_MEMBER) {
        return member_or_null(data, "role");
    }

    if (is_owner != NULL) {
        return json_string(json_is_true(is_owner) ? "owner" : "member");
    }

    return json_string(json_object_get(data, "role") != NULL ? "member"
                                                             : "none");
}


static json_t *
tags_of(json_t *data)
{
    json_t *tags = json_object_get(data, "tags");

    return tags != NULL ? json_incref(tags) : json_array();
}


static json_t *
repository_of(const activity_item_row_t *row, json_t *data)
{
    return row->repository != NULL ? json_string(row->repository)
                                   : member_or_null(data, "repository");
}


static json_t *
model_of(const api_t *api, const activity_item_row_t *row)
{
    json_t *data = NULL;
    const char *error;

    if (json_parse(api->pool, reg_cstr(row->data), &data, &error) != OK) {
        data = NULL;
    }

    return json_pack(
        "{s:I, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "id", (json_int_t)row->id, "event", activity_words[row->kind],
        "occurred_at", api_time(row->at), "count", (json_int_t)row->n, "actor",
        api_string_or_null(row->actor), "namespace",
        api_string_or_null(row->namespace), "repository",
        repository_of(row, data), "tags", tags_of(data), "comment",
        member_or_null(data, "comment"), "visibility",
        member_or_null(data, "visibility"), "login",
        row->is_login_deleted ? json_null() : member_or_null(data, "login"),
        "team", member_or_null(data, "team"), "role",
        row->kind == ACTIVITY_MEMBER || row->kind == ACTIVITY_ROLE
            ? role_of(row, data)
            : json_null());
}


static int
begin(api_t *api, feed_page_t *page)
{
    *page = (feed_page_t){ .limit = cursor_limit(api) };

    return cursor_number(api, INT64_MAX, &page->before);
}


static int
reply_page(api_t *api, int rc, const feed_page_t *page)
{
    json_t *items = json_pooled(api->pool, json_array());

    if (rc != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < page->n; i++) {
        if (page->rows[i].kind < ACTIVITY_N) {
            json_array_append_new(items, model_of(api, &page->rows[i]));
        }
    }

    return cursor_reply(api, json_incref(items),
                        page->next != 0 ? cursor_key_number(api, page->next)
                                        : NULL);
}


int
api_activity(api_t *api)
{
    feed_page_t page;

    if (begin(api, &page) != OK) {
        return ERROR;
    }

    return reply_page(
        api, feed_of_account(api->db, &api->caller.account, &page), &page);
}


int
api_activity_repository(api_t *api)
{
    feed_page_t page;

    if (begin(api, &page) != OK) {
        return ERROR;
    }

    return reply_page(
        api,
        feed_of_repository(api->db, api->repository.id, &api->access, &page),
        &page);
}


int
api_activity_namespace(api_t *api)
{
    feed_page_t page;

    if (begin(api, &page) != OK) {
        return ERROR;
    }

    return reply_page(
        api,
        feed_of_namespace(api->db, api->caller.account.id, &api->access, &page),
        &page);
}
