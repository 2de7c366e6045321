/* repository_view.c: repositories as JSON. */

#include "repository/repository_view.h"
#include "common/name.h"
#include "fcgi_core/lines.h"


json_t *
repository_item_json(pool_t *pool, const repository_item_row_t *row)
{
    const char *namespace =
        pool_strndup(pool, reg_name_namespace(reg_cstr(row->name)));

    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:I, s:I, s:o}", "name",
        row->name, "namespace", namespace, "visibility",
        visibility_name((visibility_t)row->visibility), "description",
        json_str(reg_cstr(row->description != NULL ? row->description : "")),
        "topics", lines_json(row->topics), "is_stored", row->is_stored,
        "created_at", json_time(row->created_at), "pushed_at",
        json_time_or_null(row->pushed_at), "pushed_by",
        json_text_or_null(row->pushed_by), "star_count", (json_int_t)row->stars,
        "pull_count", (json_int_t)row->pulls, "pulled_at",
        json_time_or_null(row->pulled_at));
}


json_t *
repository_json(pool_t *pool, const char *name, const repository_get_row_t *row,
                role_t role)
{
    const repository_item_row_t item = {
        .id = row->id,
        .name = name,
        .visibility = row->visibility,
        .description = row->description,
        .topics = row->topics,
        .is_stored = row->is_stored,
        .created_at = row->created_at,
        .pushed_at = row->pushed_at,
        .pushed_by = row->pushed_by,
        .stars = row->stars,
        .pulls = row->pulls,
        .pulled_at = row->pulled_at,
    };
    json_t *model = repository_item_json(pool, &item);

    json_object_set_new(model, "links", lines_json(row->links));
    json_object_set_new(model, "page", json_text_or_null(row->page));
    json_object_set_new(model, "page_html", json_text_or_null(row->page_html));
    json_object_set_new(model, "role", json_string(role_name(role)));

    return model;
}


json_t *
repository_starred_json(const star_list_of_account_row_t *row)
{
    return json_pack("{s:s, s:s, s:I, s:o}", "name", row->name, "visibility",
                     visibility_name((visibility_t)row->visibility),
                     "star_count", (json_int_t)row->stars, "starred_at",
                     json_time(row->created_at));
}
