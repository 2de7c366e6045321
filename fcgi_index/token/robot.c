/* robot.c: robots of a namespace or of a repository. */

#include "token/robot.h"
#include "access/collaborator.h"
#include "account/account_change.h"
#include "common/name.h"
#include "db/db_account.h"
#include "token/access_token.h"
#include "token/secret_text.h"

typedef struct {
    const robot_new_t *new;
    const char *secret;
} add_t;


static int
record(change_t *change, audit_action_t action, const robot_item_row_t *row,
       json_t *data)
{
    const audit_t audit = {
        .action = action,
        .namespace_id = row->namespace_id,
        .repository_id = row->repository_id != NULL ? *row->repository_id : 0,
        .target = row->login,
        .data = data,
    };

    return audit_add(change->db, change->auditor, change->now, &audit);
}


const char *
robot_login(pool_t *pool, const char *namespace, const char *name)
{
    return pool_printf(pool, "%s+%s", namespace, name);
}


/* --- add ------------------------------------------------------------------ */

static int
give(change_t *change, const collaborator_t *who, role_t role)
{
    change_t nested = *change;
    int rc;

    nested.is_nested = true;
    rc = collaborator_set(&nested, change->namespace, who, role);
    change->fault = nested.fault;
    change->field = nested.field;
    change->message = nested.message;

    return rc;
}


static int
give_all(change_t *change, const char *login, const robot_new_t *new)
{
    collaborator_t who = { .login = login, .repository = new->repository };
    json_t *pattern;
    size_t i;
    int rc = OK;

    if (new->repository != NULL) {
        return give(change, &who, new->role);
    }

    if (new->patterns == NULL) {
        who.pattern = "*";
        return give(change, &who, new->role);
    }

    json_array_foreach(new->patterns, i, pattern)
    {
        who.pattern = json_string_value(pattern);
        rc = give(change, &who, new->role);

        if (rc != OK) {
            break;
        }
    }

    return rc;
}


/* Only where it belongs, even if it has roles elsewhere. */
static int
make_secret(change_t *change, add_t *add, uint64_t account_id)
{
    const char *where =
        add->new->repository != NULL
            ? add->new->repository
            : pool_printf(db_pool(change->db), "%s/*", change->namespace);
    const access_token_new_t new = {
        .prefix = SECRET_TEXT_ROBOT,
        .account_id = account_id,
        .name = "robot",
        .credential = { CREDENTIAL_TOKEN, where },
        .expires_at = add->new->expires_at,
        .address = add->new->address,
        .now = change->now,
    };
    uint64_t id;

    return access_token_make(change->db, &new, &add->secret, &id) == OK ? OK
                                                                        : ERROR;
}


static int
add_row(change_t *change, const char *login, const robot_new_t *new)
{
    const access_facts_t *facts = &change->access.facts;
    int rc;

    if (strlen(login) > REG_LOGIN_MAX) {
        return change_fail(change, FAULT_INVALID, "name",
                           "%s has more than %d characters", login,
                           REG_LOGIN_MAX);
    }

    rc = db_robot_add(change->db, login, facts->namespace_id,
                      new->repository != NULL ? &facts->repository_id : NULL,
                      new->description, change->now);

    return rc == DECLINED ? change_fail(change, FAULT_TAKEN, "name",
                                        "%s is there already", login)
                          : rc;
}


static int
add_robot(change_t *change, void *data)
{
    add_t *add = data;
    const access_facts_t *facts = &change->access.facts;
    const char *login =
        robot_login(db_pool(change->db), change->namespace, add->new->name);
    account_id_row_t row;
    int rc = add_row(change, login, add->new);

    if (rc == OK) {
        rc = db_account_id(change->db, login, &row) == OK ? OK : ERROR;
    }

    if (rc == OK) {
        rc = give_all(change, login, add->new);
    }

    if (rc == OK) {
        rc = make_secret(change, add, row.id);
    }

    return rc == OK ? change_audit(
               change, AUDIT_ROBOT_CREATE,
               add->new->repository != NULL ? facts->repository_id : 0, login,
               NULL)
                    : rc;
}


int
robot_add(change_t *change, const char *namespace, const robot_new_t *new,
          const char **secret_r)
{
    add_t add = { .new = new };
    int rc =
        collaborator_run(change, namespace, new->repository, add_robot, &add);

    *secret_r = add.secret;

    return rc;
}


/* --- the rest ------------------------------------------------------------- */

int
robot_take(change_t *change, uint64_t namespace_id,
           const uint64_t *repository_id, const char *login,
           robot_item_row_t *row_r)
{
    robot_hold_row_t held;
    int rc = db_robot_hold(change->db, namespace_id, login, &held);

    if (rc == OK) {
        rc =
            db_robot_get(change->db, namespace_id, repository_id, login, row_r);
    }

    return rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, NULL,
                                        "there is no robot %s", login)
                          : rc;
}


/* What the operator disabled, no one else enables. */
static int
set_disabled(change_t *change, const robot_item_row_t *row, bool is_disabled)
{
    bool is_operator = change->actor == NULL;
    account_fault_t fault;

    if (row->is_held && !is_disabled && !is_operator) {
        return change_fail(change, FAULT_FORBIDDEN, "is_disabled",
                           "the operator disabled %s", row->login);
    }

    if (is_operator
        && db_robot_set_held(change->db, row->id, is_disabled) != OK) {
        return ERROR;
    }

    return is_disabled == row->is_disabled
               ? OK
               : account_change_disabled(change->db, change->revoke, row->id,
                                         is_disabled, &fault);
}


int
robot_edit(change_t *change, const robot_item_row_t *row,
           const robot_edit_t *edit)
{
    json_t *data;
    int rc = edit->is_disabled != NULL
                 ? set_disabled(change, row, *edit->is_disabled)
                 : OK;

    if (rc != OK) {
        return rc;
    }

    if (edit->description != NULL
        && db_account_edit(change->db, row->id, edit->description, NULL)
               != OK) {
        return ERROR;
    }

    if (edit->has_expiry
        && (db_robot_expire(change->db, row->token_id, edit->expires_at) != OK
            || revoke_access_token(change->db, change->revoke, row->token_id)
                   != OK)) {
        return ERROR;
    }

    data = json_object();

    if (edit->is_disabled != NULL) {
        json_object_set_new(data, "is_disabled",
                            json_boolean(*edit->is_disabled));
    }

    return record(change, AUDIT_ROBOT_EDIT, row, data);
}


int
robot_rotate(change_t *change, const robot_item_row_t *row, int64_t grace,
             const int64_t *expires_at, const char **secret_r)
{
    return access_token_rotate(change->db, row->token_id, SECRET_TEXT_ROBOT,
                               change->now + grace, expires_at, secret_r)
                   == OK
               ? record(change, AUDIT_ROBOT_ROTATE, row, NULL)
               : ERROR;
}


int
robot_delete(change_t *change, const robot_item_row_t *row)
{
    return revoke_account(change->db, change->revoke, row->id) == OK
                   && db_account_forget_access(change->db, row->id) == OK
                   && db_robot_delete_tokens(change->db, row->id) == OK
                   && db_robot_delete(change->db, row->id) == OK
               ? record(change, AUDIT_ROBOT_DELETE, row, NULL)
               : ERROR;
}


json_t *
robot_json(const robot_item_row_t *row)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:b, s:s, s:o, s:o, s:o}", "name",
                     strchr(row->login, '+') + 1, "login", row->login,
                     "repository", json_text_or_null(row->repository),
                     "description", json_text_or_null(row->description),
                     "is_disabled", row->is_disabled, "hint", row->hint,
                     "created_at", json_time(row->created_at), "expires_at",
                     json_time_or_null(row->expires_at), "used_at",
                     json_time_or_null(row->used_at));
}
