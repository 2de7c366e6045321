/* namespace.h: namespaces: their settings, their owner, organizations.
 *
 * What is only read is read with "db/db_namespace.h"; who may see it is the
 * caller's to check.  Changes are as change.h has them. */

#ifndef NAMESPACE_H
#define NAMESPACE_H

#include "access/change.h"

/* kind of the rows of db/db_namespace.h */
#define NAMESPACE_ORGANIZATION 1

/* NULL: as it is. */
typedef struct {
    const visibility_t *visibility; /* of new repositories */
    const role_t *base_role;        /* of members; only of an organization */
    const bool *writers_delete;     /* whether the role write deletes as well */
    const char *description;        /* in one line; "": none */
} namespace_settings_t;

/* By an owner. */
int namespace_set(change_t *change, const char *namespace,
                  const namespace_settings_t *settings);

/* Gives a namespace that is no organization to another account, or, where
 * login is NULL, to no one.  By an owner. */
int namespace_set_owner(change_t *change, const char *namespace,
                        const char *login);

/* Makes an organization, of which the account with that login is the first
 * owner.  The operator and an admin of the site may make one of a namespace
 * that no one owns. */
int organization_add(change_t *change, const char *name, const char *owner);

/* Only one without repositories.  By an owner. */
int organization_delete(change_t *change, const char *name);

/* Before a namespace without an owner gets one, in the same transaction:
 * admins of the site have rights in it, and nothing of it may be there yet for
 * their tokens to hold.  OK or ERROR. */
int namespace_hold_admins(db_t *db);

/* A name that no account and no organization gets: clients take what has a
 * dot, or is "localhost", for the host of a registry.  Pure. */
bool namespace_is_reserved(const char *name);

#endif
