/* star.c: stars of repositories. */

#include "community/star.h"
#include "db/db_account.h"
#include "db/db_activity.h"
#include "db/db_star.h"
#include "search/search_index.h"
#include "search/term.h"

/* Of an account that is deleted: stars and follows of a transaction. */
#define PORTION 200

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

/* A star less may be another place in what search finds. */
static int
move(db_t *db, const star_forget_list_row_t *row)
{
    return row->stars != 0
                   && term_quality(row->stars, 0)
                          != term_quality(row->stars - 1, 0)
               ? search_update(db, row->repository_id)
               : OK;
}


static int
forget_stars(db_t *db, uint64_t account_id, const char *login, size_t *n_r)
{
    star_forget_list_row_t *rows;
    uint64_t last;

    if (db_star_forget_list(db, account_id, PORTION, &rows, n_r) != OK) {
        return ERROR;
    }

    if (*n_r == 0) {
        return OK;
    }

    last = rows[*n_r - 1].id;

    if (db_star_forget_activity(db, account_id, last, login, ACTIVITY_STAR)
            != OK
        || db_star_forget_counts(db, account_id, last) != OK
        || db_star_forget_listing(db, account_id, last) != OK
        || db_star_forget(db, account_id, last) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < *n_r; i++) {
        if (move(db, &rows[i]) != OK) {
            return ERROR;
        }
    }

    return OK;
}


static int
forget_portion(db_t *db, uint64_t account_id, const char *login,
               bool *is_more_r)
{
    size_t n;

    if (forget_stars(db, account_id, login, &n) != OK
        || db_follow_forget(db, account_id, PORTION) != OK) {
        return ERROR;
    }

    *is_more_r = n == PORTION || db_changed(db) == PORTION;

    return OK;
}


int
star_forget_account(db_t *db, uint64_t account_id, const char *login)
{
    account_lock_row_t row;
    bool is_more;

    /* a star that is being given comes before or not at all */
    if (db_account_lock(db, account_id, &row) == ERROR
        || forget_portion(db, account_id, login, &is_more) != OK) {
        return ERROR;
    }

    return is_more ? db_account_left_add(db, account_id) : OK;
}


static int
forget_left(void *data)
{
    db_t *db = data;
    account_left_first_row_t row;
    bool is_more;
    int rc = db_account_left_first(db, &row);

    if (rc != OK) {
        return rc;
    }

    if (forget_portion(db, row.account_id, row.login, &is_more) != OK) {
        return ERROR;
    }

    return is_more ? OK : db_account_left_delete(db, row.account_id);
}


int
star_forget_left(db_t *db)
{
    return db_transaction(db, forget_left, db);
}
