/* member.c: members of organizations. */

#include "access/member.h"
#include "db/db_access.h"
#include "db/db_invitation.h"
#include "db/db_team.h"

typedef struct {
    const char *login;
    bool is_owner;
} member_t;


/* The account of a member.  DECLINED and ERROR as change.h has them. */
static int
find(change_t *change, const char *login, uint64_t *id_r,
     member_find_row_t *row_r)
{
    int rc = change_find_account(change, "login", login, id_r);

    if (rc != OK) {
        return rc;
    }

    rc = db_member_find(change->db, change->access.facts.namespace_id, *id_r,
                        row_r);

    return rc == DECLINED
               ? change_fail(change, FAULT_NOT_FOUND, "login",
                             "%s is no member of %s", login, change->namespace)
               : rc;
}


static int
keep_an_owner(change_t *change, uint64_t id, const member_find_row_t *row)
{
    member_other_owner_row_t other;
    int rc = OK;

    if (row->is_owner) {
        rc = db_member_other_owner(
            change->db, change->access.facts.namespace_id, id, &other);
    }

    return rc == DECLINED ? change_fail(change, FAULT_CONFLICT, "login",
                                        "an organization keeps an owner")
                          : rc;
}


int
member_put(change_t *change, uint64_t account_id, bool is_owner)
{
    if (!change->access.facts.is_organization) {
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "%s is no organization", change->namespace);
    }

    return db_member_put(change->db, change->access.facts.namespace_id,
                         account_id, is_owner, change->now);
}


static int
set(change_t *change, void *data)
{
    const member_t *member = data;
    member_find_row_t row;
    uint64_t id;
    int rc = find(change, member->login, &id, &row);

    if (rc == DECLINED && change->actor == NULL) {
        row.is_owner = false;
        rc = change_find_account(change, "login", member->login, &id);
    }

    if (rc == OK && !member->is_owner) {
        rc = keep_an_owner(change, id, &row);
    }

    if (rc != OK) {
        return rc;
    }

    rc = member_put(change, id, member->is_owner);

    if (rc == OK) {
        rc = revoke_account_in(change->db, change->revoke, id,
                               change->namespace);
    }

    return rc == OK
               ? change_audit(change, AUDIT_MEMBER_SET, 0, member->login,
                              json_pack("{s:b}", "is_owner", member->is_owner))
               : rc;
}


int
member_set(change_t *change, const char *namespace, const char *login,
           bool is_owner)
{
    member_t member = { login, is_owner };

    return change_run(change, namespace, CHANGE_OWNER, set, &member);
}


static int
forget(change_t *change, uint64_t id)
{
    uint64_t namespace_id = change->access.facts.namespace_id;

    return db_team_member_delete_all(change->db, namespace_id, id) == OK
                   && db_access_delete_account(change->db, namespace_id, id)
                          == OK
                   && db_invitation_delete_account(change->db, namespace_id, id)
                          == OK
                   && db_member_delete(change->db, namespace_id, id) == OK
               ? revoke_account_in(change->db, change->revoke, id,
                                   change->namespace)
               : ERROR;
}


static int
remove_member(change_t *change, void *data)
{
    const char *login = data;
    member_find_row_t row;
    uint64_t id;
    int rc;

    if (!change->access.is_owner && strcmp(change->actor->login, login) != 0) {
        return change->access.facts.is_member
                   ? change_fail(change, FAULT_FORBIDDEN, NULL,
                                 "only an owner of the namespace may do that")
                   : change_fail(change, FAULT_NOT_FOUND, NULL,
                                 "there is no namespace %s", change->namespace);
    }

    rc = find(change, login, &id, &row);

    if (rc == OK) {
        rc = keep_an_owner(change, id, &row);
    }

    if (rc == OK) {
        rc = forget(change, id);
    }

    return rc == OK ? change_audit(change, AUDIT_MEMBER_REMOVE, 0, login, NULL)
                    : rc;
}


int
member_remove(change_t *change, const char *namespace, const char *login)
{
    return change_run(change, namespace, CHANGE_ANYONE, remove_member,
                      pool_strdup(db_pool(change->db), login));
}


json_t *
member_json(const member_row_t *row)
{
    return json_pack("{s:s, s:s, s:o}", "login", row->login, "role",
                     row->is_owner ? "owner" : "member", "joined_at",
                     json_time(row->joined_at));
}
