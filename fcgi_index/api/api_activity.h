/* api_activity.h: followed repositories, and feeds of what happens. */

#ifndef API_ACTIVITY_H
#define API_ACTIVITY_H

#include "api/api.h"

extern const model_t api_follow_model;
extern const model_t api_followed_model;
extern const model_t api_activity_model;

int api_follow_get(api_t *api);
int api_follow_put(api_t *api);
int api_follow_delete(api_t *api);
int api_follow_list(api_t *api);

int api_activity(api_t *api); /* of the caller */
int api_activity_repository(api_t *api);
int api_activity_namespace(api_t *api);

#endif
