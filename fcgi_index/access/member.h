/* member.h: members of organizations.  Changes are as change.h has them;
 * members are listed with "db/db_member.h". */

#ifndef MEMBER_H
#define MEMBER_H

#include "access/change.h"
#include "db/db_member.h"

/* Makes an account an owner, or a plain member.  By an owner, of a member; the
 * operator can add any account, others send an invitation (invitation.h). */
int member_set(change_t *change, const char *namespace, const char *login,
               bool is_owner);

/* Ends the membership, and all that the account has in the namespace: teams,
 * roles, invitations.  By an owner, or by the member himself; an organization
 * keeps an owner. */
int member_remove(change_t *change, const char *namespace, const char *login);

/* For other models: makes an account a member in their transaction. */
int member_put(change_t *change, uint64_t account_id, bool is_owner);

/* A member, with the fields that the API has. */
json_t *member_json(const member_row_t *row);

#endif
