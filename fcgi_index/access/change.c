/* change.c: how rights are changed. */

#include "access/change.h"
#include "activity/activity.h"
#include "common/name.h"
#include "db/db_account.h"
#include "db/db_namespace.h"
#include "webhook/webhook.h"
#include "fcgi_core/clock.h"

typedef struct {
    change_t *change;
    const char *name; /* NULL: there is no namespace yet */
    change_right_t right;
    change_fn fn;
    void *data;
} run_t;


int
change_fail(change_t *change, fault_t fault, const char *field,
            const char *format, ...)
{
    va_list args;

    va_start(args, format);
    change->message = pool_vprintf(db_pool(change->db), format, args);
    va_end(args);
    change->fault = fault;
    change->field = field;

    return DECLINED;
}


int
change_find_account(change_t *change, const char *field, const char *login,
                    uint64_t *id_r)
{
    account_by_login_row_t row;
    int rc = db_account_by_login(change->db, login, &row);

    if (rc == OK) {
        *id_r = row.id;
    }

    return rc == DECLINED ? change_fail(change, FAULT_NOT_FOUND, field,
                                        "there is no account %s", login)
                          : rc;
}


const uint64_t *
change_actor_id(const change_t *change)
{
    return change->actor != NULL ? &change->actor->id : NULL;
}


/* Also an event for webhooks. */
static const struct {
    audit_action_t action;
    webhook_event_kind_t kind;
} reported[] = {
    { AUDIT_REPOSITORY_VISIBILITY, WEBHOOK_VISIBILITY },
    { AUDIT_MEMBER_SET, WEBHOOK_MEMBER },
    { AUDIT_MEMBER_ACCEPT, WEBHOOK_MEMBER },
    { AUDIT_MEMBER_REMOVE, WEBHOOK_MEMBER },
};


/* With the word of the audit log, and of members with their login. */
static int
change_report(change_t *change, webhook_event_kind_t kind, const audit_t *audit)
{
    webhook_event_t event = { .kind = kind,
                              .namespace_id = audit->namespace_id,
                              .repository_id = audit->repository_id,
                              .actor = change->auditor->login,
                              .at = change->now,
                              .data = json_object() };

    json_pooled(db_pool(change->db), event.data);
    json_object_update(event.data, audit->data);
    json_object_set_new(event.data, "action",
                        json_string(audit_words[audit->action]));

    if (kind == WEBHOOK_MEMBER) {
        json_object_set_new(event.data, "login",
                            json_str(reg_cstr(audit->target)));
    }

    return webhook_emit(change->db, &event);
}


/* Also a row of feeds. */
static const struct {
    audit_action_t action;
    activity_kind_t kind;
} noted[] = {
    { AUDIT_REPOSITORY_VISIBILITY, ACTIVITY_VISIBILITY },
    { AUDIT_REPOSITORY_DELETE, ACTIVITY_REMOVE },
    { AUDIT_MEMBER_SET, ACTIVITY_MEMBER },
    { AUDIT_MEMBER_ACCEPT, ACTIVITY_MEMBER },
    { AUDIT_MEMBER_REMOVE, ACTIVITY_MEMBER },
    { AUDIT_ROLE_SET, ACTIVITY_ROLE },
    { AUDIT_ROLE_REMOVE, ACTIVITY_ROLE },
};


/* An accepted invitation may have been one to a role. */
static activity_kind_t
note_kind(activity_kind_t kind, const audit_t *audit)
{
    const char *role = json_string_value(json_object_get(audit->data, "role"));

    return kind == ACTIVITY_MEMBER && role != NULL
                   && strcmp(role, role_name(ROLE_NONE)) != 0
               ? ACTIVITY_ROLE
               : kind;
}


/* A repository that is deleted is one of the namespace's past; the rest has the
 * words of the audit log. */
static int
change_note(change_t *change, activity_kind_t kind, const audit_t *audit)
{
    pool_t *pool = db_pool(change->db);
    activity_t activity = { .kind = note_kind(kind, audit),
                            .namespace_id = audit->namespace_id,
                            .repository_id = audit->repository_id,
                            .at = change->now,
                            .actor = change->auditor->login,
                            .data = json_pooled(pool, json_object()) };

    json_object_update(activity.data, audit->data);
    json_object_set_new(activity.data, "action",
                        json_string(audit_words[audit->action]));

    if (kind == ACTIVITY_REMOVE) {
        activity.repository_id = 0;
        json_object_set_new(activity.data, "repository",
                            json_string(audit->target));

    } else if (kind == ACTIVITY_MEMBER) {
        json_object_set_new(activity.data, "login",
                            json_str(reg_cstr(audit->target)));
    }

    return activity_add(change->db, &activity);
}


int
change_audit(change_t *change, audit_action_t action, uint64_t repository_id,
             const char *target, json_t *data)
{
    audit_t audit = { .action = action,
                      .namespace_id = change->access.facts.namespace_id,
                      .repository_id = repository_id,
                      .target = target,
                      .data = data };
    int rc = OK;

    for (size_t i = 0; rc == OK && i < sizeof(reported) / sizeof(reported[0]);
         i++) {
        if (reported[i].action == action) {
            rc = change_report(change, reported[i].kind, &audit);
        }
    }

    for (size_t i = 0; rc == OK && i < sizeof(noted) / sizeof(noted[0]); i++) {
        if (noted[i].action == action) {
            rc = change_note(change, noted[i].kind, &audit);
        }
    }

    /* The target is a login or the name of a team, which many namespaces
     * have. */
    if (action >= AUDIT_MEMBER_SET && action <= AUDIT_ROLE_REMOVE) {
        audit.data = data != NULL ? data : json_object();
        json_object_set_new(audit.data, "namespace",
                            json_string(change->namespace));
    }

    /* takes the reference of data in any case */
    return audit_add(change->db, change->auditor, change->now, &audit) == OK
               ? rc
               : ERROR;
}


static int
hold_actor(change_t *change)
{
    int rc =
        change->actor == NULL ? OK : account_hold(change->db, change->actor);

    return rc == DECLINED ? change_fail(change, FAULT_STALE, NULL,
                                        "the account has changed: log in again")
                          : rc;
}


static int
lock_namespace(change_t *change)
{
    namespace_by_name_row_t row;
    int rc = db_namespace_by_name(change->db, change->namespace, &row);

    if (rc == DECLINED) {
        return change_fail(change, FAULT_NOT_FOUND, NULL,
                           "there is no namespace %s", change->namespace);
    }

    return rc == OK ? db_namespace_revise(change->db, row.id) : rc;
}


/* The operator owns everything. */
static void
promote_operator(access_t *access)
{
    access->is_owner = true;
    access->role = ROLE_ADMIN;
}


static bool
may_change(const access_t *access, change_right_t right)
{
    switch (right) {
    case CHANGE_OWNER:
        return access->is_owner;
    case CHANGE_ADMIN:
        return access->role == ROLE_ADMIN;
    case CHANGE_ANYONE:
        break;
    }

    return true;
}


static int
check_right(change_t *change, const char *name, change_right_t right)
{
    access_t *access = &change->access;
    bool is_repository = right == CHANGE_ADMIN;
    int rc = is_repository
                 ? access_repository(change->db, change->actor, name, access)
                 : access_namespace(change->db, change->actor, name, access);

    if (rc != OK) {
        return rc;
    }

    if (change->actor == NULL) {
        promote_operator(access);
    }

    if ((is_repository && access->facts.repository_id == 0)
        || (!may_change(access, right) && access->role == ROLE_NONE
            && !access->facts.is_member)) {
        return change_fail(change, FAULT_NOT_FOUND, NULL, "there is no %s %s",
                           is_repository ? "repository" : "namespace", name);
    }

    return may_change(access, right)
               ? OK
               : change_fail(change, FAULT_FORBIDDEN, NULL,
                             "only %s may do that",
                             is_repository ? "an admin of the repository"
                                           : "an owner of the namespace");
}


int
change_enter(change_t *change, const char *name, change_right_t right)
{
    int rc;

    change->namespace =
        pool_strndup(db_pool(change->db), reg_name_namespace(reg_cstr(name)));
    rc = lock_namespace(change);

    return rc == OK ? check_right(change, name, right) : rc;
}


static int
run_in_transaction(void *data)
{
    run_t *run = data;
    change_t *change = run->change;
    int rc;

    if (!change->is_nested) {
        *change->revoke = (revoke_t){ 0 };
    }

    change->fault = FAULT_NONE;
    change->now = clock_now();
    rc = hold_actor(change);

    if (rc == OK && run->name != NULL) {
        rc = change_enter(change, run->name, run->right);
    }

    return rc == OK ? run->fn(change, run->data) : rc;
}


static int
run_change(run_t *run)
{
    change_t *change = run->change;
    int rc;

    if (change->is_nested) {
        return run_in_transaction(run);
    }

    rc = db_transaction(change->db, run_in_transaction, run);
    change->is_published =
        rc == OK
        && revoke_publish(change->cache, change->revoke, change->token_seconds)
               == OK;

    return rc;
}


int
change_run(change_t *change, const char *name, change_right_t right,
           change_fn fn, void *data)
{
    run_t run = { change, name, right, fn, data };

    return run_change(&run);
}


int
change_run_new(change_t *change, change_fn fn, void *data)
{
    run_t run = { change, NULL, CHANGE_ANYONE, fn, data };

    return run_change(&run);
}
