/* collaborator.c: roles of accounts and of teams. */

#include "access/collaborator.h"
#include "access/name_pattern.h"
#include "access/team.h"
#include "common/name.h"
#include "db/db_member.h"

typedef struct {
    const collaborator_t *who;
    role_t role;
} set_t;


/* --- keys ----------------------------------------------------------------- */

static int
find_subject(change_t *change, const collaborator_t *c, collaborator_key_t *key)
{
    if ((c->login != NULL) == (c->team != NULL)) {
        return change_fail(change, FAULT_INVALID, "login",
                           "either an account or a team has a role");
    }

    return c->team != NULL ? team_find(change, c->team, &key->team_id)
                           : change_find_account(change, "login", c->login,
                                                 &key->account_id);
}


/* With a repository, its admin changes and change->access is of that. */
static int
find_object(change_t *change, const collaborator_t *c, collaborator_key_t *key)
{
    key->like = "";

    if ((c->repository != NULL) == (c->pattern != NULL)) {
        return change_fail(change, FAULT_INVALID, "pattern",
                           "a role is on a repository or on a pattern");
    }

    if (c->repository != NULL) {
        key->repository_id = change->access.facts.repository_id;
        return OK;
    }

    return name_pattern_like(db_pool(change->db), c->pattern, &key->like) == OK
               ? OK
               : change_fail(change, FAULT_INVALID, "pattern",
                             "a pattern is a part of a name, with up to %d "
                             "stars",
                             NAME_PATTERN_STARS);
}


int
collaborator_find(change_t *change, const collaborator_t *collaborator,
                  collaborator_key_t *key_r)
{
    int rc;

    *key_r = (collaborator_key_t){ 0 };
    rc = find_object(change, collaborator, key_r);

    return rc == OK ? find_subject(change, collaborator, key_r) : rc;
}


int
collaborator_run(change_t *change, const char *namespace,
                 const char *repository, change_fn fn, void *data)
{
    if (repository == NULL) {
        return change_run(change, namespace, CHANGE_OWNER, fn, data);
    }

    if (!reg_name_is_valid(reg_cstr(repository))
        || !reg_str_eq(reg_name_namespace(reg_cstr(repository)),
                       reg_cstr(namespace))) {
        return change_fail(change, FAULT_INVALID, "repository",
                           "%s is no name of a repository in %s", repository,
                           namespace);
    }

    return change_run(change, repository, CHANGE_ADMIN, fn, data);
}


/* --- roles ---------------------------------------------------------------- */

/* What the key has now; ROLE_NONE for nothing. */
static int
role_now(change_t *change, const collaborator_key_t *key, role_t *role_r)
{
    access_role_row_t row;
    int rc = db_access_role(change->db, change->access.facts.namespace_id,
                            key->team_id, key->account_id, key->repository_id,
                            key->like, &row);

    *role_r = rc == OK ? (role_t)row.role : ROLE_NONE;

    return rc == ERROR ? ERROR : OK;
}


static int
check_room(change_t *change, const collaborator_key_t *key)
{
    access_count_row_t row;

    if (key->repository_id != 0) {
        return OK;
    }

    if (db_access_count(change->db, change->access.facts.namespace_id,
                        key->team_id, key->account_id, &row)
        != OK) {
        return ERROR;
    }

    return row.n < COLLABORATOR_PATTERNS_MAX
               ? OK
               : change_fail(change, FAULT_LIMIT, "pattern",
                             "there are %d patterns already",
                             COLLABORATOR_PATTERNS_MAX);
}


static int
write_role(change_t *change, const collaborator_key_t *key, role_t role)
{
    uint64_t namespace_id = change->access.facts.namespace_id;

    if (role == ROLE_NONE) {
        return db_access_delete(change->db, namespace_id, key->team_id,
                                key->account_id, key->repository_id, key->like);
    }

    return db_access_put(change->db, namespace_id, key->team_id,
                         key->account_id, key->repository_id, key->like, role,
                         change_actor_id(change), change->now);
}


/* Only what becomes less is urgent: a client asks for a new token anyway. */
static int
revoke(change_t *change, const collaborator_key_t *key)
{
    return key->team_id != 0
               ? revoke_team_in(change->db, change->revoke, key->team_id,
                                change->namespace)
               : revoke_account_in(change->db, change->revoke, key->account_id,
                                   change->namespace);
}


int
collaborator_put(change_t *change, const collaborator_key_t *key, role_t role)
{
    role_t before;
    int rc = role_now(change, key, &before);

    if (rc == OK && before == ROLE_NONE) {
        rc = role == ROLE_NONE ? change_fail(change, FAULT_NOT_FOUND, NULL,
                                             "there is no such role")
                               : check_room(change, key);
    }

    if (rc != OK) {
        return rc;
    }

    if (write_role(change, key, role) != OK) {
        return ERROR;
    }

    return role < before ? revoke(change, key) : OK;
}


json_t *
collaborator_json(const collaborator_t *who, role_t role)
{
    return json_pack("{s:s?, s:s?, s:s?, s:s?, s:s}", "login", who->login,
                     "team", who->team, "repository", who->repository,
                     "pattern", who->pattern, "role", role_name(role));
}


static int
audit_role(change_t *change, const set_t *s, uint64_t repository_id)
{
    return change_audit(
        change, s->role == ROLE_NONE ? AUDIT_ROLE_REMOVE : AUDIT_ROLE_SET,
        repository_id, s->who->login != NULL ? s->who->login : s->who->team,
        collaborator_json(s->who, s->role));
}


/* Robots of the namespace are called as it is, with a plus behind. */
static bool
is_own_robot(const change_t *change, const char *login)
{
    size_t len = strlen(change->namespace);

    return strncmp(login, change->namespace, len) == 0 && login[len] == '+';
}


/* An account from outside gets no role that it has not accepted. */
static int
check_consent(change_t *change, const set_t *s, const collaborator_key_t *key)
{
    member_find_row_t row;
    role_t before;
    int rc;

    if (change->actor == NULL || s->role == ROLE_NONE || key->account_id == 0
        || key->account_id == change->access.facts.owner_id
        || is_own_robot(change, s->who->login)) {
        return OK;
    }

    if (role_now(change, key, &before) != OK) {
        return ERROR;
    }

    rc = before == ROLE_NONE
             ? db_member_find(change->db, change->access.facts.namespace_id,
                              key->account_id, &row)
             : OK;

    return rc == DECLINED
               ? change_fail(change, FAULT_CONFLICT, "login",
                             "%s is no member of %s: send an invitation",
                             s->who->login, change->namespace)
               : rc;
}


static int
set(change_t *change, void *data)
{
    const set_t *s = data;
    collaborator_key_t key;
    int rc = collaborator_find(change, s->who, &key);

    if (rc == OK) {
        rc = check_consent(change, s, &key);
    }

    if (rc == OK) {
        rc = collaborator_put(change, &key, s->role);
    }

    return rc == OK ? audit_role(change, s, key.repository_id) : rc;
}


int
collaborator_set(change_t *change, const char *namespace,
                 const collaborator_t *collaborator, role_t role)
{
    set_t s = { collaborator, role };

    return collaborator_run(change, namespace, collaborator->repository, set,
                            &s);
}


/* --- as JSON -------------------------------------------------------------- */

json_t *
collaborator_given_json(const collaborator_t *who, role_t role,
                        int64_t granted_at)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o}", "login",
                     json_text_or_null(who->login), "team",
                     json_text_or_null(who->team), "repository",
                     json_text_or_null(who->repository), "pattern",
                     json_text_or_null(who->pattern), "role", role_name(role),
                     "granted_at", json_time(granted_at));
}


/* What it is on, or whose it is, may be gone. */
json_t *
collaborator_row_json(pool_t *pool, const collaborator_row_t *row)
{
    const collaborator_t who = {
        .login = row->login,
        .team = row->team,
        .repository = row->repository,
        .pattern = row->repository_id == 0
                       ? name_pattern_print(pool, row->pattern)
                       : NULL,
    };

    return collaborator_given_json(&who, (role_t)row->role, row->granted_at);
}
