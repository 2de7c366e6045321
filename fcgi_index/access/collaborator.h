/* collaborator.h: roles of accounts and of teams on repositories, on patterns
 * of names and on whole namespaces.  Changes are as change.h has them; roles
 * are listed with "db/db_access.h" (access_list, access_list_repository). */

#ifndef COLLABORATOR_H
#define COLLABORATOR_H

#include "access/change.h"
#include "db/db_access.h"

#define COLLABORATOR_PATTERNS_MAX 100 /* of an account or a team */

/* Who, and on what: one of login and team; one of repository, a whole name,
 * and pattern, as name_pattern.h has it. */
typedef struct {
    const char *login;
    const char *team;
    const char *repository;
    const char *pattern;
} collaborator_t;

/* Gives the role, in the place of the one that it had; ROLE_NONE takes it
 * away.  On a repository by its admins; on a pattern by an owner.  An account
 * that is no member and no robot of the namespace gets its first role by an
 * invitation (invitation.h), unless the operator gives it. */
int collaborator_set(change_t *change, const char *namespace,
                     const collaborator_t *collaborator, role_t role);

/* What a collaborator_t is in the database. */
typedef struct {
    uint64_t team_id;       /* 0: an account */
    uint64_t account_id;    /* 0: a team */
    uint64_t repository_id; /* 0: a pattern */
    const char *like;       /* "": a repository */
} collaborator_key_t;

/* For other models, in their transaction. */
int collaborator_find(change_t *change, const collaborator_t *collaborator,
                      collaborator_key_t *key_r);
int collaborator_put(change_t *change, const collaborator_key_t *key,
                     role_t role);

/* For the audit log. */
json_t *collaborator_json(const collaborator_t *who, role_t role);

/* Whom the rights of a change have to be asked of: an admin of the repository
 * or an owner of the namespace. */
int collaborator_run(change_t *change, const char *namespace,
                     const char *repository, change_fn fn, void *data);

/* A role, with the fields that the API has; one that was given just now, and a
 * row. */
json_t *collaborator_given_json(const collaborator_t *who, role_t role,
                                int64_t granted_at);
json_t *collaborator_row_json(pool_t *pool, const collaborator_row_t *row);

#endif
