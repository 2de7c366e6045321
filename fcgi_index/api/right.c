/* right.c: what the caller may do with what the path names. */

#include "api/right.h"
#include "api/problem.h"
#include "common/name.h"
#include "db/db_namespace.h"

static const role_t roles[RIGHT_N] = {
    [RIGHT_REPOSITORY_READ] = ROLE_READ,
    [RIGHT_REPOSITORY_WRITE] = ROLE_WRITE,
    [RIGHT_REPOSITORY_ADMIN] = ROLE_ADMIN,
    [RIGHT_NAMESPACE_READ] = ROLE_READ,
    [RIGHT_NAMESPACE_WRITE] = ROLE_WRITE,
    [RIGHT_NAMESPACE_ADMIN] = ROLE_ADMIN,
    [RIGHT_NAMESPACE_OWNER] = ROLE_ADMIN,
};


/* A member knows of the namespace, whatever role he has. */
static role_t
role_of(const api_t *api)
{
    const access_t *access = &api->access;

    return access->facts.is_member && access->role < ROLE_READ
                   && api->route->right >= RIGHT_NAMESPACE_READ
               ? ROLE_READ
               : access->role;
}


static int
refuse(api_t *api)
{
    if (!api_has_account(api)) {
        return problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL);
    }

    return problem_fail(
        api, role_of(api) < ROLE_READ ? PROBLEM_NOT_FOUND : PROBLEM_FORBIDDEN,
        NULL, NULL);
}


static int
check_repository(api_t *api)
{
    const char *name = api_param(api, "repository");
    access_t *access = &api->access;

    if (access_repository(api->db, api_account(api), name, access) != OK) {
        return problem_database(api);
    }

    /* a role on names that are not there yet is for pushing them */
    if (access->facts.repository_id == 0) {
        access->role = ROLE_NONE;
    }

    if (access->role < roles[api->route->right]) {
        return refuse(api);
    }

    api->repository = (target_t){ name, access->facts.repository_id };
    api->namespace = (target_t){
        pool_strndup(api->pool, reg_name_namespace(reg_cstr(name))),
        access->facts.namespace_id,
    };

    return OK;
}


static int
check_namespace(api_t *api)
{
    const char *name = api_param(api, "namespace");
    access_t *access = &api->access;

    if (access_namespace(api->db, api_account(api), name, access) != OK) {
        return problem_database(api);
    }

    if (access->facts.namespace_id == 0) {
        access->role = ROLE_NONE;
    }

    if (role_of(api) < roles[api->route->right]
        || (api->route->right == RIGHT_NAMESPACE_OWNER && !access->is_owner)) {
        return refuse(api);
    }

    api->namespace = (target_t){ name, access->facts.namespace_id };

    return OK;
}


int
right_check(api_t *api)
{
    right_t right = api->route->right;

    if (right >= RIGHT_NAMESPACE_READ) {
        return check_namespace(api);
    }

    return right >= RIGHT_REPOSITORY_READ ? check_repository(api) : OK;
}


/* --- locks ---------------------------------------------------------------- */

static const char *
namespace_of(const api_t *api)
{
    if (api->route->right >= RIGHT_NAMESPACE_READ) {
        return api_param(api, "namespace");
    }

    return pool_strndup(
        api->pool, reg_name_namespace(reg_cstr(api_param(api, "repository"))));
}


/* What is not there is for right_check() to find. */
int
right_lock(api_t *api)
{
    namespace_by_name_row_t row;

    if (roles[api->route->right] < ROLE_WRITE) {
        return OK;
    }

    return db_namespace_by_name(api->db, namespace_of(api), &row) != ERROR
               ? OK
               : problem_database(api);
}
