/* invitation.h: invitations, which grant nothing before they are accepted: to
 * be a member of an organization, or to have a role.  Changes are as change.h
 * has them; invitations are listed with "db/db_invitation.h". */

#ifndef INVITATION_H
#define INVITATION_H

#include "access/collaborator.h"
#include "db/db_invitation.h"

#define INVITATIONS_MAX 1000 /* of a namespace */
#define INVITATION_DAYS 30

/* By an owner, of an account that is no member. */
int invitation_add_member(change_t *change, const char *namespace,
                          const char *login, bool is_owner, uint64_t *id_r);

/* By those that may give the role; not to a team. */
int invitation_add_collaborator(change_t *change, const char *namespace,
                                const collaborator_t *collaborator, role_t role,
                                uint64_t *id_r);

/* By the account that was invited. */
int invitation_accept(change_t *change, uint64_t id);

/* By the account that was invited, or by an owner. */
int invitation_delete(change_t *change, uint64_t id);

/* By those that may give what it offers: an invitation of the namespace, or,
 * where repository is not NULL, to that repository. */
int invitation_withdraw(change_t *change, const char *namespace,
                        const char *repository, uint64_t id);

/* One, with the fields that the API has. */
json_t *invitation_json(pool_t *pool, const invitation_row_t *row);

#endif
