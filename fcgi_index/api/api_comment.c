/* api_comment.c: comments on repositories, and reports of comments. */

#include "api/api_comment.h"
#include "api/api_star.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/problem.h"
#include "community/comment.h"
#include "fcgi_core/reply.h"
#include "markdown/markdown.h"

#define REASON_CHARACTERS 255

const field_t api_comment_body[] = {
    { .name = "text",
      .type = FIELD_TEXT,
      .flags = FIELD_REQUIRED,
      .min = 1,
      .max = COMMENT_CHARACTERS_MAX,
      .help = "The comment, as Markdown." },
    { .name = NULL },
};

const field_t api_comment_report_body[] = {
    { .name = "reason",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 1,
      .max = REASON_CHARACTERS,
      .help = "What is wrong with it." },
    { .name = NULL },
};

const field_t api_comment_moderation_body[] = {
    { .name = "is_hidden",
      .type = FIELD_BOOLEAN,
      .flags = FIELD_REQUIRED,
      .help = "Whether only its author and moderators see it; either way its "
              "reports are dealt with." },
    { .name = NULL },
};

static const field_t comment_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "author",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who wrote it; null: the account was deleted." },
    { .name = "text", .type = FIELD_TEXT, .help = "The comment, as Markdown." },
    { .name = "html",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The same as HTML that is safe to show, without images and "
              "headings; null where it is nested too deep." },
    { .name = "created_at",
      .type = FIELD_TIME,
      .help = "When it was written." },
    { .name = "edited_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "When its author changed it last; null: never." },
    { .name = "is_hidden",
      .type = FIELD_BOOLEAN,
      .help = "Whether only its author and moderators see it." },
    { .name = NULL },
};

static const field_t report_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "comment",
      .type = FIELD_INTEGER,
      .help = "Number of the comment." },
    { .name = "repository",
      .type = FIELD_STRING,
      .help = "Name of the repository." },
    { .name = "author",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who wrote the comment; null: the account was "
              "deleted." },
    { .name = "text", .type = FIELD_TEXT, .help = "The comment." },
    { .name = "is_hidden",
      .type = FIELD_BOOLEAN,
      .help = "Whether it is hidden." },
    { .name = "reporter",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who reported it; null: the account was deleted." },
    { .name = "reason", .type = FIELD_STRING, .help = "Why." },
    { .name = "created_at", .type = FIELD_TIME, .help = "When." },
    { .name = NULL },
};

const model_t api_comment_model = { "Comment", comment_fields };
const model_t api_comment_report_model = { "CommentReport", report_fields };


/* --- models --------------------------------------------------------------- */

static json_t *
html_of(const api_t *api, const char *text)
{
    const char *html;

    return markdown_html(api->pool, MARKDOWN_COMMENT, text, &html) == OK
               ? json_str(reg_cstr(html))
               : json_null();
}


static json_t *
model_of(const api_t *api, const comment_item_row_t *row)
{
    return json_pack("{s:I, s:s?, s:s, s:o, s:o, s:o, s:b}", "id",
                     (json_int_t)row->id, "author", row->login, "text",
                     row->body, "html", html_of(api, row->body), "created_at",
                     api_time(row->created_at), "edited_at",
                     api_time_or_null(row->edited_at), "is_hidden",
                     row->is_hidden);
}


static bool
is_moderator(const api_t *api)
{
    return api->access.role == ROLE_ADMIN;
}


static bool
is_author(const api_t *api, const comment_item_row_t *row)
{
    return api_has_account(api) && row->account_id == api->caller.account.id;
}


/* A hidden one is not there for others. */
static int
check_shown(api_t *api, int rc, const comment_item_row_t *row)
{
    if (rc == ERROR) {
        return problem_database(api);
    }

    return rc == OK
                   && (!row->is_hidden || is_moderator(api)
                       || is_author(api, row))
               ? OK
               : problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
}


static int
reply_comment(api_t *api, int status, uint64_t id)
{
    comment_item_row_t row;
    int rc = db_comment_get(api->db, api->repository.id, id, &row);

    if (check_shown(api, rc, &row) != OK) {
        return ERROR;
    }

    if (etag_reply(api, row.id, row.edition) == DECLINED) {
        return OK;
    }

    return reply_json(api->rq, status, model_of(api, &row));
}


/* The comment of the path, held. */
static int
hold(api_t *api, community_t *community, comment_item_row_t *row)
{
    if (api_community(api, community) != OK) {
        return ERROR;
    }

    return check_shown(
        api, comment_hold(community, api_param_number(api, "id"), row), row);
}


/* What could not be shown is not taken. */
static int
check_text(api_t *api)
{
    const char *html;

    return markdown_html(api->pool, MARKDOWN_COMMENT, api_str(api, "text"),
                         &html)
                   == OK
               ? OK
               : problem_fail(api, PROBLEM_FIELD, "text",
                              "text must be nested no more than %d deep",
                              MARKDOWN_DEPTH_MAX);
}


/* --- handlers ------------------------------------------------------------- */

int
api_comment_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    comment_item_row_t *rows;
    uint64_t before;

    if (cursor_number(api, INT64_MAX, &before) != OK) {
        return ERROR;
    }

    if (db_comment_list(api->db, api->repository.id, api->caller.account.id,
                        is_moderator(api), before, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, model_of(api, &rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


int
api_comment_create(api_t *api)
{
    community_t community;
    unsigned wait;
    uint64_t id;
    int rc;

    if (api_community(api, &community) != OK || check_text(api) != OK) {
        return ERROR;
    }

    rc = comment_add(&community, api_str(api, "text"), &id, &wait);

    if (rc == DECLINED) {
        api->rq->retry_after = wait;
        return problem_fail(api, PROBLEM_LIMIT, NULL,
                            "an account may write %d comments in %d minutes",
                            COMMENTS_MAX, COMMENTS_SECONDS / 60);
    }

    if (rc != OK) {
        return problem_database(api);
    }

    return reply_comment(api, 201, id);
}


int
api_comment_get(api_t *api)
{
    return reply_comment(api, 200, api_param_number(api, "id"));
}


int
api_comment_edit(api_t *api)
{
    comment_item_row_t row;
    community_t community;

    if (hold(api, &community, &row) != OK) {
        return ERROR;
    }

    if (!is_author(api, &row)) {
        return problem_fail(api, PROBLEM_FORBIDDEN, NULL,
                            "only its author edits a comment");
    }

    if (etag_check(api, row.id, row.edition) != OK || check_text(api) != OK) {
        return ERROR;
    }

    return comment_edit(&community, row.id, api_str(api, "text")) == OK
               ? reply_comment(api, 200, row.id)
               : problem_database(api);
}


int
api_comment_delete(api_t *api)
{
    comment_item_row_t row;
    community_t community;

    if (hold(api, &community, &row) != OK) {
        return ERROR;
    }

    if (!is_author(api, &row) && !is_moderator(api)) {
        return problem_fail(api, PROBLEM_FORBIDDEN, NULL, NULL);
    }

    return comment_delete(&community, &row) == OK ? reply_empty(api->rq, 204)
                                                  : problem_database(api);
}


int
api_comment_report(api_t *api)
{
    comment_item_row_t row;
    community_t community;

    if (hold(api, &community, &row) != OK) {
        return ERROR;
    }

    return comment_report(&community, row.id, api_str(api, "reason")) == OK
               ? reply_empty(api->rq, 204)
               : problem_database(api);
}


int
api_comment_moderate(api_t *api)
{
    comment_item_row_t row;
    community_t community;

    if (hold(api, &community, &row) != OK) {
        return ERROR;
    }

    return comment_moderate(&community, &row,
                            api_boolean(api, "is_hidden", false))
                   == OK
               ? reply_comment(api, 200, row.id)
               : problem_database(api);
}


static json_t *
report_of(const comment_report_item_row_t *row)
{
    return json_pack("{s:I, s:I, s:s, s:s?, s:s, s:b, s:s?, s:s, s:o}", "id",
                     (json_int_t)row->id, "comment",
                     (json_int_t)row->comment_id, "repository", row->repository,
                     "author", row->author, "text", row->body, "is_hidden",
                     row->is_hidden, "reporter", row->reporter, "reason",
                     row->reason, "created_at", api_time(row->created_at));
}


/* What goes on in private repositories is for those who may read them, and not
 * for administrators. */
static int
may_read(api_t *api, const comment_report_item_row_t *row, bool *may_r)
{
    access_t access;

    *may_r = true;

    if (row->visibility != VISIBILITY_PRIVATE || api->repository.id != 0) {
        return OK;
    }

    if (access_repository(api->db, api_account(api), row->repository, &access)
        != OK) {
        return problem_database(api);
    }

    *may_r = access.role >= ROLE_READ;

    return OK;
}


static int
reply_reports(api_t *api, const comment_report_item_row_t *rows, size_t n)
{
    size_t limit = cursor_limit(api);
    json_t *items = json_pooled(api->pool, json_array());

    for (size_t i = 0; i < n && i < limit; i++) {
        bool may;

        if (may_read(api, &rows[i], &may) != OK) {
            return ERROR;
        }

        if (may) {
            json_array_append_new(items, report_of(&rows[i]));
        }
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


int
api_comment_report_list(api_t *api)
{
    comment_report_item_row_t *rows;
    uint64_t after;
    size_t n;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    return db_comment_report_list(api->db, api->repository.id, after,
                                  cursor_limit(api) + 1, &rows, &n)
                   == OK
               ? reply_reports(api, rows, n)
               : problem_database(api);
}


int
api_comment_report_list_all(api_t *api)
{
    comment_report_item_row_t *rows;
    uint64_t after;
    size_t n;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    return db_comment_report_list_all(api->db, after, cursor_limit(api) + 1,
                                      &rows, &n)
                   == OK
               ? reply_reports(api, rows, n)
               : problem_database(api);
}
