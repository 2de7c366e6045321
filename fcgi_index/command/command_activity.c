/* command_activity.c: the subcommands of activity. */

#include "activity/activity.h"
#include "app.h"
#include "command/commands.h"
#include "db/db_activity.h"


static void
activity_print(const call_t *call, const activity_item_row_t *row)
{
    const char *word =
        row->kind < ACTIVITY_N ? activity_words[row->kind] : "unknown";
    json_t *data = NULL;
    const char *error;

    if (json_parse(app.pool, reg_cstr(row->data), &data, &error) != OK) {
        data = NULL;
    }

    command_print(call,
                  json_pack("{s:I, s:s, s:o, s:I, s:s?, s:s?, s:s?, s:O?}",
                            "id", (json_int_t)row->id, "event", word,
                            "occurred_at", command_time(&row->at), "count",
                            (json_int_t)row->n, "actor", row->actor,
                            "namespace", row->namespace, "repository",
                            row->repository, "data", data),
                  "occurred_at event actor namespace repository count");
}


/* Of a repository, or of all. */
static int
read_page(const char *name, uint64_t before, activity_item_row_t **rows,
          size_t *n)
{
    uint64_t id;

    if (name == NULL) {
        return db_activity_of_all(app.db, before, COMMAND_PAGE, rows, n);
    }

    return command_repository(name, &id) == OK
               ? db_activity_of_repository(app.db, id, (1u << ACTIVITY_N) - 1,
                                           0, before, COMMAND_PAGE, rows, n)
               : ERROR;
}


static int
print_page(const call_t *call, const char **after)
{
    activity_item_row_t *rows;
    size_t n;

    if (read_page(call->words[0], command_key(*after, INT64_MAX), &rows, &n)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        activity_print(call, &rows[i]);
        *after = command_key_text(rows[i].id);
    }

    return OK;
}


static int
activity_list(const call_t *call)
{
    return command_list(call, print_page);
}


const command_t activity_commands[] = {
    { .noun = "activity",
      .verb = "list",
      .words = "[NAME]",
      .summary = "List what happened, in a repository or everywhere.",
      .detail = "Time, event, login, namespace, repository, how often: one "
                "event per line, the latest first; \"-\" for what there is "
                "not.  --json has the details.",
      .has_json = true,
      .run = activity_list },
    { .noun = NULL },
};
