/* api_tag.c: tags and their history, as the mirror knows them. */

#include "api/api_tag.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "common/name.h"
#include "fcgi_core/reply.h"
#include "repository/tag_view.h"

#define LOOK_MAX 2000 /* tags that are read for those without a pull */
#define TAG_LAST "~"  /* behind every tag */
#define NAMED_MAX 50  /* tags that are asked for by their names */
#define NAMES_MAX 100000

static const char *const sorts[] = { "name", "updated", "pulls", NULL };
static const char *const roles[] = { "none", "read", "write", "admin", NULL };


/* --- tables --------------------------------------------------------------- */

const field_t api_tag_list_query[] = {
    { .name = "sort",
      .type = FIELD_STRING,
      .values = sorts,
      .help = "name, which is what it is without; updated: the last push "
              "first; or pulls: the most pulls first." },
    { .name = "names",
      .type = FIELD_STRING,
      .min = 1,
      .max = NAMED_MAX * (REG_TAG_MAX + 1),
      .help = "Only these tags, 50 at most with commas between them, in this "
              "order; what is not there is left out." },
    { .name = NULL },
};

static const field_t names_fields[] = {
    { .name = "tags",
      .type = FIELD_OBJECT,
      .help = "Of each tag, when it was last pushed, in seconds since 1970; 0 "
              "where that is not known." },
    { .name = "is_complete",
      .type = FIELD_BOOLEAN,
      .help = "Whether these are all; if not, they are the first 100000 in the "
              "order of their names." },
    { .name = "role",
      .type = FIELD_STRING,
      .values = roles,
      .help = "What the caller may do with the repository." },
    { .name = NULL },
};

const model_t api_tag_names_model = { "TagNames", names_fields };

static const field_t tag_fields[] = {
    { .name = "name", .type = FIELD_STRING, .help = "The tag." },
    { .name = "digest",
      .type = FIELD_STRING,
      .help = "The manifest that it points to." },
    { .name = "media_type",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Of the manifest." },
    { .name = "artifact_type",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Of the manifest, or of its config." },
    { .name = "platforms",
      .type = FIELD_STRINGS,
      .help = "Where it runs: system, architecture and perhaps variant; none "
              "where that is not known." },
    { .name = "compressed_size",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Bytes of config and layers, of all platforms together." },
    { .name = "pushed_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "The last push of it; null where none is known." },
    { .name = "pushed_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who made that." },
    { .name = "since_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "Since when it points there." },
    { .name = "pull_count",
      .type = FIELD_INTEGER,
      .help = "How often it was pulled." },
    { .name = "pulled_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "The last pull of it; null where none is known." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibility_words,
      .help = "Who may pull the repository without a role on it." },
    { .name = NULL },
};

const model_t api_tag_model = { "Tag", tag_fields };

static const field_t history_fields[] = {
    { .name = "digest",
      .type = FIELD_STRING,
      .help = "The manifest that it pointed to." },
    { .name = "began_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "From when on; null where that is not known." },
    { .name = "began_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who pushed it." },
    { .name = "ended_at",
      .type = FIELD_TIME,
      .flags = FIELD_NULLABLE,
      .help = "Until when; null: it still does." },
    { .name = "ended_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who moved or deleted it." },
    { .name = NULL },
};

const model_t api_tag_history_model = { "TagHistoryItem", history_fields };


/* --- tags ----------------------------------------------------------------- */

static json_t *
model_of(const api_t *api, const tag_item_row_t *row)
{
    json_t *model = tag_json(row);

    json_object_set_new(
        model, "visibility",
        json_string(visibility_words[api->access.facts.visibility]));

    return model;
}


static int
page_named(api_t *api, size_t limit, tag_item_row_t **rows_r, size_t *n_r,
           const char **cut_r)
{
    const char *after = cursor_text(api, "");

    (void)cut_r;

    if (after == NULL) {
        return ERROR;
    }

    return db_tag_list(api->db, api->repository.id, after, limit, rows_r, n_r)
                   == OK
               ? OK
               : problem_database(api);
}


static int
page_updated(api_t *api, size_t limit, tag_item_row_t **rows_r, size_t *n_r,
             const char **cut_r)
{
    const char *name;
    int64_t at;

    (void)cut_r;

    if (cursor_moment(api, &at, &name) != OK) {
        return ERROR;
    }

    return db_tag_list_updated(api->db, api->repository.id, at,
                               name != NULL ? name : "", limit, rows_r, n_r)
                   == OK
               ? OK
               : problem_database(api);
}


/* Up to LOOK_MAX tags are read, as most may have pulls: where there are more,
 * *cut_r is the key of the last of them. */
static int
page_unpulled(api_t *api, const char *after, size_t limit,
              tag_item_row_t **rows_r, size_t *n_r, const char **cut_r)
{
    uint64_t id = api->repository.id;
    tag_behind_row_t behind = { .name = TAG_LAST };
    int rc = db_tag_behind(api->db, id, after, LOOK_MAX - 1, &behind);

    if (rc == ERROR
        || db_tag_list_unpulled(api->db, id, after, behind.name, limit, rows_r,
                                n_r)
               != OK) {
        return problem_database(api);
    }

    if (rc == OK && *n_r < limit) {
        *cut_r = cursor_key_moment(api, 0, behind.name);
    }

    return OK;
}


/* Those without a pull come behind the others, in the order of their names. */
static int
page_pulled(api_t *api, size_t limit, tag_item_row_t **rows_r, size_t *n_r,
            const char **cut_r)
{
    tag_item_row_t *rest;
    const char *name;
    int64_t pulls;
    size_t n = 0;

    if (cursor_moment(api, &pulls, &name) != OK) {
        return ERROR;
    }

    *rows_r = pool_alloc(api->pool, limit * sizeof(tag_item_row_t));
    *n_r = 0;
    name = name != NULL ? name : "";

    if (pulls != 0) {
        if (db_tag_list_pulled(api->db, api->repository.id, (uint64_t)pulls,
                               name, limit, &rest, n_r)
            != OK) {
            return problem_database(api);
        }

        memcpy(*rows_r, rest, *n_r * sizeof(tag_item_row_t));
        name = "";
    }

    if (*n_r < limit
        && page_unpulled(api, name, limit - *n_r, &rest, &n, cut_r) != OK) {
        return ERROR;
    }

    memcpy(*rows_r + *n_r, rest, n * sizeof(tag_item_row_t));
    *n_r += n;

    return OK;
}


static const char *
key_named(const api_t *api, const tag_item_row_t *row)
{
    (void)api;

    return row->name;
}


static const char *
key_updated(const api_t *api, const tag_item_row_t *row)
{
    return cursor_key_moment(api, row->updated_at, row->name);
}


static const char *
key_pulled(const api_t *api, const tag_item_row_t *row)
{
    return cursor_key_moment(api, (int64_t)row->pulls, row->name);
}


/* By the number of the sort.  A page that is short may be cut: then *cut_r is
 * the key that the next one comes behind. */
static const struct {
    int (*page)(api_t *api, size_t limit, tag_item_row_t **rows_r, size_t *n_r,
                const char **cut_r);
    const char *(*key)(const api_t *api, const tag_item_row_t *row);
} orders[] = {
    { page_named, key_named },
    { page_updated, key_updated },
    { page_pulled, key_pulled },
};


/* Each is found by its key: a page of them is not more work than any other. */
static int
reply_named(api_t *api, const char *names)
{
    json_t *items = json_pooled(api->pool, json_array());
    tag_item_row_t row;
    size_t n = 0;

    for (const char *next; names != NULL; names = next) {
        size_t len = strcspn(names, ",");
        int rc;

        next = names[len] == ',' ? names + len + 1 : NULL;

        if (++n > NAMED_MAX) {
            return problem_fail(api, PROBLEM_QUERY, "names",
                                "more than %d names", NAMED_MAX);
        }

        rc = db_tag_get(api->db, api->repository.id,
                        pool_printf(api->pool, "%.*s", (int)len, names), &row);

        if (rc == ERROR) {
            return problem_database(api);
        }

        if (rc == OK) {
            json_array_append_new(items, model_of(api, &row));
        }
    }

    return cursor_reply(api, json_incref(items), NULL);
}


int
api_tag_list(api_t *api)
{
    size_t limit = cursor_limit(api), sort = api_choice(api, "sort", sorts), n;
    json_t *items = json_pooled(api->pool, json_array());
    const char *cut = NULL;
    tag_item_row_t *rows;

    if (api_has(api, "names")) {
        return reply_named(api, api_str(api, "names"));
    }

    if (orders[sort].page(api, limit + 1, &rows, &n, &cut) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, model_of(api, &rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? orders[sort].key(api, &rows[limit - 1])
                                  : cut);
}


int
api_tag_get(api_t *api)
{
    tag_item_row_t row;
    int rc =
        db_tag_get(api->db, api->repository.id, api_param(api, "tag"), &row);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? reply_json(api->rq, 200, model_of(api, &row))
                    : problem_database(api);
}


/* All of them at once, for pages that filter and sort as people type. */
int
api_tag_names(api_t *api)
{
    json_t *tags = json_pooled(api->pool, json_object());
    tag_name_list_row_t *rows;
    size_t n;

    if (db_tag_name_list(api->db, api->repository.id, NAMES_MAX + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
        json_object_set_new(tags, rows[i].name,
                            json_integer((json_int_t)rows[i].pushed_at));
    }

    return reply_json(api->rq, 200,
                      json_pack("{s:O, s:b, s:s}", "tags", tags, "is_complete",
                                n <= NAMES_MAX, "role",
                                role_name(api->access.role)));
}


/* --- history -------------------------------------------------------------- */

/* Where the tag points now stands on the first page, before all others. */
static int
put_present(api_t *api, json_t *items)
{
    tag_present_row_t row;
    int rc = DECLINED;

    if (!api_has(api, "after")) {
        rc = db_tag_present(api->db, api->repository.id, api_param(api, "tag"),
                            &row);
    }

    if (rc == OK) {
        json_array_append_new(items, tag_present_json(&row));
    }

    return rc == ERROR ? problem_database(api) : OK;
}


/* A tag that is gone has a history still; one that never was has none. */
int
api_tag_history(api_t *api)
{
    size_t limit = cursor_limit(api), n, shown;
    json_t *items = json_pooled(api->pool, json_array());
    tag_past_list_row_t *rows;
    uint64_t before;

    if (cursor_number(api, INT64_MAX, &before) != OK
        || put_present(api, items) != OK) {
        return ERROR;
    }

    if (db_tag_past_list(api->db, api->repository.id, api_param(api, "tag"),
                         before, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    if (n == 0 && json_array_size(items) == 0 && !api_has(api, "after")) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    for (shown = 0; shown < n && json_array_size(items) < limit; shown++) {
        json_array_append_new(items, tag_past_json(&rows[shown]));
        before = rows[shown].id;
    }

    return cursor_reply(api, json_incref(items),
                        shown < n ? cursor_key_number(api, before) : NULL);
}
