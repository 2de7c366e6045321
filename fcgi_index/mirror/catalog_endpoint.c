/* catalog_endpoint.c: the repositories that a caller may pull.
 *
 * Several lists are made, each no longer than the page and one more: of what
 * is public or, for accounts, internal, of the namespaces of each owner that
 * access.c names, and of those that others share with the account.  All are
 * in the order of the answer, where a slash is below every other byte: so the
 * repositories of a namespace stand together. */

#include "mirror/catalog_endpoint.h"
#include "access/access.h"
#include "app.h"
#include "db/db_catalog.h"
#include "common/name.h"
#include "fcgi_core/page.h"
#include "fcgi_core/reply.h"

#define SHARED 100 /* namespaces that are looked up at once */
#define LISTS 3    /* public, internal, shared; and one an owner */

#define SLASH '!'  /* in sort_name; below all that stands in a name */
#define BEHIND '~' /* above all that stands in a name */

typedef struct {
    const char **names;
    size_t n, max;
} list_t;

typedef struct {
    page_t page;
    const char *after; /* page.last, as sort_name */
    size_t most;       /* entries of one list: one more than the page has */
    list_t list;
} catalog_t;


/* Names are ASCII: whatever else a client sends stands behind them all. */
static const char *
sort_name(pool_t *pool, const char *name)
{
    char *text = pool_strdup(pool, name);

    for (char *p = text; *p != '\0'; p++) {
        if (*p == '/') {
            *p = SLASH;
        } else if ((unsigned char)*p >= BEHIND) {
            p[0] = BEHIND;
            p[1] = '\0';
            break;
        }
    }

    return text;
}


static int
name_compare(const void *one, const void *other)
{
    const char *a = *(const char *const *)one;
    const char *b = *(const char *const *)other;

    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }

    return (*a == '/' ? SLASH : *a) - (*b == '/' ? SLASH : *b);
}


static void
list_add(list_t *list, const catalog_name_row_t *rows, size_t n)
{
    for (size_t i = 0; i < n && list->n < list->max; i++) {
        list->names[list->n++] = rows[i].name;
    }
}


static int
list_namespace(catalog_t *catalog, uint64_t namespace_id, size_t most)
{
    catalog_name_row_t *rows;
    size_t n;
    int rc = db_catalog_of_namespace(app.db, namespace_id, catalog->after, most,
                                     &rows, &n);

    list_add(&catalog->list, rows, n);

    return rc;
}


/* The namespace that the page begins in. */
static const char *
catalog_first(const catalog_t *catalog)
{
    return pool_strndup(db_pool(app.db),
                        (str_t){ strcspn(catalog->after, "!"),
                                 (unsigned char *)catalog->after });
}


/* The namespaces of an owner, one after the other, until the page is full. */
static int
list_owned(catalog_t *catalog, const uint64_t *owner)
{
    pool_t *pool = db_pool(app.db);
    list_t *list = &catalog->list;
    size_t begin = list->n;
    const char *first = catalog_first(catalog);
    int rc = OK;

    while (rc == OK && list->n - begin < catalog->most) {
        catalog_namespace_row_t namespace;

        rc = db_catalog_namespace(app.db, owner, first, &namespace);

        if (rc == OK) {
            rc = list_namespace(catalog, namespace.id,
                                catalog->most - (list->n - begin));
            first = pool_printf(pool, "%s%c", namespace.name, SLASH);
        }
    }

    return rc == ERROR ? ERROR : OK;
}


/* All of a namespace where the account has a role on all of it. */
static int
list_shared_one(catalog_t *catalog, const account_t *account,
                const catalog_shared_row_t *namespace, size_t most)
{
    catalog_name_row_t *rows;
    access_t access;
    size_t n;

    if (access_namespace(app.db, account, namespace->name, &access) != OK) {
        return ERROR;
    }

    if (access.role >= ROLE_READ) {
        return list_namespace(catalog, namespace->id, most);
    }

    if (db_catalog_granted(app.db, namespace->id, account->id, catalog->after,
                           most, &rows, &n)
        != OK) {
        return ERROR;
    }

    list_add(&catalog->list, rows, n);

    return OK;
}


/* As list_owned(), of the namespaces that others share with the account. */
static int
list_shared(catalog_t *catalog, const account_t *account)
{
    size_t begin = catalog->list.n, n;
    catalog_shared_row_t *rows;
    const char *first = catalog_first(catalog);

    do {
        if (db_catalog_shared(app.db, account->id, first, SHARED, &rows, &n)
            != OK) {
            return ERROR;
        }

        for (size_t i = 0; i < n; i++) {
            size_t found = catalog->list.n - begin;

            if (found == catalog->most) {
                return OK;
            }

            if (list_shared_one(catalog, account, &rows[i],
                                catalog->most - found)
                != OK) {
                return ERROR;
            }

            first = pool_printf(db_pool(app.db), "%s%c", rows[i].name, SLASH);
        }
    } while (n == SHARED);

    return OK;
}


static int
list_visible(catalog_t *catalog, visibility_t visibility)
{
    catalog_name_row_t *rows;
    size_t n;
    int rc = db_catalog_visible(app.db, visibility, catalog->after,
                                catalog->most, &rows, &n);

    list_add(&catalog->list, rows, n);

    return rc;
}


static int
list_all(catalog_t *catalog, const account_t *account)
{
    const uint64_t *owners[ACCESS_OWNERS_MAX];
    size_t n_owners = access_owners(account, owners);

    if (list_visible(catalog, VISIBILITY_PUBLIC) != OK) {
        return ERROR;
    }

    if (account != NULL
        && (list_visible(catalog, VISIBILITY_INTERNAL) != OK
            || list_shared(catalog, account) != OK)) {
        return ERROR;
    }

    for (size_t i = 0; i < n_owners; i++) {
        if (list_owned(catalog, owners[i]) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* A name may be in two lists. */
static void
list_sort(list_t *list)
{
    size_t n = 0;

    qsort(list->names, list->n, sizeof(list->names[0]), name_compare);

    for (size_t i = 0; i < list->n; i++) {
        if (n == 0 || strcmp(list->names[n - 1], list->names[i]) != 0) {
            list->names[n++] = list->names[i];
        }
    }

    list->n = n;
}


static int
reply_page(req_t *rq, const catalog_t *catalog)
{
    json_t *names = json_array();
    const list_t *list = &catalog->list;
    size_t n = list->n < catalog->page.n ? list->n : catalog->page.n;

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(names, json_string(list->names[i]));
    }

    if (n != 0 && n < list->n) {
        page_next(rq, &catalog->page, "/v2/_catalog", "", list->names[n - 1]);
    }

    return reply_json(rq, 200, json_pack("{s:o}", "repositories", names));
}


/* *account_r is NULL for no one, and for one that is no more what the module
 * found it to be. */
static int
find_account(req_t *rq, account_t *buf, const account_t **account_r)
{
    str_t login = req_param_str(rq, "INDEX_ACCOUNT");
    int rc = login.len == 0 ? DECLINED : account_find(app.db, login, buf);

    *account_r = rc == OK ? buf : NULL;

    return rc == ERROR ? ERROR : OK;
}


int
catalog_endpoint(req_t *rq)
{
    catalog_t catalog = { 0 };
    const account_t *account;
    account_t buf;

    if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
        reply_header(rq, "Allow", "GET, HEAD");
        return req_fail(rq, REG_ERR_UNSUPPORTED, NULL);
    }

    if (page_read(rq, PAGE_CATALOG_DEFAULT, PAGE_CATALOG_MAX, &catalog.page)
        != OK) {
        return ERROR;
    }

    catalog.after = sort_name(rq->pool, catalog.page.last);
    catalog.most = (size_t)catalog.page.n + 1;
    catalog.list.max = (LISTS + ACCESS_OWNERS_MAX) * catalog.most;
    catalog.list.names =
        pool_alloc(rq->pool, catalog.list.max * sizeof(const char *));

    if (catalog.page.n != 0
        && (find_account(rq, &buf, &account) != OK
            || list_all(&catalog, account) != OK)) {
        return req_unavailable(rq, DB_RETRY_SECONDS);
    }

    list_sort(&catalog.list);

    return reply_page(rq, &catalog);
}
