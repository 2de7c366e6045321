/* standalone_search.c: repositories by a part of their name.
 *
 * There is nothing but the tree of names, so it is read, but no further than
 * DIRECTORIES_MAX: in a store that has more, an index is what finds things. */

#include "v1/standalone_search.h"
#include "v1/v1_reply.h"

#include "common/query.h"

#define DIRECTORIES_MAX 5000 /* that one search reads */
#define QUERY_MAX 255
#define RESULTS_DEFAULT 25
#define RESULTS_MAX 100

typedef struct {
    store_op_t *op;
    str_t text;  /* that is looked for, as it came */
    char *query; /* in lower case */
    uint64_t n;  /* results of a page */
    uint64_t page;
    uint64_t found; /* on all pages */
    size_t directories;
    json_t *results; /* of the page */
} search_t;


static int search_directory(search_t *search, const char *name);


static void
result_add(search_t *search, const char *name)
{
    uint64_t first = (search->page - 1) * search->n;

    search->found++;

    if (search->found > first && search->found - first <= search->n) {
        json_array_append_new(search->results,
                              json_pack("{s:s, s:s, s:i, s:b, s:b, s:b}",
                                        "name", name, "description", "",
                                        "star_count", 0, "is_official", 0,
                                        "is_trusted", 0, "is_automated", 0));
    }
}


/* A repository is what has _manifests, as in the catalogue; others may be below
 * it. */
static int
search_child(search_t *search, const char *name, const char *child)
{
    pool_t *pool = search->op->pool;
    const char *path;

    if (strcmp(child, "_manifests") == 0 && name[0] != '\0') {
        if (strstr(name, search->query) != NULL) {
            result_add(search, name);
        }

        return OK;
    }

    path = pool_printf(pool, "%s%s%s", name, name[0] == '\0' ? "" : "/", child);

    return reg_name_is_valid(reg_cstr(path)) ? search_directory(search, path)
                                             : OK;
}


static int
search_directory(search_t *search, const char *name)
{
    store_key_t key = key_repositories();
    store_names_t names;
    int rc;

    if (search->directories == DIRECTORIES_MAX) {
        return OK;
    }

    search->directories++;
    rc = store_list(search->op,
                    name[0] == '\0' ? key.text
                                    : pool_printf(search->op->pool, "%s/%s",
                                                  key.text, name),
                    &names);

    if (rc == DECLINED) {
        return OK; /* a stray file, or just removed */
    }

    for (size_t i = 0; rc == OK && i < names.n; i++) {
        rc = search_child(search, name, names.items[i]);
    }

    return rc;
}


static int
query_read(req_t *rq, search_t *search)
{
    unsigned char *buf = pool_alloc(rq->pool, QUERY_MAX + 1);

    search->text = (str_t){ 0, buf };

    if (reg_query_arg(REG_QUERY_FORM, reg_cstr(rq->query), "q", buf, QUERY_MAX,
                      &search->text)
        == REG_ERROR) {
        return req_fail(rq, REG_ERR_MANIFEST_INVALID,
                        "q is malformed or too long");
    }

    search->query = pool_strndup(rq->pool, search->text);

    for (char *p = search->query; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p + 'a' - 'A');
        }
    }

    return OK;
}


/* A number from 1 on; what is above max is max, 0 is the fallback. */
static int
number_read(req_t *rq, const char *key, uint64_t fallback, uint64_t max,
            uint64_t *number_r)
{
    str_t text;

    *number_r = fallback;

    if (req_arg_number(rq, key, &text, number_r) == ERROR) {
        return req_fail(rq, REG_ERR_PAGINATION_NUMBER_INVALID, NULL);
    }

    if (*number_r == 0) {
        *number_r = fallback;
    }

    if (*number_r > max) {
        *number_r = max;
    }

    return OK;
}


int
standalone_search(req_t *rq)
{
    search_t search = { .op = registry_of(rq)->op };
    uint64_t pages;

    search.results = json_pooled(rq->pool, json_array());

    if (query_read(rq, &search) != OK
        || number_read(rq, "n", RESULTS_DEFAULT, RESULTS_MAX, &search.n) != OK
        || number_read(rq, "page", 1, DIRECTORIES_MAX, &search.page) != OK
        || search_directory(&search, "") == ERROR) {
        return ERROR;
    }

    pages = (search.found + search.n - 1) / search.n;
    return reply_json(
        rq, 200,
        json_pack("{s:o, s:I, s:I, s:I, s:I, s:O}", "query",
                  json_str(search.text), "num_results",
                  (json_int_t)search.found, "num_pages", (json_int_t)pages,
                  "page", (json_int_t)search.page, "page_size",
                  (json_int_t)search.n, "results", search.results));
}
