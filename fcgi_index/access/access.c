/* access.c: who may do what. */

#include "access/access.h"
#include "db/db_repository.h"


unsigned
access_rights(const account_t *account, const access_facts_t *facts)
{
    if (account != NULL && facts->has_owner && facts->owner_id == account->id) {
        return GRANT_ACTIONS;
    }

    if (account != NULL && account->is_admin && !facts->has_owner) {
        return GRANT_ACTIONS;
    }

    return facts->is_known && facts->is_public ? REG_ACTION_PULL : 0;
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


static int
find_facts(db_t *db, const char *namespace, const char *name,
           access_facts_t *facts_r)
{
    repository_find_row_t row;
    int rc = db_repository_find(db, namespace, name, &row);

    *facts_r = (access_facts_t){ 0 };

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    facts_r->has_owner = row.owner_id != NULL;
    facts_r->owner_id = row.owner_id != NULL ? *row.owner_id : 0;
    facts_r->is_known = row.id != NULL;
    facts_r->is_public = row.is_private != NULL && !*row.is_private;

    return OK;
}


static int
repository_rights(db_t *db, const account_t *account, const grant_t *grant,
                  unsigned *rights_r)
{
    const char *namespace =
        pool_strndup(db_pool(db), reg_name_namespace(grant->scope.name));
    access_facts_t facts;

    if (find_facts(db, namespace, grant->name, &facts) != OK) {
        return ERROR;
    }

    *rights_r = access_rights(account, &facts);

    return OK;
}


int
access_grant(db_t *db, const account_t *account, bool is_catalog_open,
             grant_t *grant)
{
    unsigned rights = 0;

    if (grant->is_catalog) {
        bool is_admin = account != NULL && account->is_admin;

        grant->granted = is_admin || is_catalog_open ? REG_ACTION_ALL : 0;
        return OK;
    }

    if (repository_rights(db, account, grant, &rights) != OK) {
        return ERROR;
    }

    grant->granted = grant_intersect(grant->scope.actions, rights);

    return OK;
}
