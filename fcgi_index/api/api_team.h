/* api_team.h: teams of organizations, and their members. */

#ifndef API_TEAM_H
#define API_TEAM_H

#include "api/route.h"

extern const field_t api_team_create_body[];
extern const model_t api_team_model;
extern const model_t api_team_member_model;

int api_team_list(api_t *api);
int api_team_create(api_t *api);
int api_team_get(api_t *api);
int api_team_delete(api_t *api);

int api_team_member_list(api_t *api);
int api_team_member_add(api_t *api);
int api_team_member_remove(api_t *api);

#endif
