/* sign_up.c: invitations to sign up. */

#include "token/sign_up.h"
#include "token/secret_text.h"
#include "token/token.h"

#define DAY 86400


static int
record(change_t *change, audit_action_t action, uint64_t id)
{
    return change_audit(change, action, 0, "",
                        json_pack("{s:I}", "invitation", (json_int_t)id));
}


int
sign_up_invite(change_t *change, const char *note, int64_t days,
               const char **secret_r, uint64_t *id_r, int64_t *expires_at_r)
{
    pool_t *pool = db_pool(change->db);
    uint64_t creator = change->actor != NULL ? change->actor->id : 0;
    const char *key_hash;
    sign_up_invitation_id_row_t row;

    *secret_r = secret_text_make(pool, SECRET_TEXT_INVITATION);
    *expires_at_r = change->now + days * DAY;
    key_hash = token_hash(pool, reg_cstr(*secret_r));

    if (db_sign_up_invitation_add(change->db, key_hash, note, creator,
                                  change->now, *expires_at_r)
            != OK
        || db_sign_up_invitation_id(change->db, key_hash, &row) != OK) {
        return ERROR;
    }

    *id_r = row.id;

    return record(change, AUDIT_INVITATION_CREATE, row.id);
}


int
sign_up_withdraw(change_t *change, uint64_t id)
{
    sign_up_invitation_lock_row_t row;
    int rc = db_sign_up_invitation_lock(change->db, id, &row);

    if (rc == DECLINED) {
        return change_fail(change, FAULT_NOT_FOUND, NULL,
                           "there is no such invitation");
    }

    return rc == OK && db_sign_up_invitation_delete(change->db, id) == OK
               ? record(change, AUDIT_INVITATION_REVOKE, id)
               : ERROR;
}


int
sign_up_use(db_t *db, str_t secret, uint64_t account_id, int64_t now)
{
    sign_up_invitation_find_row_t row;
    int rc = db_sign_up_invitation_find(db, token_hash(db_pool(db), secret),
                                        now, &row);

    return rc == OK ? db_sign_up_invitation_use(db, row.id, account_id, now)
                    : rc;
}


json_t *
sign_up_json(const sign_up_invitation_list_row_t *row)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                     (json_int_t)row->id, "note", json_text_or_null(row->note),
                     "created_by", json_text_or_null(row->created_by),
                     "created_at", json_time(row->created_at), "expires_at",
                     json_time(row->expires_at), "used_at",
                     json_time_or_null(row->used_at), "used_by",
                     json_text_or_null(row->used_by));
}


json_t *
sign_up_new_json(uint64_t id, const char *note, int64_t expires_at)
{
    return json_pack("{s:I, s:o, s:o}", "id", (json_int_t)id, "note",
                     json_text_or_null(note), "expires_at",
                     json_time(expires_at));
}
