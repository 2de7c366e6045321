/* repository_list.c: the repositories of all namespaces that an account may
 * see.
 *
 * Each source is read in the order of the list, behind the place where the page
 * begins, and no further than the page is long: what is public, what is
 * internal, and each namespace in which the account has a role.  Of namespaces
 * those whose first repository comes first are read first, until no other can
 * have one that belongs to the page.  So the cost of a page depends on its
 * length, and not on how many repositories there are. */

#include "repository/repository_list.h"

#define NAMESPACES_MAX 1000 /* of an account, that are read */

/* The best rows so far, in order, none twice. */
typedef struct {
    db_t *db;
    const listing_t *listing;
    repository_item_row_t *rows;
    size_t n;
} page_t;

/* What of a namespace is read. */
typedef struct {
    uint64_t namespace_id;
    bool is_all;  /* the account has the role on everything in it */
    bool is_open; /* also what is public or internal */
} source_t;

/* A namespace that may be one, and where its first repository stands: the name,
 * or the number that the order is by. */
typedef struct {
    uint64_t namespace_id;
    uint64_t role;    /* on everything in it */
    uint64_t granted; /* the highest on something in it */
    listing_place_t head;
} head_t;

typedef struct {
    head_t *heads;
    size_t n;
} heads_t;


listing_place_t
listing_first(void)
{
    return (listing_place_t){ "", INT64_MAX, INT64_MAX };
}


static int64_t
number_of(listing_sort_t sort, const repository_item_row_t *row)
{
    switch (sort) {
    case LISTING_UPDATED:
        return row->updated_at;
    case LISTING_STARS:
        return (int64_t)row->stars;
    case LISTING_PULLS:
        return (int64_t)row->pulls;
    case LISTING_NAME:
        break;
    }

    return 0;
}


listing_place_t
listing_place(listing_sort_t sort, const repository_item_row_t *row)
{
    return (listing_place_t){ .name = row->name,
                              .number = number_of(sort, row),
                              .id = row->id };
}


/* --- the page ------------------------------------------------------------- */

/* Whether a place comes before another one. */
static bool
is_before(listing_sort_t sort, const listing_place_t *a,
          const listing_place_t *b)
{
    if (sort == LISTING_NAME) {
        return strcmp(a->name, b->name) < 0;
    }

    return a->number != b->number ? a->number > b->number : a->id > b->id;
}


static void
page_insert(page_t *page, const repository_item_row_t *row)
{
    listing_sort_t sort = page->listing->sort;
    listing_place_t place = listing_place(sort, row), other;
    size_t at = page->n;

    while (at != 0) {
        other = listing_place(sort, &page->rows[at - 1]);

        if (!is_before(sort, &place, &other)) {
            break;
        }

        at--;
    }

    if (at == page->listing->limit) {
        return;
    }

    page->n += page->n < page->listing->limit;
    memmove(&page->rows[at + 1], &page->rows[at],
            (page->n - at - 1) * sizeof(page->rows[0]));
    page->rows[at] = *row;
}


static bool
page_has(const page_t *page, uint64_t id)
{
    for (size_t i = 0; i < page->n; i++) {
        if (page->rows[i].id == id) {
            return true;
        }
    }

    return false;
}


static void
page_add(page_t *page, const repository_item_row_t *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!page_has(page, rows[i].id)) {
            page_insert(page, &rows[i]);
        }
    }
}


/* --- sources -------------------------------------------------------------- */

static int
read_visible(page_t *page, visibility_t visibility)
{
    const listing_t *l = page->listing;
    const listing_place_t *after = &l->after;
    repository_item_row_t *rows;
    size_t n;
    int rc = OK;

    switch (l->sort) {
    case LISTING_NAME:
        rc = db_listing_named(page->db, visibility, after->name, l->limit,
                              &rows, &n);
        break;
    case LISTING_UPDATED:
        rc = db_listing_updated(page->db, visibility, after->number, after->id,
                                l->limit, &rows, &n);
        break;
    case LISTING_STARS:
        rc = db_listing_starred(page->db, visibility, (uint64_t)after->number,
                                after->id, l->limit, &rows, &n);
        break;
    case LISTING_PULLS:
        rc = db_listing_pulled(page->db, visibility, (uint64_t)after->number,
                               after->id, l->limit, &rows, &n);
        break;
    }

    page_add(page, rows, n);

    return rc;
}


static int
read_namespace(page_t *page, const source_t *source)
{
    const listing_t *l = page->listing;
    const listing_place_t *after = &l->after;
    uint64_t id = source->namespace_id, me = 0;
    uint64_t least = l->is_mine ? ROLE_WRITE : ROLE_READ;
    uint64_t low = l->visibility < 0 ? 0 : (uint64_t)l->visibility;
    uint64_t high = l->visibility < 0 ? VISIBILITY_PRIVATE : low;
    repository_item_row_t *rows;
    size_t n;
    int rc = OK;

    if (l->account != NULL) {
        me = l->account->id;
    }

    switch (l->sort) {
    case LISTING_NAME:
        rc = db_repository_list_named(page->db, id, me, source->is_all,
                                      source->is_open, least, low, high,
                                      after->name, l->limit, &rows, &n);
        break;
    case LISTING_UPDATED:
        rc = db_repository_list_updated(
            page->db, id, me, source->is_all, source->is_open, least, low, high,
            after->number, after->id, l->limit, &rows, &n);
        break;
    case LISTING_STARS:
        rc = db_repository_list_starred(
            page->db, id, me, source->is_all, source->is_open, least, low, high,
            (uint64_t)after->number, after->id, l->limit, &rows, &n);
        break;
    case LISTING_PULLS:
        rc = db_repository_list_pulled(
            page->db, id, me, source->is_all, source->is_open, least, low, high,
            (uint64_t)after->number, after->id, l->limit, &rows, &n);
        break;
    }

    page_add(page, rows, n);

    return rc;
}


static role_t
least_role(const listing_t *listing)
{
    return listing->is_mine ? ROLE_WRITE : ROLE_READ;
}


static int
read_one(page_t *page)
{
    const listing_t *l = page->listing;
    source_t source = { .is_open = !l->is_mine };
    access_t access;

    if (access_namespace(page->db, l->account, l->namespace, &access) != OK) {
        return ERROR;
    }

    source.namespace_id = access.facts.namespace_id;
    source.is_all = access.role >= least_role(l);

    return read_namespace(page, &source);
}


static void
heads_begin(const page_t *page, heads_t *heads, size_t n)
{
    heads->heads = pool_alloc(db_pool(page->db), (n + 1) * sizeof(head_t));
    heads->n = n;
}


static int
heads_named(const page_t *page, heads_t *heads)
{
    const listing_t *l = page->listing;
    listing_heads_named_row_t *rows;
    size_t n;
    int rc =
        db_listing_heads_named(page->db, l->account->id, l->account->is_admin,
                               l->after.name, NAMESPACES_MAX, &rows, &n);

    heads_begin(page, heads, n);

    for (size_t i = 0; i < n; i++) {
        heads->heads[i] = (head_t){
            rows[i].id, rows[i].role, rows[i].granted, { .name = rows[i].head }
        };
    }

    return rc;
}


static int
heads_updated(const page_t *page, heads_t *heads)
{
    const listing_t *l = page->listing;
    listing_heads_updated_row_t *rows;
    size_t n;
    int rc = db_listing_heads_updated(page->db, l->account->id,
                                      l->account->is_admin, l->after.number,
                                      l->after.id, NAMESPACES_MAX, &rows, &n);

    heads_begin(page, heads, n);

    for (size_t i = 0; i < n; i++) {
        heads->heads[i] = (head_t){ rows[i].id,
                                    rows[i].role,
                                    rows[i].granted,
                                    { .number = *rows[i].head } };
    }

    return rc;
}


static int
heads_starred(const page_t *page, heads_t *heads)
{
    const listing_t *l = page->listing;
    listing_heads_starred_row_t *rows;
    size_t n;
    int rc = db_listing_heads_starred(
        page->db, l->account->id, l->account->is_admin,
        (uint64_t)l->after.number, l->after.id, NAMESPACES_MAX, &rows, &n);

    heads_begin(page, heads, n);

    for (size_t i = 0; i < n; i++) {
        heads->heads[i] = (head_t){ rows[i].id,
                                    rows[i].role,
                                    rows[i].granted,
                                    { .number = (int64_t)*rows[i].head } };
    }

    return rc;
}


static int
heads_pulled(const page_t *page, heads_t *heads)
{
    const listing_t *l = page->listing;
    listing_heads_pulled_row_t *rows;
    size_t n;
    int rc = db_listing_heads_pulled(
        page->db, l->account->id, l->account->is_admin,
        (uint64_t)l->after.number, l->after.id, NAMESPACES_MAX, &rows, &n);

    heads_begin(page, heads, n);

    for (size_t i = 0; i < n; i++) {
        heads->heads[i] = (head_t){ rows[i].id,
                                    rows[i].role,
                                    rows[i].granted,
                                    { .number = (int64_t)*rows[i].head } };
    }

    return rc;
}


static int
heads_read(const page_t *page, heads_t *heads)
{
    switch (page->listing->sort) {
    case LISTING_NAME:
        return heads_named(page, heads);
    case LISTING_UPDATED:
        return heads_updated(page, heads);
    case LISTING_PULLS:
        return heads_pulled(page, heads);
    case LISTING_STARS:
        break;
    }

    return heads_starred(page, heads);
}


/* Whether nothing of a namespace, nor of those behind it, belongs to a page
 * that is full.  Of the same number some may: the id decides. */
static bool
is_behind(const page_t *page, const listing_place_t *head)
{
    const listing_t *l = page->listing;
    listing_place_t last;

    if (page->n < l->limit) {
        return false;
    }

    last = listing_place(l->sort, &page->rows[page->n - 1]);

    return l->sort == LISTING_NAME ? strcmp(head->name, last.name) > 0
                                   : head->number < last.number;
}


static int
read_granted(page_t *page)
{
    role_t least = least_role(page->listing);
    heads_t heads;

    if (heads_read(page, &heads) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < heads.n; i++) {
        const head_t *head = &heads.heads[i];
        const source_t source = { head->namespace_id,
                                  head->role >= (uint64_t)least, false };

        if (is_behind(page, &head->head)) {
            return OK;
        }

        if ((source.is_all || head->granted >= (uint64_t)least)
            && read_namespace(page, &source) != OK) {
            return ERROR;
        }
    }

    return OK;
}


static bool
is_wanted(const listing_t *listing, visibility_t visibility)
{
    return !listing->is_mine
           && (listing->visibility < 0
               || listing->visibility == (int)visibility);
}


static int
read_all(page_t *page)
{
    const listing_t *l = page->listing;

    if (is_wanted(l, VISIBILITY_PUBLIC)
        && read_visible(page, VISIBILITY_PUBLIC) != OK) {
        return ERROR;
    }

    if (l->account == NULL) {
        return OK;
    }

    if (is_wanted(l, VISIBILITY_INTERNAL)
        && read_visible(page, VISIBILITY_INTERNAL) != OK) {
        return ERROR;
    }

    /* all that is public or internal was read above */
    return l->is_mine || l->visibility < 0
                   || l->visibility == VISIBILITY_UNLISTED
                   || l->visibility == VISIBILITY_PRIVATE
               ? read_granted(page)
               : OK;
}


int
listing_read(db_t *db, const listing_t *listing, repository_item_row_t **rows_r,
             size_t *n_r)
{
    page_t page = { .db = db, .listing = listing };
    int rc;

    page.rows =
        pool_alloc(db_pool(db), (listing->limit + 1) * sizeof(page.rows[0]));
    rc = listing->namespace != NULL ? read_one(&page) : read_all(&page);
    *rows_r = page.rows;
    *n_r = page.n;

    return rc;
}
