/* invitation.c: invitations. */

#include "access/invitation.h"
#include "access/member.h"
#include "access/name_pattern.h"
#include "db/db_member.h"
#include "fcgi_core/clock.h"

#define PURGE_BATCH 100

typedef struct {
    const char *login;
    bool is_owner;
    const collaborator_t *collaborator; /* NULL: a membership */
    role_t role;
    uint64_t id; /* of what was made */
} offer_t;

typedef struct {
    const char *repository;
    uint64_t id;
} withdrawal_t;


/* --- offers --------------------------------------------------------------- */

static int
check_room(change_t *change)
{
    invitation_count_row_t row;

    if (db_invitation_purge(change->db, change->now, PURGE_BATCH) != OK
        || db_invitation_count(change->db, change->access.facts.namespace_id,
                               &row)
               != OK) {
        return ERROR;
    }

    return row.n < INVITATIONS_MAX ? OK
                                   : change_fail(change, FAULT_LIMIT, NULL,
                                                 "there are %d invitations "
                                                 "already",
                                                 INVITATIONS_MAX);
}


static int
check_no_member(change_t *change, const char *login, uint64_t account_id)
{
    member_find_row_t row;
    int rc = db_member_find(change->db, change->access.facts.namespace_id,
                            account_id, &row);

    return rc == OK ? change_fail(change, FAULT_CONFLICT, "login",
                                  "%s is a member already", login)
                    : (rc == DECLINED ? OK : ERROR);
}


static int
key_of(change_t *change, const offer_t *offer, collaborator_key_t *key_r)
{
    int rc;

    *key_r = (collaborator_key_t){ .like = "" };

    if (offer->collaborator != NULL) {
        return collaborator_find(change, offer->collaborator, key_r);
    }

    if (!change->access.facts.is_organization) {
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "%s is no organization", change->namespace);
    }

    rc = change_find_account(change, "login", offer->login, &key_r->account_id);

    return rc == OK ? check_no_member(change, offer->login, key_r->account_id)
                    : rc;
}


static const char *
offer_login(const offer_t *offer)
{
    return offer->collaborator != NULL ? offer->collaborator->login
                                       : offer->login;
}


static json_t *
offer_json(const offer_t *offer)
{
    return offer->collaborator != NULL
               ? collaborator_json(offer->collaborator, offer->role)
               : json_pack("{s:b}", "is_owner", offer->is_owner);
}


static int
write_offer(change_t *change, offer_t *offer, const collaborator_key_t *key)
{
    uint64_t namespace_id = change->access.facts.namespace_id;
    invitation_find_row_t row;

    if (db_invitation_put(change->db, namespace_id, key->account_id,
                          key->repository_id, key->like, offer->role,
                          offer->is_owner, change_actor_id(change), change->now,
                          change->now + INVITATION_DAYS * 86400)
            != OK
        || db_invitation_find(change->db, namespace_id, key->account_id,
                              key->repository_id, key->like, &row)
               != OK) {
        return ERROR;
    }

    offer->id = row.id;

    return OK;
}


static int
add(change_t *change, void *data)
{
    offer_t *offer = data;
    collaborator_key_t key;
    int rc = check_room(change);

    if (rc == OK) {
        rc = key_of(change, offer, &key);
    }

    if (rc == OK && key.team_id != 0) {
        rc = change_fail(change, FAULT_INVALID, "team",
                         "a team has no one to accept for it");
    }

    if (rc == OK) {
        rc = write_offer(change, offer, &key);
    }

    return rc == OK
               ? change_audit(change, AUDIT_MEMBER_INVITE, key.repository_id,
                              offer_login(offer), offer_json(offer))
               : rc;
}


int
invitation_add_member(change_t *change, const char *namespace,
                      const char *login, bool is_owner, uint64_t *id_r)
{
    offer_t offer = { .login = login, .is_owner = is_owner };
    int rc = change_run(change, namespace, CHANGE_OWNER, add, &offer);

    *id_r = offer.id;

    return rc;
}


int
invitation_add_collaborator(change_t *change, const char *namespace,
                            const collaborator_t *collaborator, role_t role,
                            uint64_t *id_r)
{
    offer_t offer = { .collaborator = collaborator, .role = role };
    int rc;

    if (role == ROLE_NONE) {
        return change_fail(change, FAULT_INVALID, "role", "no role is offered");
    }

    rc = collaborator_run(change, namespace, collaborator->repository, add,
                          &offer);
    *id_r = offer.id;

    return rc;
}


/* --- answers -------------------------------------------------------------- */

/* The invitation, and its namespace for change_run(). */
static int
find(change_t *change, uint64_t id, invitation_row_t *row_r)
{
    int rc = db_invitation_by_id(change->db, id, clock_now(), row_r);

    return rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, NULL,
                                        "there is no such invitation")
                          : rc;
}


/* Again, as the namespace is held only now. */
static int
find_again(change_t *change, uint64_t *id, invitation_row_t *row_r)
{
    int rc = find(change, *id, row_r);
    bool is_own;

    if (rc != OK) {
        return rc;
    }

    is_own = change->actor != NULL && change->actor->id == row_r->account_id;

    return is_own || change->access.is_owner
               ? OK
               : change_fail(change, FAULT_NOT_FOUND, NULL,
                             "there is no such invitation");
}


static int
finish(change_t *change, const invitation_row_t *row, audit_action_t action)
{
    return db_invitation_delete(change->db, row->id) == OK ? change_audit(
               change, action, row->repository_id, row->login,
               row->role == ROLE_NONE
                   ? json_pack("{s:b}", "is_owner", row->is_owner)
                   : json_pack("{s:s}", "role", role_name((role_t)row->role)))
                                                           : ERROR;
}


/* Who has become a member meanwhile stays what he is. */
static int
accept_membership(change_t *change, const invitation_row_t *row)
{
    member_find_row_t member;
    int rc = db_member_find(change->db, change->access.facts.namespace_id,
                            row->account_id, &member);

    return rc == DECLINED ? member_put(change, row->account_id, row->is_owner)
                          : rc;
}


static int
accept_invitation(change_t *change, void *data)
{
    invitation_row_t row;
    collaborator_key_t key;
    int rc = find_again(change, data, &row);

    if (rc == OK
        && (change->actor == NULL || change->actor->id != row.account_id)) {
        rc = change_fail(change, FAULT_FORBIDDEN, NULL,
                         "only the account that was invited accepts");
    }

    if (rc != OK) {
        return rc;
    }

    key = (collaborator_key_t){ .account_id = row.account_id,
                                .repository_id = row.repository_id,
                                .like = row.pattern };
    rc = row.role == ROLE_NONE
             ? accept_membership(change, &row)
             : collaborator_put(change, &key, (role_t)row.role);

    return rc == OK ? finish(change, &row, AUDIT_MEMBER_ACCEPT) : rc;
}


static int
delete_invitation(change_t *change, void *data)
{
    invitation_row_t row;
    int rc = find_again(change, data, &row);

    return rc == OK ? finish(change, &row, AUDIT_MEMBER_DECLINE) : rc;
}


static int
answer(change_t *change, uint64_t id, change_fn fn)
{
    invitation_row_t row;
    int rc = find(change, id, &row);

    return rc == OK ? change_run(change, row.namespace, CHANGE_ANYONE, fn, &id)
                    : rc;
}


int
invitation_accept(change_t *change, uint64_t id)
{
    return answer(change, id, accept_invitation);
}


int
invitation_delete(change_t *change, uint64_t id)
{
    return answer(change, id, delete_invitation);
}


/* One that the change's namespace has not made, or not for the repository, is
 * none. */
static int
withdraw(change_t *change, void *data)
{
    const withdrawal_t *w = data;
    invitation_row_t row;
    int rc = find(change, w->id, &row);

    if (rc == OK
        && (strcmp(row.namespace, change->namespace) != 0
            || (w->repository != NULL
                && row.repository_id != change->access.facts.repository_id))) {
        rc = change_fail(change, FAULT_NOT_FOUND, NULL,
                         "there is no such invitation");
    }

    return rc == OK ? finish(change, &row, AUDIT_MEMBER_DECLINE) : rc;
}


int
invitation_withdraw(change_t *change, const char *namespace,
                    const char *repository, uint64_t id)
{
    withdrawal_t w = { repository, id };

    return collaborator_run(change, namespace, repository, withdraw, &w);
}


/* --- as JSON -------------------------------------------------------------- */

json_t *
invitation_json(pool_t *pool, const invitation_row_t *row)
{
    const char *pattern =
        row->pattern[0] != '\0' ? name_pattern_print(pool, row->pattern) : NULL;
    const char *offer = row->role != ROLE_NONE
                            ? role_name((role_t)row->role)
                            : (row->is_owner ? "owner" : "member");

    return json_pack(
        "{s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id",
        (json_int_t)row->id, "namespace", row->namespace, "login", row->login,
        "role", offer, "repository", json_text_or_null(row->repository),
        "pattern", json_text_or_null(pattern), "invited_by",
        json_text_or_null(row->invited_by), "invited_at",
        json_time(row->invited_at), "expires_at", json_time(row->expires_at));
}
