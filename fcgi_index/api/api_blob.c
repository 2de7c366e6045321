/* api_blob.c: the blobs of a repository, as the mirror knows them. */

#include "api/api_blob.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "repository/tag_view.h"

static const field_t model_fields[] = {
    { .name = "digest", .type = FIELD_STRING, .help = "Its checksum." },
    { .name = "size",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Its bytes." },
    { .name = "pushed_at",
      .type = FIELD_TIME,
      .help = "When it was last pushed to this repository, or mounted." },
    { .name = "pushed_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who did that; null for no one." },
    { .name = NULL },
};

const model_t api_blob_model = { "Blob", model_fields };


int
api_blob_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    const char *after = cursor_text(api, "");
    blob_list_row_t *rows;
    json_t *items;

    if (after == NULL) {
        return ERROR;
    }

    if (db_blob_list(api->db, api->repository.id, after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    items = json_array();

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, blob_json(&rows[i]));
    }

    return cursor_reply(api, items, n > limit ? rows[limit - 1].digest : NULL);
}
