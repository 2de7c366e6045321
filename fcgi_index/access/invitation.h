/* invitation.h: invitations, which grant nothing before they are accepted: to
 * be a member of an organization, or to have a role.  Changes are as change.h
 * has them; invitations are listed with "db/db_invitation.h". */

#ifndef INVITATION_H
#define INVITATION_H

#include "access/collaborator.h"

#define INVITATIONS_MAX 1000 /* of a namespace */
#define INVITATION_DAYS 30

/* By an owner. */
int invitation_add_member(change_t *change, const char *namespace,
                          const char *login, bool is_owner);

/* By those that may give the role; not to a team. */
int invitation_add_collaborator(change_t *change, const char *namespace,
                                const collaborator_t *collaborator,
                                role_t role);

/* By the account that was invited. */
int invitation_accept(change_t *change, uint64_t id);

/* By the account that was invited, or by an owner. */
int invitation_delete(change_t *change, uint64_t id);

#endif
