/* api_removal.c: repositories of a namespace that are being deleted. */

#include "api/api_removal.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "db/db_removal.h"
#include "fcgi_core/reply.h"

static const field_t model_fields[] = {
    { .name = "repository",
      .type = FIELD_STRING,
      .help = "Whole name of the repository, which is taken until it is "
              "deleted." },
    { .name = "requested_at",
      .type = FIELD_TIME,
      .help = "When its deletion was asked for." },
    { .name = "requested_by",
      .type = FIELD_STRING,
      .help = "Login of who asked." },
    { .name = "tried_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "The last attempt that failed; null where none has." },
    { .name = "message",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Why it failed." },
    { .name = NULL },
};

const model_t api_removal_model = { "Removal", model_fields };


static json_t *
model_of(const removal_row_t *row)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:o}", "repository", row->name,
                     "requested_at", api_time(row->requested_at),
                     "requested_by", row->requested_by, "tried_at",
                     api_time_or_null(row->tried_at), "message",
                     api_string_or_null(row->message));
}


int
api_removal_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    removal_row_t *rows;
    uint64_t after;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    if (db_removal_list_namespace(api->db, api->namespace.id, after, limit + 1,
                                  &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, model_of(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}
