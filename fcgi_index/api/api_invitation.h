/* api_invitation.h: invitations to sign up. */

#ifndef API_INVITATION_H
#define API_INVITATION_H

#include "api/route.h"

extern const field_t api_invitation_create_body[];
extern const model_t api_invitation_model;
extern const model_t api_invitation_secret_model;

int api_invitation_list(api_t *api);
int api_invitation_create(api_t *api);
int api_invitation_delete(api_t *api);

#endif
