/* api_robot.h: robots of a namespace, or of a repository. */

#ifndef API_ROBOT_H
#define API_ROBOT_H

#include "api/route.h"

extern const field_t api_robot_create_body[];
extern const field_t api_robot_create_of_repository_body[];
extern const field_t api_robot_edit_body[];
extern const field_t api_robot_rotate_body[];
extern const model_t api_robot_model;
extern const model_t api_robot_secret_model; /* with the secret */

int api_robot_list(api_t *api);
int api_robot_create(api_t *api);
int api_robot_get(api_t *api);
int api_robot_edit(api_t *api);
int api_robot_rotate(api_t *api);
int api_robot_delete(api_t *api);

#endif
