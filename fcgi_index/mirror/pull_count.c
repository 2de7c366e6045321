/* pull_count.c: how often repositories and tags are pulled. */

#include "mirror/pull_count.h"
#include "db/db_pull.h"
#include "db/db_repository_list.h"

#define DAY_SECONDS 86400
#define KEPT_DAYS 400


/* As the statements of pull.sql take them; a tag counts by its name. */
static const char *
pulls_print(pool_t *pool, const event_t *const *events, size_t n)
{
    json_t *pulls = json_pooled(pool, json_array());

    for (size_t i = 0; i < n; i++) {
        const event_t *event = events[i];

        json_array_append_new(
            pulls, json_pack("[s, s?, s?, I, I]", event->repository, event->tag,
                             event->tag == NULL ? event->manifest.digest : NULL,
                             (json_int_t)event->count, (json_int_t)event->at));
    }

    return json_text(pool, pulls);
}


/* The lists have a copy, which they are sorted by. */
static int
listing_update(db_t *db, const char *pulls, size_t n)
{
    json_t *totals = json_pooled(db_pool(db), json_array());
    pull_totals_row_t *rows;

    if (db_pull_totals(db, pulls, n, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(totals,
                              json_pack("[I, I]", (json_int_t)rows[i].id,
                                        (json_int_t)rows[i].pulls));
    }

    return db_listing_set_pulls(db, json_text(db_pool(db), totals));
}


int
pull_count_add(db_t *db, const event_t *const *events, size_t n)
{
    const char *pulls;

    if (n == 0) {
        return OK;
    }

    pulls = pulls_print(db_pool(db), events, n);

    return db_pull_add_tags(db, pulls) == OK
                   && db_pull_add_repositories(db, pulls) == OK
                   && db_pull_add_days(db, pulls) == OK
                   && listing_update(db, pulls, n) == OK
               ? OK
               : ERROR;
}


int
pull_count_purge(db_t *db, int64_t now, uint64_t max)
{
    int64_t today = now / DAY_SECONDS;

    return db_pull_purge_days(
        db, today > KEPT_DAYS ? (uint64_t)(today - KEPT_DAYS) : 0, max);
}
