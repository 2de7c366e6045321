/* star.c: stars of repositories. */

#include "community/star.h"
#include "db/db_star.h"


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
