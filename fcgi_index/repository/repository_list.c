/* repository_list.c: the repositories of all namespaces, or of one, that an
 * account may see.
 *
 * Candidates are read from sources, each in the order of the list, behind the
 * place where the page begins: what is public, what is internal, and what is
 * unlisted or private in each namespace in which the account has a role.  One
 * statement finds the first candidate of each such namespace, and they are read
 * from the best of these on, until the next one begins behind the end of the
 * list.  Then the repositories themselves are read, with the rights on them:
 * few first, then more, at most LOOK_ALL for a page.  So the cost of a page
 * does not depend on how many repositories there are. */

#include "repository/repository_list.h"
#include "common/range.h"

#define SOURCES_MAX 64 /* of namespaces, that are read for one list */
#define LOOK_GROWTH 5  /* for the next part of a page so many times as many */
#define LOOK_ALL 400   /* for all parts of a page */
#define DIGITS 20      /* of each number of a head */
#define ID_SIZE sizeof("18446744073709551615,")

/* Candidates in order.  Where it is cut, the list has all that comes up to
 * "until", and nothing behind. */
typedef struct {
    listing_candidate_row_t *rows;
    size_t n;
    bool is_cut;
    listing_place_t until;
} candidates_t;

typedef struct {
    db_t *db;
    const listing_t *listing;
    uint64_t namespace_id; /* 0: of all */
    listing_place_t from;  /* the next part begins behind it */
    bool is_at_end;
    size_t look, left; /* candidates of the next part, of all that follow */
    size_t most;       /* of the list that is read */
    candidates_t *list;
} page_t;


listing_place_t
listing_first(void)
{
    return (listing_place_t){ "", INT64_MAX, INT64_MAX };
}


/* --- order ---------------------------------------------------------------- */

static listing_place_t
place_of(const listing_candidate_row_t *row)
{
    return (listing_place_t){ row->name, row->number, row->id };
}


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


static bool
row_is_before(const page_t *page, const listing_candidate_row_t *a,
              const listing_candidate_row_t *b)
{
    listing_place_t first = place_of(a), second = place_of(b);

    return is_before(page->listing->sort, &first, &second);
}


/* --- candidates ----------------------------------------------------------- */

/* Drops what comes behind "until". */
static void
cut(const page_t *page, listing_place_t until)
{
    candidates_t *list = page->list;

    while (list->n > 0) {
        listing_place_t last = place_of(&list->rows[list->n - 1]);

        if (!is_before(page->listing->sort, &until, &last)) {
            break;
        }

        list->n--;
    }

    list->is_cut = true;
    list->until = until;
}


/* Two lists in order become one, of no more than are needed.  No repository is
 * in both. */
static void
merge(const page_t *page, const listing_candidate_row_t *rows, size_t n)
{
    candidates_t *list = page->list;
    size_t n_all = list->n + n, a = 0, b = 0;
    listing_candidate_row_t *all =
        pool_alloc(db_pool(page->db), (n_all + 1) * sizeof(all[0]));

    for (size_t i = 0; i < n_all; i++) {
        bool is_old =
            b == n
            || (a < list->n && row_is_before(page, &list->rows[a], &rows[b]));

        all[i] = is_old ? list->rows[a++] : rows[b++];
    }

    list->rows = all;
    list->n = n_all;

    if (list->is_cut) {
        cut(page, list->until);
    }

    if (list->n >= page->most) {
        cut(page, place_of(&all[page->most - 1]));
    }
}


/* Of all namespaces. */
static int
read_visible(const page_t *page, visibility_t visibility)
{
    const listing_place_t *from = &page->from;
    listing_candidate_row_t *rows;
    size_t n;
    int rc = OK;

    switch (page->listing->sort) {
    case LISTING_NAME:
        rc = db_listing_named(page->db, visibility, from->name, page->most,
                              &rows, &n);
        break;
    case LISTING_UPDATED:
        rc = db_listing_updated(page->db, visibility, from->number, from->id,
                                page->most, &rows, &n);
        break;
    case LISTING_STARS:
        rc = db_listing_starred(page->db, visibility, from->number, from->id,
                                page->most, &rows, &n);
        break;
    case LISTING_PULLS:
        rc = db_listing_pulled(page->db, visibility, from->number, from->id,
                               page->most, &rows, &n);
        break;
    }

    merge(page, rows, n);

    return rc;
}


static int
read_namespace(const page_t *page, uint64_t namespace_id, uint64_t visibility)
{
    const listing_place_t *from = &page->from;
    listing_candidate_row_t *rows;
    size_t n;
    int rc = OK;

    switch (page->listing->sort) {
    case LISTING_NAME:
        rc = db_listing_in_named(page->db, namespace_id, visibility, from->name,
                                 page->most, &rows, &n);
        break;
    case LISTING_UPDATED:
        rc = db_listing_in_updated(page->db, namespace_id, visibility,
                                   from->number, from->id, page->most, &rows,
                                   &n);
        break;
    case LISTING_STARS:
        rc = db_listing_in_starred(page->db, namespace_id, visibility,
                                   from->number, from->id, page->most, &rows,
                                   &n);
        break;
    case LISTING_PULLS:
        rc =
            db_listing_in_pulled(page->db, namespace_id, visibility,
                                 from->number, from->id, page->most, &rows, &n);
        break;
    }

    merge(page, rows, n);

    return rc;
}


/* --- namespaces with a role ----------------------------------------------- */

/* From low to high; -1 is any. */
static void
visibilities(const listing_t *listing, uint64_t *low_r, uint64_t *high_r)
{
    bool is_any = listing->visibility < 0;

    *low_r = is_any ? VISIBILITY_PUBLIC : (uint64_t)listing->visibility;
    *high_r = is_any ? VISIBILITY_PRIVATE : *low_r;
}


static int
read_heads(const page_t *page, listing_head_row_t **rows_r, size_t *n_r)
{
    const listing_t *l = page->listing;
    const account_t *me = l->account;
    const listing_place_t *from = &page->from;
    uint64_t low, high;
    int rc = OK;

    visibilities(l, &low, &high);

    switch (l->sort) {
    case LISTING_NAME:
        rc = db_listing_heads_named(page->db, me->id, me->is_admin,
                                    page->namespace_id, low, high, l->is_mine,
                                    from->name, SOURCES_MAX + 1, rows_r, n_r);
        break;
    case LISTING_UPDATED:
        rc = db_listing_heads_updated(
            page->db, me->id, me->is_admin, page->namespace_id, low, high,
            l->is_mine, from->number, from->id, SOURCES_MAX + 1, rows_r, n_r);
        break;
    case LISTING_STARS:
        rc = db_listing_heads_starred(
            page->db, me->id, me->is_admin, page->namespace_id, low, high,
            l->is_mine, from->number, from->id, SOURCES_MAX + 1, rows_r, n_r);
        break;
    case LISTING_PULLS:
        rc = db_listing_heads_pulled(
            page->db, me->id, me->is_admin, page->namespace_id, low, high,
            l->is_mine, from->number, from->id, SOURCES_MAX + 1, rows_r, n_r);
        break;
    }

    return rc;
}


static uint64_t
number_of(const char *digits)
{
    uint64_t number = 0;

    for (size_t i = 0; i < DIGITS; i++) {
        number = number * 10 + (uint64_t)(digits[i] - '0');
    }

    return number;
}


/* A head is a name, or two numbers of DIGITS each. */
static listing_place_t
place_of_head(const page_t *page, const listing_head_row_t *row)
{
    if (page->listing->sort == LISTING_NAME) {
        return (listing_place_t){ .name = row->head };
    }

    return (listing_place_t){ .name = "",
                              .number = (int64_t)number_of(row->head),
                              .id = number_of(row->head + DIGITS) };
}


/* Only what comes before the place is complete. */
static void
cut_before(const page_t *page, const listing_place_t *place)
{
    candidates_t *list = page->list;

    while (list->n > 0) {
        listing_place_t last = place_of(&list->rows[list->n - 1]);

        if (is_before(page->listing->sort, &last, place)) {
            break;
        }

        list->n--;
    }

    list->is_cut = true;
    list->until = list->n > 0 ? place_of(&list->rows[list->n - 1]) : page->from;
}


/* Heads are repositories of the list themselves, but for the place behind which
 * it goes on: when they and what was read so far are as many as the list needs,
 * nothing behind the last of them is read. */
static void
cut_by_heads(const page_t *page, const listing_head_row_t *heads, size_t n)
{
    listing_sort_t sort = page->listing->sort;
    const candidates_t *list = page->list;
    listing_place_t last = page->from;
    size_t a = 0, b = 0, n_real = 0;

    while (n_real < page->most && (a < list->n || b < n)) {
        listing_place_t row, head;

        row = a < list->n ? place_of(&list->rows[a]) : page->from;
        head = b < n ? place_of_head(page, &heads[b]) : page->from;

        if (b == n || (a < list->n && is_before(sort, &row, &head))) {
            last = row;
            a++;
            n_real++;
        } else {
            last = head;
            b++;
            n_real += is_before(sort, &page->from, &head);
        }
    }

    if (n_real == page->most) {
        cut(page, last);
    }
}


static int
read_granted(const page_t *page)
{
    const candidates_t *list = page->list;
    listing_head_row_t *heads;
    size_t n;

    if (read_heads(page, &heads, &n) != OK) {
        return ERROR;
    }

    cut_by_heads(page, heads, n);

    for (size_t i = 0; i < n; i++) {
        listing_place_t head = place_of_head(page, &heads[i]);

        if (list->is_cut
            && is_before(page->listing->sort, &list->until, &head)) {
            break;
        }

        if (i == SOURCES_MAX) {
            cut_before(page, &head);
            break;
        }

        if (read_namespace(page, heads[i].namespace_id, heads[i].visibility)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* --- a page --------------------------------------------------------------- */

static bool
is_wanted(const listing_t *listing, visibility_t visibility)
{
    return !listing->is_mine
           && (listing->visibility < 0
               || listing->visibility == (int)visibility);
}


static int
read_open(const page_t *page, visibility_t visibility)
{
    return page->namespace_id != 0
               ? read_namespace(page, page->namespace_id, visibility)
               : read_visible(page, visibility);
}


static int
read_candidates(const page_t *page)
{
    const listing_t *l = page->listing;
    bool has_account = l->account != NULL;

    if ((is_wanted(l, VISIBILITY_PUBLIC)
         && read_open(page, VISIBILITY_PUBLIC) != OK)
        || (has_account && is_wanted(l, VISIBILITY_INTERNAL)
            && read_open(page, VISIBILITY_INTERNAL) != OK)) {
        return ERROR;
    }

    return has_account
                   && (l->is_mine || is_wanted(l, VISIBILITY_UNLISTED)
                       || is_wanted(l, VISIBILITY_PRIVATE))
               ? read_granted(page)
               : OK;
}


/* [id,...] */
static const char *
candidates_json(const page_t *page)
{
    const candidates_t *list = page->list;
    size_t size = 3 + list->n * ID_SIZE, len = 1;
    char *text = pool_alloc(db_pool(page->db), size);

    text[0] = '[';

    for (size_t i = 0; i < list->n; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%llu",
                                i != 0 ? "," : "",
                                (unsigned long long)list->rows[i].id);
    }

    text[len] = ']';

    return text;
}


static int
read_rows(const page_t *page, size_t most, repository_item_row_t **rows_r,
          size_t *n_r)
{
    const listing_t *l = page->listing;
    const account_t *me = l->account;
    uint64_t low, high;

    visibilities(l, &low, &high);

    return db_listing_rows(page->db, candidates_json(page),
                           me != NULL ? me->id : 0, me != NULL && me->is_admin,
                           l->is_mine ? ROLE_WRITE : ROLE_READ, !l->is_mine,
                           low, high, most, rows_r, n_r);
}


static int64_t
number_of_item(listing_sort_t sort, const repository_item_row_t *row)
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


/* The place of a row in the list. */
static listing_place_t
place_of_item(const page_t *page, const repository_item_row_t *row)
{
    return (listing_place_t){ .name = row->name,
                              .number =
                                  number_of_item(page->listing->sort, row),
                              .id = row->id };
}


/* Adds to rows what the next candidates give; at most listing->limit are there
 * then. */
static int
read_part(page_t *page, repository_item_row_t *rows, size_t *n)
{
    size_t most = page->listing->limit - *n + 1, n_found = 0;
    candidates_t list = { .rows = NULL };
    repository_item_row_t *found = NULL;

    page->list = &list;
    page->most = page->look < page->left ? page->look : page->left;
    page->left -= page->most;
    page->look *= LOOK_GROWTH;

    if (read_candidates(page) != OK
        || (list.n != 0 && read_rows(page, most, &found, &n_found) != OK)) {
        return ERROR;
    }

    for (size_t i = 0; i < n_found && *n < page->listing->limit; i++) {
        page->from = place_of_item(page, &found[i]);
        rows[(*n)++] = found[i];
    }

    /* else there may be more before the end of the list */
    if (n_found < most) {
        page->from = list.until;
        page->is_at_end = !list.is_cut;
    }

    return OK;
}


static int
find_namespace(page_t *page)
{
    const listing_t *l = page->listing;
    access_t access;

    if (l->namespace == NULL) {
        return OK;
    }

    if (access_namespace(page->db, l->account, l->namespace, &access) != OK) {
        return ERROR;
    }

    page->namespace_id = access.facts.namespace_id;
    page->is_at_end = page->namespace_id == 0;

    return OK;
}


int
listing_read(db_t *db, const listing_t *listing, repository_item_row_t **rows_r,
             size_t *n_r, const listing_place_t **next_r)
{
    pool_t *pool = db_pool(db);
    page_t page = { .db = db,
                    .listing = listing,
                    .from = listing->after,
                    .look = listing->limit + 1,
                    .left = LOOK_ALL };
    int rc = find_namespace(&page);

    *rows_r = pool_alloc(pool, listing->limit * sizeof((*rows_r)[0]));
    *n_r = 0;

    while (rc == OK && !page.is_at_end && page.left != 0
           && *n_r < listing->limit) {
        rc = read_part(&page, *rows_r, n_r);
    }

    *next_r = NULL;

    if (rc == OK && !page.is_at_end) {
        listing_place_t *next = pool_new(pool, listing_place_t);

        *next = page.from;
        *next_r = next;
    }

    return rc;
}
