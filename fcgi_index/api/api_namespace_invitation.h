/* api_namespace_invitation.h: invitations to be a member of an organization,
 * or to have a role. */

#ifndef API_NAMESPACE_INVITATION_H
#define API_NAMESPACE_INVITATION_H

#include "api/route.h"

extern const field_t api_namespace_invite_body[];
extern const field_t api_namespace_invite_collaborator_body[];
extern const model_t api_namespace_invitation_model;

/* Of a namespace. */
int api_namespace_invitations(api_t *api);
int api_namespace_invite(api_t *api);
int api_namespace_withdraw(api_t *api);

/* To a repository. */
int api_namespace_invitations_repository(api_t *api);
int api_namespace_invite_collaborator(api_t *api);
int api_namespace_withdraw_collaborator(api_t *api);

/* To the caller. */
int api_namespace_invitations_mine(api_t *api);
int api_namespace_accept(api_t *api);
int api_namespace_decline(api_t *api);

#endif
