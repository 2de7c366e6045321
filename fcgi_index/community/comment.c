/* comment.c: comments on repositories. */

#include "community/comment.h"


static json_t *
id_data(uint64_t id)
{
    return json_pack("{s:I}", "comment", (json_int_t)id);
}


static int
check_pace(const community_t *community, unsigned *wait_r)
{
    int64_t since = community->now - COMMENTS_SECONDS;
    comment_recent_row_t row;

    if (db_comment_recent(community->db, community->actor->id, since,
                          COMMENTS_MAX, &row)
        != OK) {
        return ERROR;
    }

    if (row.n < COMMENTS_MAX || row.oldest == NULL) {
        return OK;
    }

    *wait_r = (unsigned)(*row.oldest - since);

    return DECLINED;
}


int
comment_add(const community_t *community, const char *body, uint64_t *id_r,
            unsigned *wait_r)
{
    comment_last_row_t row;
    int rc = check_pace(community, wait_r);

    if (rc != OK) {
        return rc;
    }

    if (db_comment_add(community->db, community->repository_id,
                       community->actor->id, body, community->now)
            != OK
        || db_comment_last(community->db, &row) != OK
        || community_count(community, 0, 1) != OK
        || community_note(community, ACTIVITY_COMMENT, row.id) != OK
        || community_audit(community, AUDIT_COMMENT_CREATE, id_data(row.id))
               != OK) {
        return ERROR;
    }

    *id_r = row.id;

    return community_emit(
        community, WEBHOOK_COMMENT,
        json_pack("{s:I, s:s}", "comment", (json_int_t)row.id, "text", body));
}


int
comment_hold(const community_t *community, uint64_t id,
             comment_item_row_t *row_r)
{
    comment_hold_row_t held;
    int rc = db_comment_hold(community->db, id, &held);

    return rc == OK ? db_comment_get(community->db, community->repository_id,
                                     id, row_r)
                    : rc;
}


int
comment_edit(const community_t *community, uint64_t id, const char *body)
{
    return db_comment_edit(community->db, id, body, community->now) == OK
               ? community_audit(community, AUDIT_COMMENT_EDIT, id_data(id))
               : ERROR;
}


/* The feed does not name what others cannot read. */
static int
note_gone(const community_t *community, const comment_item_row_t *row)
{
    return community_note_gone(community, ACTIVITY_COMMENT, row->id,
                               row->created_at, NULL);
}


int
comment_delete(const community_t *community, const comment_item_row_t *row)
{
    json_t *data = id_data(row->id);

    json_object_set_new(data, "author", json_text_or_null(row->login));

    if (db_comment_delete(community->db, row->id) != OK
        || note_gone(community, row) != OK
        || community_count(community, 0, -1) != OK) {
        json_decref(data);
        return ERROR;
    }

    return community_audit(community, AUDIT_COMMENT_DELETE, data);
}


int
comment_moderate(const community_t *community, const comment_item_row_t *row,
                 bool is_hidden)
{
    if (db_comment_hide(community->db, row->id, is_hidden) != OK
        || (is_hidden && note_gone(community, row) != OK)
        || db_comment_report_clear(community->db, row->id) != OK) {
        return ERROR;
    }

    return community_audit(community,
                           is_hidden ? AUDIT_COMMENT_HIDE : AUDIT_COMMENT_SHOW,
                           id_data(row->id));
}


int
comment_report(const community_t *community, uint64_t id, const char *reason)
{
    return db_comment_report_put(community->db, community->repository_id, id,
                                 community->actor->id, reason, community->now)
                   == OK
               ? community_audit(community, AUDIT_COMMENT_REPORT, id_data(id))
               : ERROR;
}
