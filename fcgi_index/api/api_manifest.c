/* api_manifest.c: manifests, what they consist of, and what refers to them, as
 * the mirror knows them. */

#include "api/api_manifest.h"
#include "api/cursor.h"
#include "fcgi_core/lines.h"
#include "api/problem.h"
#include "db/db_tag.h"
#include "fcgi_core/reply.h"

#define TAGS_MAX 100
#define CHILDREN_MAX 1000


/* --- tables --------------------------------------------------------------- */

static const field_t part_fields[] = {
    { .name = "digest", .type = FIELD_STRING, .help = "Its checksum." },
    { .name = "media_type",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Its type." },
    { .name = "size",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Its bytes." },
    { .name = NULL },
};

static const model_t part_model = { "ManifestPart", part_fields };

static const field_t child_fields[] = {
    { .name = "digest", .type = FIELD_STRING, .help = "Its checksum." },
    { .name = "media_type",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Its type." },
    { .name = "size",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Bytes of the manifest itself." },
    { .name = "platform",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Where it runs." },
    { .name = "compressed_size",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Bytes of its config and layers; null where it is not stored." },
    { .name = NULL },
};

static const model_t child_model = { "ManifestChild", child_fields };

#define MODEL_FIELDS                                                           \
    { .name = "digest", .type = FIELD_STRING, .help = "Its checksum." },       \
        { .name = "media_type",                                                \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_NULLABLE,                                             \
          .help = "Its type." },                                               \
        { .name = "artifact_type",                                             \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_NULLABLE,                                             \
          .help = "What it is: a signature, an SBOM, an attestation; by "      \
                  "default the type of its config." },                         \
        { .name = "subject",                                                   \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_NULLABLE,                                             \
          .help = "Digest of the manifest that it is about." },                \
        { .name = "size",                                                      \
          .type = FIELD_INTEGER,                                               \
          .flags = FIELD_NULLABLE,                                             \
          .help = "Bytes of the manifest itself." },                           \
        { .name = "compressed_size",                                           \
          .type = FIELD_INTEGER,                                               \
          .flags = FIELD_NULLABLE,                                             \
          .help = "Bytes of its config and layers; null of an index." },       \
        { .name = "platforms",                                                 \
          .type = FIELD_STRINGS,                                               \
          .help = "Where it runs." },                                          \
        { .name = "pushed_at",                                                 \
          .type = FIELD_TIME,                                                  \
          .flags = FIELD_NULLABLE,                                             \
          .help = "The last push of it; null where none is known." },          \
    {                                                                          \
        .name = "pushed_by", .type = FIELD_STRING, .flags = FIELD_NULLABLE,    \
        .help = "Login of who made that."                                      \
    }

static const field_t item_fields[] = { MODEL_FIELDS, { .name = NULL } };

static const field_t model_fields[] = {
    MODEL_FIELDS,
    { .name = "tags",
      .type = FIELD_STRINGS,
      .help = "Tags that point to it, 100 at most." },
    { .name = "parts",
      .type = FIELD_OBJECTS,
      .model = &part_model,
      .help = "Of an image its config and layers, in their order; none where "
              "they are not known." },
    { .name = "children",
      .type = FIELD_OBJECTS,
      .model = &child_model,
      .help = "Of an index the manifests that it names, 1000 at most." },
    { .name = NULL },
};

const model_t api_manifest_item_model = { "ManifestItem", item_fields };
const model_t api_manifest_model = { "Manifest", model_fields };


/* --- models --------------------------------------------------------------- */

static json_t *
item_of(const manifest_item_row_t *row)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "digest", row->digest,
        "media_type", api_string_or_null(row->media_type), "artifact_type",
        api_string_or_null(row->artifact_type), "subject",
        api_string_or_null(row->subject), "size", api_number_or_null(row->size),
        "compressed_size", api_number_or_null(row->content_size), "platforms",
        lines_json(row->platforms), "pushed_at",
        api_time_or_null(row->pushed_at), "pushed_by",
        api_string_or_null(row->pushed_by));
}


/* The mirror has made the text, with the fields of part_model. */
static json_t *
parts_of(const manifest_item_row_t *row)
{
    json_t *parts = row->parts != NULL ? json_loads(row->parts, 0, NULL) : NULL;

    return parts != NULL ? parts : json_array();
}


static int
put_tags(api_t *api, json_t *model, const char *digest)
{
    json_t *tags = json_array();
    manifest_tags_row_t *rows;
    size_t n;

    json_object_set_new(model, "tags", tags);

    if (db_manifest_tags(api->db, api->repository.id, digest, TAGS_MAX, &rows,
                         &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(tags, json_string(rows[i].name));
    }

    return OK;
}


static int
put_children(api_t *api, json_t *model, const char *digest)
{
    json_t *children = json_array();
    manifest_children_row_t *rows;
    size_t n;

    json_object_set_new(model, "children", children);

    if (db_manifest_children(api->db, api->repository.id, digest, CHILDREN_MAX,
                             &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(
            children,
            json_pack("{s:s, s:o, s:o, s:o, s:o}", "digest", rows[i].child,
                      "media_type", api_string_or_null(rows[i].media_type),
                      "size", api_number_or_null(rows[i].size), "platform",
                      api_string_or_null(rows[i].platform), "compressed_size",
                      api_number_or_null(rows[i].content_size)));
    }

    return OK;
}


/* --- handlers ------------------------------------------------------------- */

static int
reply_page(api_t *api, const manifest_item_row_t *rows, size_t n, size_t limit)
{
    json_t *items = json_array();

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, item_of(&rows[i]));
    }

    return cursor_reply(api, items, n > limit ? rows[limit - 1].digest : NULL);
}


int
api_manifest_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    const char *after = cursor_text(api, "");
    manifest_item_row_t *rows;

    if (after == NULL) {
        return ERROR;
    }

    return db_manifest_list(api->db, api->repository.id, after, limit + 1,
                            &rows, &n)
                   == OK
               ? reply_page(api, rows, n, limit)
               : problem_database(api);
}


int
api_manifest_get(api_t *api)
{
    const char *digest = api_param(api, "digest");
    manifest_item_row_t row;
    json_t *model;
    int rc = db_manifest_get(api->db, api->repository.id, digest, &row);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL)
                              : problem_database(api);
    }

    model = json_pooled(api->pool, item_of(&row));
    json_object_set_new(model, "parts", parts_of(&row));

    return put_tags(api, model, digest) == OK
                   && put_children(api, model, digest) == OK
               ? reply_json(api->rq, 200, json_incref(model))
               : ERROR;
}


/* Of a manifest that is not there, too: a signature may come first. */
int
api_manifest_referrers(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    const char *after = cursor_text(api, "");
    manifest_item_row_t *rows;

    if (after == NULL) {
        return ERROR;
    }

    return db_manifest_referrers(api->db, api->repository.id,
                                 api_param(api, "digest"), after, limit + 1,
                                 &rows, &n)
                   == OK
               ? reply_page(api, rows, n, limit)
               : problem_database(api);
}
