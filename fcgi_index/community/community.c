/* community.c: what stars and comments have in common. */

#include "community/community.h"
#include "db/db_repository_list.h"
#include "db/db_star.h"
#include "search/search_index.h"
#include "search/term.h"


int
community_audit(const community_t *community, audit_action_t action,
                json_t *data)
{
    const audit_t audit = { .action = action,
                            .namespace_id = community->namespace_id,
                            .repository_id = community->repository_id,
                            .target = community->repository,
                            .data = data };

    return audit_add(community->db, community->actor, community->now, &audit);
}


int
community_emit(const community_t *community, webhook_event_kind_t kind,
               json_t *data)
{
    const webhook_event_t event = { .kind = kind,
                                    .repository_id = community->repository_id,
                                    .namespace_id = community->namespace_id,
                                    .actor = community->actor->login,
                                    .at = community->now,
                                    .data = json_pooled(db_pool(community->db),
                                                        data) };

    return webhook_emit(community->db, &event);
}


static activity_t
activity_of(const community_t *community, activity_kind_t kind,
            uint64_t subject_id)
{
    return (activity_t){ .kind = kind,
                         .namespace_id = community->namespace_id,
                         .repository_id = community->repository_id,
                         .at = community->now,
                         .actor = community->actor->login,
                         .subject_id = subject_id };
}


int
community_note(const community_t *community, activity_kind_t kind,
               uint64_t subject_id)
{
    activity_t activity = activity_of(community, kind, subject_id);

    if (subject_id != 0) {
        activity.data = json_pooled(
            db_pool(community->db),
            json_pack("{s:I}", activity_words[kind], (json_int_t)subject_id));
    }

    return activity_add(community->db, &activity);
}


int
community_note_gone(const community_t *community, activity_kind_t kind,
                    uint64_t subject_id, int64_t at, const char *actor)
{
    activity_t activity = activity_of(community, kind, subject_id);

    activity.at = at;
    activity.actor = actor;

    return activity_forget(community->db, &activity);
}


static uint64_t
sum(uint64_t n, int change)
{
    if (change < 0) {
        return n != 0 ? n - 1 : 0;
    }

    return n + (uint64_t)change;
}


int
community_count(const community_t *community, int stars, int comments)
{
    db_t *db = community->db;
    uint64_t id = community->repository_id;
    count_get_row_t row;

    if (db_count_hold(db, id) != OK || db_count_get(db, id, &row) != OK
        || db_count_set(db, id, sum(row.stars, stars),
                        sum(row.comments, comments))
               != OK
        || db_listing_set_stars(db, id, sum(row.stars, stars)) != OK) {
        return ERROR;
    }

    return term_quality(row.stars, 0) != term_quality(sum(row.stars, stars), 0)
               ? search_update(db, id)
               : OK;
}
