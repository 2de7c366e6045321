/* namespace.c: namespaces: their settings, their owner, organizations. */

#include "access/namespace.h"
#include "common/name.h"
#include "db/db_account.h"
#include "db/db_member.h"
#include "db/db_namespace.h"
#include "db/db_robot.h"

typedef struct {
    const char *name;
    const char *owner; /* NULL: no one */
} own_t;


bool
namespace_is_reserved(const char *name)
{
    return strchr(name, '.') != NULL || strcmp(name, "localhost") == 0;
}


int
namespace_hold_admins(db_t *db)
{
    account_hold_admins_row_t row;

    return db_account_hold_admins(db, &row);
}


/* --- settings ------------------------------------------------------------- */

static json_t *
settings_json(const namespace_settings_t *s)
{
    json_t *data = json_object();

    if (s->visibility != NULL) {
        json_object_set_new(data, "visibility",
                            json_string(visibility_name(*s->visibility)));
    }

    if (s->base_role != NULL) {
        json_object_set_new(data, "base_role",
                            json_string(role_name(*s->base_role)));
    }

    if (s->writers_delete != NULL) {
        json_object_set_new(data, "writers_delete",
                            json_boolean(*s->writers_delete));
    }

    if (s->description != NULL) {
        json_object_set_new(data, "description",
                            json_str(reg_cstr(s->description)));
    }

    return data;
}


/* Roles of members, and what writers may do, are in tokens; how new
 * repositories begin is not. */
static int
set(change_t *change, void *data)
{
    const namespace_settings_t *s = data;
    bool is_private =
        s->visibility != NULL && *s->visibility != VISIBILITY_PUBLIC;
    uint64_t privacy = is_private ? *s->visibility : VISIBILITY_PRIVATE;
    uint64_t base_role = s->base_role != NULL ? *s->base_role : ROLE_NONE;

    if (s->base_role != NULL && !change->access.facts.is_organization) {
        return change_fail(change, FAULT_CONFLICT, "base_role",
                           "only an organization has members");
    }

    if (db_namespace_set(change->db, change->access.facts.namespace_id,
                         s->visibility != NULL ? &is_private : NULL,
                         s->visibility != NULL ? &privacy : NULL,
                         s->base_role != NULL ? &base_role : NULL,
                         s->writers_delete, s->description)
        != OK) {
        return ERROR;
    }

    if ((s->base_role != NULL || s->writers_delete != NULL)
        && revoke_namespace(change->db, change->revoke, change->namespace)
               != OK) {
        return ERROR;
    }

    return change_audit(change, AUDIT_NAMESPACE_EDIT, 0, change->namespace,
                        settings_json(s));
}


int
namespace_set(change_t *change, const char *namespace,
              const namespace_settings_t *settings)
{
    namespace_settings_t copy = *settings;

    return change_run(change, namespace, CHANGE_OWNER, set, &copy);
}


/* --- owners --------------------------------------------------------------- */

/* Rights of the old owner end, and what others were refused may be granted. */
static int
set_owner(change_t *change, void *data)
{
    const own_t *own = data;
    uint64_t id;
    int rc = OK;

    if (change->access.facts.is_organization) {
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "an organization has owners among its members");
    }

    if (own->owner != NULL) {
        rc = change_find_account(change, "owner", own->owner, &id);
    }

    if (rc != OK) {
        return rc;
    }

    if (db_namespace_set_owner(change->db, change->access.facts.namespace_id,
                               own->owner != NULL ? &id : NULL)
            != OK
        || revoke_namespace(change->db, change->revoke, change->namespace)
               != OK) {
        return ERROR;
    }

    return change_audit(change, AUDIT_NAMESPACE_OWNER, 0, change->namespace,
                        json_pack("{s:s?}", "owner", own->owner));
}


int
namespace_set_owner(change_t *change, const char *namespace, const char *login)
{
    own_t own = { namespace, login };

    return change_run(change, namespace, CHANGE_OWNER, set_owner, &own);
}


/* --- organizations -------------------------------------------------------- */

static int
check_name(change_t *change, const char *name)
{
    account_by_login_row_t row;
    int rc;

    if (!reg_login_is_valid(reg_cstr(name))) {
        return change_fail(change, FAULT_INVALID, "name",
                           "a name has 2 to %d bytes of a-z, 0-9 and, between "
                           "them, dashes and underscores",
                           REG_LOGIN_MAX);
    }

    if (namespace_is_reserved(name)) {
        return change_fail(change, FAULT_RESERVED, "name",
                           "%s looks like the host of a registry", name);
    }

    rc = db_account_by_login(change->db, name, &row);

    return rc == OK ? change_fail(change, FAULT_TAKEN, "name",
                                  "there is an account %s", name)
                    : (rc == DECLINED ? OK : ERROR);
}


/* One that is there already, of no one: what admins were granted ends. */
static int
take(change_t *change, const char *name)
{
    bool is_site = change->actor == NULL || change->actor->is_admin;
    namespace_by_name_row_t row;

    if (db_namespace_by_name(change->db, name, &row) != OK) {
        return ERROR;
    }

    if (!is_site || row.kind == NAMESPACE_ORGANIZATION
        || row.account_id != NULL) {
        return change_fail(change, FAULT_TAKEN, "name",
                           "there is a namespace %s", name);
    }

    if (db_namespace_revise(change->db, row.id) != OK
        || db_namespace_set_organization(change->db, row.id) != OK) {
        return ERROR;
    }

    return revoke_namespace(change->db, change->revoke, name);
}


static int
add(change_t *change, void *data)
{
    const own_t *own = data;
    namespace_by_name_row_t row;
    uint64_t id;
    int rc;

    if (namespace_hold_admins(change->db) != OK) {
        return ERROR;
    }

    rc = check_name(change, own->name);

    if (rc == OK) {
        rc = change_find_account(change, "owner", own->owner, &id);
    }

    if (rc == OK) {
        rc = db_organization_add(change->db, own->name, change->now);
        rc = rc == DECLINED ? take(change, own->name) : rc;
    }

    if (rc != OK) {
        return rc;
    }

    if (db_namespace_by_name(change->db, own->name, &row) != OK
        || db_member_put(change->db, row.id, id, true, change->now) != OK) {
        return ERROR;
    }

    change->access.facts.namespace_id = row.id;

    return change_audit(change, AUDIT_ORGANIZATION_CREATE, 0, own->name,
                        json_pack("{s:s}", "owner", own->owner));
}


int
organization_add(change_t *change, const char *name, const char *owner)
{
    own_t own = { name, owner };

    change->namespace = name;

    return change_run_new(change, add, &own);
}


static int
delete_organization(change_t *change, void *data)
{
    organization_repository_row_t row;
    uint64_t id = change->access.facts.namespace_id;
    int rc;

    (void)data;

    if (!change->access.facts.is_organization) {
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "%s is no organization", change->namespace);
    }

    rc = db_organization_repository(change->db, id, &row);

    if (rc == OK) {
        return change_fail(change, FAULT_CONFLICT, NULL,
                           "there are repositories in %s", change->namespace);
    }

    return rc == DECLINED
                   && revoke_namespace(change->db, change->revoke,
                                       change->namespace)
                          == OK
                   && db_robot_delete_all_tokens(change->db, id) == OK
                   && db_robot_delete_all(change->db, id) == OK
                   && db_organization_delete(change->db, id) == OK
               ? change_audit(change, AUDIT_ORGANIZATION_DELETE, 0,
                              change->namespace, NULL)
               : ERROR;
}


int
organization_delete(change_t *change, const char *name)
{
    return change_run(change, name, CHANGE_OWNER, delete_organization, NULL);
}
