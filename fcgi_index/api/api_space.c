/* api_space.c: the space that repositories of a namespace, and namespaces,
 * take, as the mirror knows it. */

#include "api/api_space.h"
#include "api/cursor.h"
#include "api/problem.h"
#include "db/db_space.h"
#include "fcgi_core/reply.h"

/* Repositories, blobs, and manifests, of one item that are counted; and after
 * how many a page ends. */
#define COUNTED_MAX 100000

static const field_t model_fields[] = {
    { .name = "repository",
      .type = FIELD_STRING,
      .help = "Whole name of the repository." },
    { .name = "size",
      .type = FIELD_INTEGER,
      .help = "Bytes of its blobs and manifests, each once; what other "
              "repositories hold, too, is counted in each of them." },
    { .name = "blob_count",
      .type = FIELD_INTEGER,
      .help = "How many blobs it holds." },
    { .name = "manifest_count",
      .type = FIELD_INTEGER,
      .help = "How many manifests it holds, also those without a tag." },
    { .name = "is_complete",
      .type = FIELD_BOOLEAN,
      .help = "Whether all of them are counted; if not, the numbers are those "
              "of the first 100000." },
    { .name = NULL },
};

const model_t api_space_model = { "RepositorySpace", model_fields };

static const field_t namespace_fields[] = {
    { .name = "namespace",
      .type = FIELD_STRING,
      .help = "Name of the namespace." },
    { .name = "size",
      .type = FIELD_INTEGER,
      .help = "Bytes of the blobs and manifests of its repositories, each once "
              "in a repository; what several hold is counted in each of "
              "them." },
    { .name = "repository_count",
      .type = FIELD_INTEGER,
      .help = "How many repositories it has, without those that are being "
              "deleted." },
    { .name = "blob_count",
      .type = FIELD_INTEGER,
      .help = "How many blobs they hold." },
    { .name = "manifest_count",
      .type = FIELD_INTEGER,
      .help = "How many manifests they hold, also those without a tag." },
    { .name = "is_complete",
      .type = FIELD_BOOLEAN,
      .help = "Whether all of them are counted; if not, each number is that of "
              "the first 100000." },
    { .name = NULL },
};

const model_t api_space_namespace_model = { "NamespaceSpace",
                                            namespace_fields };


/* OK or ERROR; adds to n how many rows were read. */
static int
add_item(api_t *api, json_t *items, const space_repositories_row_t *repository,
         uint64_t *n)
{
    space_blobs_row_t blobs;
    space_manifests_row_t manifests;

    if (db_space_blobs(api->db, repository->id, COUNTED_MAX + 1, &blobs) != OK
        || db_space_manifests(api->db, repository->id, COUNTED_MAX + 1,
                              &manifests)
               != OK) {
        return problem_database(api);
    }

    *n += blobs.n + manifests.n;
    json_array_append_new(
        items,
        json_pack("{s:s, s:I, s:I, s:I, s:b}", "repository", repository->name,
                  "size", (json_int_t)(blobs.size + manifests.size),
                  "blob_count", (json_int_t)blobs.n, "manifest_count",
                  (json_int_t)manifests.n, "is_complete",
                  blobs.n <= COUNTED_MAX && manifests.n <= COUNTED_MAX));

    return OK;
}


int
api_space_list(api_t *api)
{
    const char *name = api->namespace.name, *after = cursor_text(api, "");
    json_t *items = json_pooled(api->pool, json_array());
    size_t limit = cursor_limit(api), i = 0, n;
    space_repositories_row_t *rows;
    uint64_t n_counted = 0;

    if (after == NULL) {
        return ERROR;
    }

    if (db_space_repositories(
            api->db, name, pool_printf(api->pool, "%s/", name),
            pool_printf(api->pool, "%s0", name), after, limit + 1, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    while (i < n && i < limit && n_counted < COUNTED_MAX) {
        if (add_item(api, items, &rows[i++], &n_counted) != OK) {
            return ERROR;
        }
    }

    return cursor_reply(api, json_incref(items),
                        i < n ? rows[i - 1].name : NULL);
}


/* OK or ERROR; adds to n how many rows were read. */
static int
add_namespace(api_t *api, json_t *items,
              const space_namespaces_row_t *namespace, uint64_t *n)
{
    space_namespace_repositories_row_t repositories;
    space_namespace_blobs_row_t blobs;
    space_namespace_manifests_row_t manifests;
    const uint64_t id = namespace->id, limit = COUNTED_MAX + 1;

    if (db_space_namespace_repositories(api->db, id, limit, &repositories) != OK
        || db_space_namespace_blobs(api->db, id, limit, &blobs) != OK
        || db_space_namespace_manifests(api->db, id, limit, &manifests) != OK) {
        return problem_database(api);
    }

    *n += repositories.n + blobs.n + manifests.n;
    json_array_append_new(
        items,
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "namespace",
                  namespace->name, "size",
                  (json_int_t)(blobs.size + manifests.size), "repository_count",
                  (json_int_t)repositories.n, "blob_count", (json_int_t)blobs.n,
                  "manifest_count", (json_int_t)manifests.n, "is_complete",
                  repositories.n <= COUNTED_MAX && blobs.n <= COUNTED_MAX
                      && manifests.n <= COUNTED_MAX));

    return OK;
}


int
api_space_namespaces(api_t *api)
{
    const char *after = cursor_text(api, "");
    json_t *items = json_pooled(api->pool, json_array());
    size_t limit = cursor_limit(api), i = 0, n;
    space_namespaces_row_t *rows;
    uint64_t n_counted = 0;

    if (after == NULL) {
        return ERROR;
    }

    if (db_space_namespaces(api->db, after, limit + 1, &rows, &n) != OK) {
        return problem_database(api);
    }

    while (i < n && i < limit && n_counted < COUNTED_MAX) {
        if (add_namespace(api, items, &rows[i++], &n_counted) != OK) {
            return ERROR;
        }
    }

    return cursor_reply(api, json_incref(items),
                        i < n ? rows[i - 1].name : NULL);
}
