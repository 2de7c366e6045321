/* command_comment.c: the subcommands of star and comment. */

#include "app.h"
#include "command/commands.h"
#include "community/comment.h"
#include "common/range.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "repository/repository_view.h"


/* --- lists ---------------------------------------------------------------- */

static int
print_stars(const call_t *call, const char **after)
{
    star_list_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_repository(call->words[0], &id) != OK
        || db_star_list(app.db, id, command_key(*after, INT64_MAX),
                        COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        if (call->is_json) {
            json_print(json_pack("{s:s, s:o}", "login", rows[i].login,
                                 "starred_at",
                                 command_time(&rows[i].created_at)));
        } else {
            printf("%s\n", rows[i].login);
        }

        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static int
print_starred(const call_t *call, const char **after)
{
    star_list_of_account_row_t *rows;
    account_t account;
    size_t n;

    if (command_account(call->words[0], &account) != OK
        || db_star_list_of_account(app.db, account.id,
                                   command_key(*after, INT64_MAX), COMMAND_PAGE,
                                   &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, repository_starred_json(&rows[i]),
                      "name visibility");
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static json_t *
comment_json(const comment_item_row_t *row)
{
    return json_pack("{s:I, s:s?, s:s, s:o, s:o, s:b}", "id",
                     (json_int_t)row->id, "author", row->login, "text",
                     row->body, "created_at", json_time(row->created_at),
                     "edited_at", json_time_or_null(row->edited_at),
                     "is_hidden", row->is_hidden);
}


static int
print_comments(const call_t *call, const char **after)
{
    comment_item_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_repository(call->words[0], &id) != OK
        || db_comment_list(app.db, id, 0, true, command_key(*after, INT64_MAX),
                           COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, comment_json(&rows[i]),
                      "id author created_at is_hidden");
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


/* Of a repository, or of the whole installation. */
static int
read_reports(const char *name, uint64_t after, comment_report_item_row_t **rows,
             size_t *n)
{
    uint64_t id;

    if (name == NULL) {
        return db_comment_report_list_all(app.db, after, COMMAND_PAGE, rows, n);
    }

    return command_repository(name, &id) == OK ? db_comment_report_list(
               app.db, id, after, COMMAND_PAGE, rows, n)
                                               : ERROR;
}


static int
print_reports(const call_t *call, const char **after)
{
    comment_report_item_row_t *rows;
    size_t n;

    if (read_reports(call->words[0], command_key(*after, 0), &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        const comment_report_item_row_t *row = &rows[i];

        command_print(call,
                      json_pack("{s:I, s:s, s:s?, s:s, s:s?, s:s, s:o, s:b}",
                                "comment", (json_int_t)row->comment_id,
                                "repository", row->repository, "author",
                                row->author, "text", row->body, "reporter",
                                row->reporter, "reason", row->reason,
                                "created_at", json_time(row->created_at),
                                "is_hidden", row->is_hidden),
                      "comment repository reporter reason");
        *after = command_key_text(row->id);
    }

    return OK;
}


static int
star_list(const call_t *call)
{
    return command_list(call, print_stars);
}


static int
star_list_starred(const call_t *call)
{
    return command_list(call, print_starred);
}


typedef struct {
    bool is_reported;
} comment_conf_t;

static const setting_t list_settings[] = {
    { "reported", NULL, SETTING_FLAG, offsetof(comment_conf_t, is_reported), 0,
      0, NULL,
      "List the reports of comments instead, the oldest first: number of the "
      "comment, repository, who reported it, why.  Without a name, of the "
      "whole installation." },
    { .name = NULL },
};


static int
comment_list(const call_t *call)
{
    const comment_conf_t *conf = call->conf;

    if (call->words[0] == NULL && !conf->is_reported) {
        return call_misused(call, "NAME is missing");
    }

    return command_list(call,
                        conf->is_reported ? print_reports : print_comments);
}


/* --- moderation ----------------------------------------------------------- */

typedef enum { MODERATE_HIDE, MODERATE_SHOW, MODERATE_DELETE } moderate_t;

typedef struct {
    uint64_t id;
    moderate_t act;
} moderation_t;


static int
moderate_in_transaction(void *data)
{
    const moderation_t *moderation = data;
    community_t community = { .db = app.db,
                              .actor = command_operator(),
                              .now = clock_now() };
    comment_find_row_t found;
    comment_item_row_t row;
    int rc = db_comment_find(app.db, moderation->id, &found);

    if (rc != OK) {
        return rc;
    }

    community.namespace_id = found.namespace_id;
    community.repository_id = found.repository_id;
    community.repository = found.name;
    rc = comment_hold(&community, moderation->id, &row);

    if (rc != OK) {
        return rc;
    }

    return moderation->act == MODERATE_DELETE
               ? comment_delete(&community, &row)
               : comment_moderate(&community, &row,
                                  moderation->act == MODERATE_HIDE);
}


static int
moderate(const call_t *call, moderate_t act)
{
    static const char *const done[] = { "hidden", "shown", "deleted" };
    moderation_t moderation = { .act = act };
    int rc;

    if (reg_number_parse(reg_cstr(call->words[0]), &moderation.id) != REG_OK) {
        return call_misused(call, "%s is no number of a comment",
                            call->words[0]);
    }

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    rc = db_transaction(app.db, moderate_in_transaction, &moderation);

    if (rc != OK) {
        if (rc == DECLINED) {
            log_error("there is no comment %s", call->words[0]);
        }
        return EXIT_FAILURE;
    }

    printf("comment %s is %s\n", call->words[0], done[act]);

    return EXIT_SUCCESS;
}


static int
comment_one(const call_t *call)
{
    comment_item_row_t row;
    uint64_t id, repository_id;
    int rc = ERROR;

    if (command_number(call, call->words[1], "a comment", &id) != OK) {
        return COMMAND_USAGE;
    }

    if (app_open() == OK
        && command_repository(call->words[0], &repository_id) == OK) {
        rc = db_comment_get(app.db, repository_id, id, &row);
    }

    if (rc == DECLINED) {
        log_error("%s has no comment %s", call->words[0], call->words[1]);
    } else if (rc == OK) {
        command_show(call, comment_json(&row));
    }

    return rc == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}


static int
comment_hide(const call_t *call)
{
    return moderate(call, MODERATE_HIDE);
}


static int
comment_show(const call_t *call)
{
    return moderate(call, MODERATE_SHOW);
}


static int
comment_remove(const call_t *call)
{
    return moderate(call, MODERATE_DELETE);
}


const command_t star_commands[] = {
    { .noun = "star",
      .verb = "list",
      .words = "NAME",
      .summary = "List who starred a repository.",
      .detail = "The newest star first: one login per line.",
      .has_json = true,
      .run = star_list },
    { .noun = "star",
      .verb = "list-starred",
      .words = "LOGIN",
      .summary = "List the repositories that an account starred.",
      .detail = "Name and visibility, the newest star first; also those that "
                "the account may not read any more.",
      .has_json = true,
      .run = star_list_starred },
    { .noun = NULL },
};

const command_t comment_commands[] = {
    { .noun = "comment",
      .verb = "list",
      .words = "[NAME]",
      .summary = "List the comments on a repository.",
      .detail = "Number, author, time, \"hidden\" if a moderator hid it: one "
                "comment per line, the newest first.",
      .settings = list_settings,
      .conf_size = sizeof(comment_conf_t),
      .has_json = true,
      .run = comment_list },
    { .noun = "comment",
      .verb = "read",
      .words = "NAME ID",
      .summary = "Print a comment, its author and its text.",
      .has_json = true,
      .run = comment_one },
    { .noun = "comment",
      .verb = "hide",
      .words = "ID",
      .summary = "Hide a comment, which deals with its reports.",
      .run = comment_hide },
    { .noun = "comment",
      .verb = "show",
      .words = "ID",
      .summary = "Let a comment stay, or show it again.",
      .detail = "Its reports are dealt with.",
      .run = comment_show },
    { .noun = "comment",
      .verb = "delete",
      .words = "ID",
      .summary = "Delete a comment.",
      .run = comment_remove },
    { .noun = NULL },
};
