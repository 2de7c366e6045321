/* api_star.h: stars of repositories. */

#ifndef API_STAR_H
#define API_STAR_H

#include "api/api.h"
#include "community/community.h"

extern const model_t api_star_model;
extern const model_t api_stargazer_model;
extern const model_t api_starred_model;

int api_star_get(api_t *api);
int api_star_put(api_t *api);
int api_star_delete(api_t *api);
int api_star_list(api_t *api);    /* of a repository */
int api_starred_list(api_t *api); /* of the caller */

/* What the caller does with the repository of the path: for what is done by
 * accounts.  OK, or ERROR with a problem where no one calls. */
int api_community(api_t *api, community_t *community_r);

#endif
