/* star.c: stars of repositories. */

#include "community/star.h"
#include "db/db_account.h"
#include "db/db_activity.h"
#include "db/db_star.h"
#include "search/search_index.h"
#include "search/term.h"

#define PAGE 500
#define MOVED_MAX 1000 /* repositories that are moved in what search finds */


/* What star_add() and star_remove() end in. */
static int
finish(const community_t *community, bool is_starred)
{
    count_get_row_t row;

    if (community_count(community, is_starred ? 1 : -1, 0) != OK
        || db_count_get(community->db, community->repository_id, &row) != OK) {
        return ERROR;
    }

    if (community_audit(community,
                        is_starred ? AUDIT_STAR_ADD : AUDIT_STAR_REMOVE, NULL)
        != OK) {
        return ERROR;
    }

    return community_emit(community, WEBHOOK_STAR,
                          json_pack("{s:b, s:I}", "is_starred", is_starred,
                                    "star_count", (json_int_t)row.stars));
}


int
star_add(const community_t *community)
{
    int rc = db_star_put(community->db, community->repository_id,
                         community->actor->id, community->now);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    return community_note(community, ACTIVITY_STAR, 0) == OK
               ? finish(community, true)
               : ERROR;
}


int
star_remove(const community_t *community)
{
    star_find_row_t row;
    int rc = db_star_find(community->db, community->repository_id,
                          community->actor->id, &row);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    return db_star_delete(community->db, row.id) == OK
                   && community_note_gone(community, ACTIVITY_STAR, 0,
                                          row.created_at,
                                          community->actor->login)
                          == OK
               ? finish(community, false)
               : ERROR;
}


/* --- of an account that is deleted ---------------------------------------- */

/* The repositories whose place in search depends on the star that goes. */
static int
find_moved(db_t *db, uint64_t account_id, uint64_t *moved, size_t *n_r)
{
    star_forget_list_row_t *rows;
    uint64_t after = 0;
    size_t n;

    *n_r = 0;

    do {
        if (db_star_forget_list(db, account_id, after, PAGE, &rows, &n) != OK) {
            return ERROR;
        }

        for (size_t i = 0; i < n && *n_r < MOVED_MAX; i++) {
            uint64_t stars = rows[i].stars;

            if (stars != 0
                && term_quality(stars, 0) != term_quality(stars - 1, 0)) {
                moved[(*n_r)++] = rows[i].repository_id;
            }

            after = rows[i].id;
        }
    } while (n == PAGE && *n_r < MOVED_MAX);

    return OK;
}


int
star_forget_account(db_t *db, uint64_t account_id, const char *login)
{
    uint64_t *moved = pool_alloc(db_pool(db), MOVED_MAX * sizeof(moved[0]));
    account_lock_row_t row;
    size_t n;

    /* a star that is being given comes before or not at all */
    if (db_account_lock(db, account_id, &row) == ERROR
        || find_moved(db, account_id, moved, &n) != OK
        || db_star_forget_activity(db, account_id, login, ACTIVITY_STAR) != OK
        || db_star_forget_counts(db, account_id) != OK
        || db_star_forget_listing(db, account_id) != OK
        || db_star_forget(db, account_id) != OK
        || db_follow_forget(db, account_id) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        if (search_update(db, moved[i]) != OK) {
            return ERROR;
        }
    }

    return OK;
}
