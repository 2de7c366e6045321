/* visibility.c: who may see a repository. */

#include "access/visibility.h"
#include "common/name.h"
#include "db/db_mirror.h"
#include "db/db_namespace.h"
#include "db/db_repository.h"
#include "search/search_index.h"

typedef struct {
    const char *name;
    visibility_t visibility;
    bool was_unknown;
} set_t;


/* A repository that was in the store before the index was. */
static int
add_unknown(change_t *change, set_t *s)
{
    const char *namespace = pool_strndup(db_pool(change->db),
                                         reg_name_namespace(reg_cstr(s->name)));
    access_t access;

    if (access_repository(change->db, NULL, s->name, &access) != OK) {
        return ERROR;
    }

    s->was_unknown = access.facts.repository_id == 0;

    return !s->was_unknown
                   || (db_namespace_add(change->db, namespace, change->now)
                           == OK
                       && db_repository_add(change->db, namespace, s->name,
                                            change->now)
                              == OK)
               ? OK
               : ERROR;
}


/* Tokens of before may grant too little as well: a client that was refused
 * keeps using the one that it has. */
static int
set(change_t *change, void *data)
{
    const access_facts_t *facts = &change->access.facts;
    set_t *s = data;
    bool is_private = s->visibility != VISIBILITY_PUBLIC;
    int rc = change->actor == NULL ? add_unknown(change, s) : OK;

    if (rc == OK) {
        rc = change_enter(change, s->name, CHANGE_ADMIN);
    }

    if (rc != OK) {
        return rc;
    }

    if ((s->was_unknown
         && db_mirror_repository_name(change->db, facts->repository_id,
                                      facts->namespace_id, 0)
                != OK)
        || db_repository_set_visibility(
               change->db, facts->repository_id, is_private,
               is_private ? s->visibility : VISIBILITY_PRIVATE)
               != OK
        || search_update(change->db, facts->repository_id) != OK
        || revoke_repository(change->db, change->revoke, s->name,
                             facts->owner_id)
               != OK) {
        return ERROR;
    }

    return change_audit(
        change, AUDIT_REPOSITORY_VISIBILITY, facts->repository_id, s->name,
        json_pack("{s:s}", "visibility", visibility_name(s->visibility)));
}


int
visibility_set(change_t *change, const char *name, visibility_t visibility,
               bool *was_unknown_r)
{
    set_t s = { name, visibility, false };
    int rc;

    *was_unknown_r = false;

    if (!reg_name_is_valid(reg_cstr(name))) {
        return change_fail(change, FAULT_INVALID, "name",
                           "%s is no name of a repository", name);
    }

    rc = change_run_new(change, set, &s);
    *was_unknown_r = s.was_unknown;

    return rc;
}
