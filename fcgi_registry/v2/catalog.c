/* catalog.c: the repositories of the registry.
 *
 * The tree of names is walked in the order of the answer, by components, and
 * no further than the page goes: "a/b" comes before "a-b".  A page also ends,
 * short or empty, after many directories were read: unfinished uploads leave
 * directories that are not repositories. */

#include "v2/catalog.h"

#include "fcgi_core/page.h"

#define DIRECTORIES_MAX 5000 /* that one page reads */

typedef struct {
    store_op_t *op;
    const page_t *page;
    json_t *names;
    size_t directories; /* that were read */
    const char *more;   /* last of the page, where there is another one */
} walk_t;


/* The order of the answer: a slash is below every other byte. */
static int
name_compare(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }

    return (*a == '/' ? 1 : (unsigned char)*a)
           - (*b == '/' ? 1 : (unsigned char)*b);
}


static bool
is_below(const char *name, const char *ancestor)
{
    size_t len = strlen(ancestor);

    return strncmp(name, ancestor, len) == 0 && name[len] == '/';
}


/* DECLINED where the page is full. */
static int
name_add(walk_t *walk, const char *name)
{
    size_t n = json_array_size(walk->names);

    if (n == walk->page->n) {
        walk->more = json_string_value(json_array_get(walk->names, n - 1));
        return DECLINED;
    }

    json_array_append_new(walk->names, json_string(name));

    return OK;
}


static int walk_directory(walk_t *walk, const char *name);


/* A repository is what has _manifests; others may be below it. */
static int
walk_name(walk_t *walk, const char *name, const store_names_t *below)
{
    for (size_t i = 0; i < below->n; i++) {
        if (strcmp(below->items[i], "_manifests") == 0
            && name_compare(name, walk->page->last) > 0) {
            return name_add(walk, name);
        }
    }

    return OK;
}


static int
walk_child(walk_t *walk, const char *name)
{
    const char *last = walk->page->last;

    /* all of it was on an earlier page, or it is no name at all */
    if ((name_compare(name, last) < 0 && !is_below(last, name))
        || !reg_name_is_valid(reg_cstr(name))) {
        return OK;
    }

    return walk_directory(walk, name);
}


/* name is "" for the root of all. */
static int
walk_directory(walk_t *walk, const char *name)
{
    pool_t *pool = walk->op->pool;
    const char *slash = name[0] == '\0' ? "" : "/";
    store_names_t below;
    store_key_t key = key_repositories();
    int rc = store_list(
        walk->op, pool_printf(pool, "%s%s%s", key.text, slash, name), &below);

    if (rc == OK && name[0] != '\0') {
        rc = walk_name(walk, name, &below);

    } else if (rc == DECLINED) {
        return OK; /* a stray file, or just removed */
    }

    if (rc == OK && ++walk->directories > DIRECTORIES_MAX) {
        walk->more = name;
        return DECLINED;
    }

    for (size_t i = 0; rc == OK && i < below.n; i++) {
        if (below.items[i][0] != '_') {
            rc = walk_child(
                walk, pool_printf(pool, "%s%s%s", name, slash, below.items[i]));
        }
    }

    return rc;
}


int
catalog_list(req_t *rq)
{
    json_t *names = json_pooled(rq->pool, json_array());
    page_t page;
    walk_t walk = { registry_of(rq)->op, &page, names, 0, NULL };

    if (page_read(rq, PAGE_CATALOG_DEFAULT, PAGE_CATALOG_MAX, &page) != OK
        || (page.n != 0 && walk_directory(&walk, "") == ERROR)) {
        return ERROR;
    }

    if (walk.more != NULL) {
        page_next(rq, &page, "/v2/_catalog", "", walk.more);
    }

    return reply_json(rq, 200, json_pack("{s:O}", "repositories", names));
}
