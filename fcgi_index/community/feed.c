/* feed.c: what an account may read of what happened.
 *
 * The feed of an account is made of sources: followed repositories, and
 * namespaces.  Those whose latest event is the newest are read first, each no
 * further than the page is long, until no other source can have an event that
 * belongs to the page.  Of a namespace that the account may not read as a
 * whole, LOOK_MAX rows are read at most.  So the cost of a page does not depend
 * on how much happened. */

#include "community/feed.h"

#define LOOK_MAX 2000 /* rows of a namespace, for a page */
#define KINDS_ALL ((1u << ACTIVITY_N) - 1)
#define KINDS_READER (KINDS_ALL & ~(1u << ACTIVITY_ROLE))
#define KINDS_MEMBER (KINDS_READER & ~(1u << ACTIVITY_REMOVE))

typedef struct {
    bool is_namespace;
    uint64_t id;
    const char *name;
    uint64_t last; /* the id of its latest event */
} source_t;

typedef struct {
    db_t *db;
    const account_t *account;
    feed_page_t *page;
    size_t most; /* one more than the page has */
    source_t *sources;
    size_t n_sources;
    uint64_t bound; /* what was not read has no event from here on */
} feed_t;


/* Roles are for those who give them. */
static unsigned
kinds_of(bool is_admin)
{
    return is_admin ? KINDS_ALL : KINDS_READER;
}


/* Of a namespace.  A repository that was deleted is named to those who may read
 * all of them: it may have been private. */
static unsigned
kinds_of_namespace(const access_t *access)
{
    return access->role >= ROLE_READ ? kinds_of(access->is_owner)
                                     : KINDS_MEMBER;
}


/* --- one source ----------------------------------------------------------- */

/* Ids between which rows are read, at most so many. */
typedef struct {
    uint64_t above, before;
    size_t limit;
} range_t;


static int
read_repository(db_t *db, uint64_t id, const access_t *access, range_t range,
                activity_item_row_t **rows_r, size_t *n_r)
{
    return db_activity_of_repository(
        db, id, kinds_of(access->role == ROLE_ADMIN), range.above, range.before,
        range.limit, rows_r, n_r);
}


/* Most of the rows may be of repositories that the account may not read: those
 * below *bound_r are not read; 0: all are. */
static int
find_bound(db_t *db, const access_t *access, range_t range, uint64_t *bound_r)
{
    activity_behind_row_t row;
    int rc = DECLINED;

    if (access->role < ROLE_READ) {
        rc = db_activity_behind(db, access->facts.namespace_id, range.above,
                                range.before, LOOK_MAX - 1, &row);
    }

    *bound_r = rc == OK ? row.id : 0;

    return rc == ERROR ? ERROR : OK;
}


static int
read_namespace(db_t *db, uint64_t account_id, const access_t *access,
               range_t range, activity_item_row_t **rows_r, size_t *n_r,
               uint64_t *bound_r)
{
    *n_r = 0;

    if (find_bound(db, access, range, bound_r) != OK) {
        return ERROR;
    }

    if (*bound_r != 0) {
        range.above = *bound_r - 1;
    }

    return db_activity_of_namespace(db, access->facts.namespace_id, account_id,
                                    access->role >= ROLE_READ,
                                    kinds_of_namespace(access), range.above,
                                    range.before, range.limit, rows_r, n_r);
}


static void
page_end(feed_page_t *page)
{
    page->next = 0;

    if (page->n > page->limit) {
        page->n = page->limit;
        page->next = page->rows[page->n - 1].id;
    }
}


int
feed_of_repository(db_t *db, uint64_t repository_id, const access_t *access,
                   feed_page_t *page)
{
    const range_t range = { 0, page->before, page->limit + 1 };
    int rc = read_repository(db, repository_id, access, range, &page->rows,
                             &page->n);

    page_end(page);

    return rc;
}


int
feed_of_namespace(db_t *db, uint64_t account_id, const access_t *access,
                  feed_page_t *page)
{
    const range_t range = { 0, page->before, page->limit + 1 };
    uint64_t bound;
    int rc = read_namespace(db, account_id, access, range, &page->rows,
                            &page->n, &bound);

    page_end(page);

    if (page->next == 0) {
        page->next = bound;
    }

    return rc;
}


/* --- sources of an account ------------------------------------------------ */

static void
source_add(feed_t *feed, const source_t *source)
{
    size_t at = feed->n_sources++;

    while (at != 0 && feed->sources[at - 1].last < source->last) {
        feed->sources[at] = feed->sources[at - 1];
        at--;
    }

    feed->sources[at] = *source;
}


static void
bound_raise(feed_t *feed, uint64_t last)
{
    feed->bound = last > feed->bound ? last : feed->bound;
}


static int
find_followed(feed_t *feed)
{
    activity_followed_row_t *rows;
    size_t n;
    int rc = db_activity_followed(feed->db, feed->account->id,
                                  feed->account->is_admin, feed->page->before,
                                  feed->most, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        source_add(
            feed, &(source_t){ false, rows[i].id, rows[i].name, rows[i].last });
    }

    if (n == feed->most) {
        bound_raise(feed, rows[n - 1].last);
    }

    return rc;
}


static int
find_joined(feed_t *feed)
{
    activity_joined_row_t *rows;
    size_t n;
    int rc = db_activity_joined(feed->db, feed->account->id, feed->page->before,
                                feed->most, &rows, &n);

    for (size_t i = 0; i < n; i++) {
        source_add(feed,
                   &(source_t){ true, rows[i].id, rows[i].name, rows[i].last });
    }

    if (n == feed->most) {
        bound_raise(feed, rows[n - 1].last);
    }

    return rc;
}


/* --- a page of an account ------------------------------------------------- */

/* The best rows so far are in order, none twice: what is followed may be in a
 * namespace of the account's. */
static void
page_insert(feed_t *feed, const activity_item_row_t *row)
{
    feed_page_t *page = feed->page;
    size_t at = page->n;

    while (at != 0 && page->rows[at - 1].id < row->id) {
        at--;
    }

    if (at == feed->most || (at != 0 && page->rows[at - 1].id == row->id)) {
        return;
    }

    page->n += page->n < feed->most;
    memmove(&page->rows[at + 1], &page->rows[at],
            (page->n - at - 1) * sizeof(page->rows[0]));
    page->rows[at] = *row;
}


/* Where the page is full, only what is newer than its last row is wanted. */
static range_t
range_of(const feed_t *feed)
{
    const feed_page_t *page = feed->page;

    return (range_t){ page->n == feed->most ? page->rows[page->n - 1].id : 0,
                      page->before, feed->most };
}


/* What the account may not read has nothing to say. */
static int
read_source(feed_t *feed, const source_t *source, activity_item_row_t **rows_r,
            size_t *n_r)
{
    access_t access;
    uint64_t bound;
    int rc =
        source->is_namespace
            ? access_namespace(feed->db, feed->account, source->name, &access)
            : access_repository(feed->db, feed->account, source->name, &access);

    *n_r = 0;

    if (rc != OK) {
        return rc;
    }

    if (source->is_namespace) {
        rc = read_namespace(feed->db, feed->account->id, &access,
                            range_of(feed), rows_r, n_r, &bound);
        bound_raise(feed, bound);
        return rc;
    }

    return access.role < ROLE_READ
               ? OK
               : read_repository(feed->db, source->id, &access, range_of(feed),
                                 rows_r, n_r);
}


static int
read_sources(feed_t *feed)
{
    const feed_page_t *page = feed->page;
    activity_item_row_t *rows;
    size_t n;

    for (size_t i = 0; i < feed->n_sources; i++) {
        const source_t *source = &feed->sources[i];

        if (page->n == feed->most
            && page->rows[page->n - 1].id > source->last) {
            return OK;
        }

        if (read_source(feed, source, &rows, &n) != OK) {
            return ERROR;
        }

        for (size_t k = 0; k < n; k++) {
            page_insert(feed, &rows[k]);
        }
    }

    return OK;
}


/* Below the bound, what was not read may have something as well: it is where
 * the next page begins. */
static void
page_cut(feed_t *feed)
{
    feed_page_t *page = feed->page;

    page_end(page);

    while (page->n != 0 && page->rows[page->n - 1].id < feed->bound) {
        page->n--;
        page->next = feed->bound;
    }

    if (page->next == 0) {
        page->next = feed->bound;
    }
}


int
feed_of_account(db_t *db, const account_t *account, feed_page_t *page)
{
    feed_t feed = {
        .db = db, .account = account, .page = page, .most = page->limit + 1
    };

    page->n = 0;
    page->rows =
        pool_alloc(db_pool(db), (feed.most + 1) * sizeof(page->rows[0]));
    feed.sources =
        pool_alloc(db_pool(db), 2 * feed.most * sizeof(feed.sources[0]));

    if (find_followed(&feed) != OK || find_joined(&feed) != OK
        || read_sources(&feed) != OK) {
        return ERROR;
    }

    page_cut(&feed);

    return OK;
}


/* --- follows -------------------------------------------------------------- */

/* The count is no secret and no promise: two requests at once may go beyond it
 * by one. */
int
follow_add(db_t *db, uint64_t repository_id, uint64_t account_id, int64_t now)
{
    follow_count_row_t count;
    follow_get_row_t row;
    int rc = db_follow_get(db, repository_id, account_id, &row);

    if (rc != DECLINED) {
        return rc;
    }

    if (db_follow_count(db, account_id, &count) != OK) {
        return ERROR;
    }

    if (count.n >= FOLLOWS_MAX) {
        return DECLINED;
    }

    return db_follow_put(db, repository_id, account_id, now) == ERROR ? ERROR
                                                                      : OK;
}
