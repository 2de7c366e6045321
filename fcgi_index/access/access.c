/* access.c: who may do what. */

#include "access/access.h"
#include "common/name.h"
#include "db/db_access.h"

#define ORGANIZATION 1 /* namespace.kind */


static role_t
role_max(role_t a, role_t b)
{
    return a > b ? a : b;
}


/* An organization without members has no owner: an admin of the site can
 * become one. */
static bool
is_owner(const account_t *account, const access_facts_t *facts)
{
    if (facts->is_organization) {
        return facts->is_member_owner;
    }

    return facts->has_owner ? facts->owner_id == account->id
                            : account->is_admin;
}


static role_t
role_of_visibility(const account_t *account, const access_facts_t *facts)
{
    bool is_open =
        facts->repository_id != 0
        && (facts->visibility == VISIBILITY_PUBLIC
            || facts->visibility == VISIBILITY_UNLISTED
            || (facts->visibility == VISIBILITY_INTERNAL && account != NULL));

    return is_open ? ROLE_READ : ROLE_NONE;
}


access_t
access_decide(const account_t *account, const access_facts_t *facts)
{
    access_t access = { .facts = *facts };

    access.role = role_of_visibility(account, facts);

    if (account != NULL) {
        access.is_owner = is_owner(account, facts);
        access.role = role_max(access.role, facts->granted_role);
    }

    if (account != NULL && facts->is_member) {
        access.role = role_max(access.role, facts->base_role);
    }

    if (access.is_owner) {
        access.role = ROLE_ADMIN;
    }

    if (facts->is_removed) {
        access.role = ROLE_NONE;
    }

    access.actions = role_actions(access.role, facts->writers_delete);

    return access;
}


static access_facts_t
facts_of(const access_find_row_t *row)
{
    return (access_facts_t){
        .namespace_id = row->namespace_id,
        .revision = row->revision,
        .is_organization = row->kind == ORGANIZATION,
        .has_owner = row->owner_id != NULL,
        .owner_id = row->owner_id != NULL ? *row->owner_id : 0,
        .writers_delete = row->writers_delete,
        .base_role = (role_t)row->base_role,
        .is_member = row->is_owner != NULL,
        .is_member_owner = row->is_owner != NULL && *row->is_owner,
        .granted_role = (role_t)row->granted_role,
        .repository_id = row->repository_id != NULL ? *row->repository_id : 0,
        .visibility = row->visibility != NULL ? (visibility_t)*row->visibility
                                              : VISIBILITY_PRIVATE,
        .is_removed = row->is_removed,
    };
}


static int
find(db_t *db, const account_t *account, const char *namespace,
     const char *name, access_t *access_r)
{
    const char *slash = strchr(name, '/');
    access_facts_t facts = { .visibility = VISIBILITY_PRIVATE };
    access_find_row_t row;
    int rc = db_access_find(db, namespace, name, slash != NULL ? slash + 1 : "",
                            account != NULL ? account->id : 0, &row);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == OK) {
        facts = facts_of(&row);
    }

    *access_r = access_decide(account, &facts);

    return OK;
}


int
access_repository(db_t *db, const account_t *account, const char *name,
                  access_t *access_r)
{
    const char *namespace =
        pool_strndup(db_pool(db), reg_name_namespace(reg_cstr(name)));

    return find(db, account, namespace, name, access_r);
}


int
access_removal(db_t *db, const account_t *account, const char *name,
               access_t *access_r)
{
    access_facts_t facts;
    bool is_removed;

    if (access_repository(db, account, name, access_r) != OK) {
        return ERROR;
    }

    facts = access_r->facts;
    is_removed = facts.is_removed;
    facts.is_removed = false;
    *access_r = access_decide(account, &facts);
    access_r->facts.is_removed = is_removed;

    if (!is_removed || access_r->role != ROLE_ADMIN) {
        access_r->role = ROLE_NONE;
        access_r->actions = 0;
    } else {
        access_r->actions = REG_ACTION_PULL | REG_ACTION_DELETE;
    }

    return OK;
}


/* No repository has an empty name: one that is called as its namespace, and a
 * role on that, are not the namespace's. */
int
access_namespace(db_t *db, const account_t *account, const char *namespace,
                 access_t *access_r)
{
    return find(db, account, namespace, "", access_r);
}


size_t
access_owners(const account_t *account, const uint64_t *owners_r[])
{
    size_t n = 0;

    if (account != NULL) {
        owners_r[n++] = &account->id;
    }

    if (account != NULL && account->is_admin) {
        owners_r[n++] = NULL;
    }

    return n;
}


int
access_grant(db_t *db, const account_t *account, bool is_catalog_open,
             grant_t *grant)
{
    access_t access;
    int rc;

    if (grant->is_catalog) {
        bool is_admin = account != NULL && account->is_admin;

        grant->granted = is_admin || is_catalog_open ? REG_ACTION_ALL : 0;
        return OK;
    }

    rc = grant->is_removal
             ? access_removal(db, account, grant->name, &access)
             : access_repository(db, account, grant->name, &access);

    if (rc != OK) {
        return ERROR;
    }

    grant->granted = grant_intersect(grant->scope.actions, access.actions);

    return OK;
}
