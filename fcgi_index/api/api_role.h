/* api_role.h: roles of accounts and teams: in a namespace, on a repository. */

#ifndef API_ROLE_H
#define API_ROLE_H

#include "api/route.h"

extern const field_t api_role_list_query[];
extern const field_t api_role_put_body[];
extern const field_t api_role_remove_query[];
extern const field_t api_role_collaborator_body[];
extern const model_t api_role_model;

int api_role_list(api_t *api);
int api_role_put(api_t *api);
int api_role_remove(api_t *api);

/* Of a repository. */
int api_role_collaborators(api_t *api);
int api_role_collaborator_put(api_t *api);
int api_role_collaborator_remove(api_t *api);
int api_role_team_put(api_t *api);
int api_role_team_remove(api_t *api);

#endif
