/* team.c: teams of organizations. */

#include "access/team.h"
#include "common/name.h"
#include "db/db_access.h"
#include "db/db_member.h"
#include "db/db_team.h"

typedef struct {
    const char *name;
    const char *login;
} team_t;


int
team_find(change_t *change, const char *name, uint64_t *id_r)
{
    team_find_row_t row;
    int rc =
        db_team_find(change->db, change->access.facts.namespace_id, name, &row);

    *id_r = rc == OK ? row.id : 0;

    return rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, "team",
                                        "there is no team %s", name)
                          : rc;
}


static int
check_room(change_t *change)
{
    team_count_row_t row;

    if (db_team_count(change->db, change->access.facts.namespace_id, &row)
        != OK) {
        return ERROR;
    }

    return row.n < TEAMS_MAX
               ? OK
               : change_fail(change, FAULT_LIMIT, NULL,
                             "there are %d teams already", TEAMS_MAX);
}


static int
add(change_t *change, void *data)
{
    const team_t *team = data;
    int rc;

    if (!change->access.facts.is_organization) {
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "%s is no organization", change->namespace);
    }

    if (!reg_login_is_valid(reg_cstr(team->name))) {
        return change_fail(change, FAULT_INVALID, "name",
                           "a name has 2 to %d bytes of a-z, 0-9 and, between "
                           "them, dots, dashes and underscores",
                           REG_LOGIN_MAX);
    }

    rc = check_room(change);

    if (rc == OK) {
        rc = db_team_add(change->db, change->access.facts.namespace_id,
                         team->name, change->now);
        rc = rc == DECLINED ? change_fail(change, FAULT_TAKEN, "name",
                                          "there is a team %s", team->name)
                            : rc;
    }

    return rc == OK
               ? change_audit(change, AUDIT_TEAM_CREATE, 0, team->name, NULL)
               : rc;
}


int
team_add(change_t *change, const char *namespace, const char *name)
{
    team_t team = { .name = name };

    return change_run(change, namespace, CHANGE_OWNER, add, &team);
}


static int
delete_team(change_t *change, void *data)
{
    const team_t *team = data;
    uint64_t id;
    int rc = team_find(change, team->name, &id);

    if (rc != OK) {
        return rc;
    }

    return revoke_team_in(change->db, change->revoke, id, change->namespace)
                       == OK
                   && db_access_delete_team(
                          change->db, change->access.facts.namespace_id, id)
                          == OK
                   && db_team_delete(change->db, id) == OK
               ? change_audit(change, AUDIT_TEAM_DELETE, 0, team->name, NULL)
               : ERROR;
}


int
team_delete(change_t *change, const char *namespace, const char *name)
{
    team_t team = { .name = name };

    return change_run(change, namespace, CHANGE_OWNER, delete_team, &team);
}


/* --- members -------------------------------------------------------------- */

static int
find_both(change_t *change, const team_t *team, uint64_t *team_id_r,
          uint64_t *account_id_r)
{
    int rc = team_find(change, team->name, team_id_r);

    return rc == OK
               ? change_find_account(change, "login", team->login, account_id_r)
               : rc;
}


static int
audit_member(change_t *change, audit_action_t action, const team_t *team)
{
    return change_audit(change, action, 0, team->name,
                        json_pack("{s:s}", "login", team->login));
}


static int
member_add(change_t *change, void *data)
{
    const team_t *team = data;
    member_find_row_t row;
    uint64_t team_id, account_id;
    int rc = find_both(change, team, &team_id, &account_id);

    if (rc == OK) {
        rc = db_member_find(change->db, change->access.facts.namespace_id,
                            account_id, &row);
        rc = rc == DECLINED ? change_fail(change, FAULT_CONFLICT, "login",
                                          "%s is no member of %s", team->login,
                                          change->namespace)
                            : rc;
    }

    if (rc == OK) {
        rc = db_team_member_add(change->db, team_id, account_id);
    }

    return rc == OK ? audit_member(change, AUDIT_TEAM_ADD, team) : rc;
}


int
team_member_add(change_t *change, const char *namespace, const char *name,
                const char *login)
{
    team_t team = { name, login };

    return change_run(change, namespace, CHANGE_OWNER, member_add, &team);
}


static int
member_delete(change_t *change, void *data)
{
    const team_t *team = data;
    team_member_find_row_t row;
    uint64_t team_id, account_id;
    int rc = find_both(change, team, &team_id, &account_id);

    if (rc == OK) {
        rc = db_team_member_find(change->db, team_id, account_id, &row);
        rc = rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, "login",
                                          "%s is not in the team", team->login)
                            : rc;
    }

    if (rc != OK) {
        return rc;
    }

    return db_team_member_delete(change->db, team_id, account_id) == OK
                   && revoke_account_in(change->db, change->revoke, account_id,
                                        change->namespace)
                          == OK
               ? audit_member(change, AUDIT_TEAM_REMOVE, team)
               : ERROR;
}


int
team_member_remove(change_t *change, const char *namespace, const char *name,
                   const char *login)
{
    team_t team = { name, login };

    return change_run(change, namespace, CHANGE_OWNER, member_delete, &team);
}
