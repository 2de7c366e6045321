/* tag_view.c: tags, manifests and blobs as JSON. */

#include "repository/tag_view.h"
#include "fcgi_core/lines.h"

#define TAGS_MAX 100
#define CHILDREN_MAX 1000


json_t *
tag_json(const tag_item_row_t *row)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o}",
                     "name", row->name, "digest", row->digest, "media_type",
                     json_text_or_null(row->media_type), "artifact_type",
                     json_text_or_null(row->artifact_type), "platforms",
                     lines_json(row->platforms), "compressed_size",
                     json_number_or_null(row->content_size), "pushed_at",
                     json_time_or_null(row->pushed_at), "pushed_by",
                     json_text_or_null(row->pushed_by), "since_at",
                     json_time_or_null(row->since_at), "pull_count",
                     (json_int_t)row->pulls, "pulled_at",
                     json_time_or_null(row->pulled_at));
}


static json_t *
history_model(const tag_past_list_row_t *row, const int64_t *ended_at)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "digest", row->digest,
                     "began_at", json_time_or_null(row->began_at), "began_by",
                     json_text_or_null(row->began_by), "ended_at",
                     json_time_or_null(ended_at), "ended_by",
                     json_text_or_null(row->ended_by));
}


json_t *
tag_past_json(const tag_past_list_row_t *row)
{
    return history_model(row, &row->ended_at);
}


json_t *
tag_present_json(const tag_present_row_t *row)
{
    const tag_past_list_row_t present = { .digest = row->digest,
                                          .began_at = row->since_at,
                                          .began_by = row->since_by };

    return history_model(&present, NULL);
}


/* --- manifests ------------------------------------------------------------ */

json_t *
manifest_item_json(const manifest_item_row_t *row)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "digest", row->digest,
        "media_type", json_text_or_null(row->media_type), "artifact_type",
        json_text_or_null(row->artifact_type), "subject",
        json_text_or_null(row->subject), "size", json_number_or_null(row->size),
        "compressed_size", json_number_or_null(row->content_size), "platforms",
        lines_json(row->platforms), "pushed_at",
        json_time_or_null(row->pushed_at), "pushed_by",
        json_text_or_null(row->pushed_by));
}


/* The mirror has made the text, with the fields of part_model. */
static json_t *
parts_of(const manifest_item_row_t *row)
{
    json_t *parts = row->parts != NULL ? json_loads(row->parts, 0, NULL) : NULL;

    return parts != NULL ? parts : json_array();
}


static int
put_tags(db_t *db, uint64_t repository_id, json_t *model, const char *digest)
{
    json_t *tags = json_array();
    manifest_tags_row_t *rows;
    size_t n;

    json_object_set_new(model, "tags", tags);

    if (db_manifest_tags(db, repository_id, digest, TAGS_MAX, &rows, &n)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(tags, json_string(rows[i].name));
    }

    return OK;
}


static int
put_children(db_t *db, uint64_t repository_id, json_t *model,
             const char *digest)
{
    json_t *children = json_array();
    manifest_children_row_t *rows;
    size_t n;

    json_object_set_new(model, "children", children);

    if (db_manifest_children(db, repository_id, digest, CHILDREN_MAX, &rows, &n)
        != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(
            children,
            json_pack("{s:s, s:o, s:o, s:o, s:o}", "digest", rows[i].child,
                      "media_type", json_text_or_null(rows[i].media_type),
                      "size", json_number_or_null(rows[i].size), "platform",
                      json_text_or_null(rows[i].platform), "compressed_size",
                      json_number_or_null(rows[i].content_size)));
    }

    return OK;
}


int
manifest_json(db_t *db, uint64_t repository_id, const manifest_item_row_t *row,
              json_t **model_r)
{
    json_t *model = json_pooled(db_pool(db), manifest_item_json(row));

    json_object_set_new(model, "parts", parts_of(row));
    *model_r = model;

    return put_tags(db, repository_id, model, row->digest) == OK
                   && put_children(db, repository_id, model, row->digest) == OK
               ? OK
               : ERROR;
}


json_t *
blob_json(const blob_list_row_t *row)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "digest", row->digest, "size",
                     json_number_or_null(row->size), "pushed_at",
                     json_time(row->pushed_at), "pushed_by",
                     json_text_or_null(row->pushed_by));
}
