/* api_manifest.c: manifests, what they consist of, and what refers to them, as
 * the mirror knows them. */

#include "api/api_manifest.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "fcgi_core/reply.h"
#include "repository/manifest_referrer.h"
#include "repository/tag_view.h"


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
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Who may pull the repository without a role on it." },
    { .name = NULL },
};

static const char *const kinds[] = { "signature", "sbom", "attestation", "scan",
                                     NULL };

static const field_t referrer_fields[] = {
    MODEL_FIELDS,
    { .name = "kind",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .values = kinds,
      .help = "What it is, by its types or its tag; null for anything else. "
              "That it is there does not say that it is genuine." },
    { .name = "tag",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The tag by which cosign finds it; null where its subject is "
              "enough." },
    { .name = NULL },
};

const model_t api_referrer_model = { "Referrer", referrer_fields };
const model_t api_manifest_item_model = { "ManifestItem", item_fields };
const model_t api_manifest_model = { "Manifest", model_fields };


/* --- handlers ------------------------------------------------------------- */

static int
reply_page(api_t *api, const manifest_item_row_t *rows, size_t n, size_t limit)
{
    json_t *items = json_array();

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, manifest_item_json(&rows[i]));
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

    if (manifest_json(api->db, api->repository.id, &row, &model) != OK) {
        return problem_database(api);
    }

    json_object_set_new(
        model, "visibility",
        json_string(visibility_words[api->access.facts.visibility]));

    return reply_json(api->rq, 200, json_incref(model));
}


/* Of a manifest that is not there, too: a signature may come first. */
int
api_manifest_referrers(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    const char *after = cursor_text(api, "");
    referrer_row_t *rows;
    json_t *items;

    if (after == NULL) {
        return ERROR;
    }

    if (referrer_list(api->db, api->repository.id, api_param(api, "digest"),
                      after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    items = json_array();

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, referrer_json(&rows[i]));
    }

    return cursor_reply(api, items, n > limit ? rows[limit - 1].digest : NULL);
}
