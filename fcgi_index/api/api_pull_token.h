/* api_pull_token.h: tokens of the registry for pages that show what is in an
 * image. */

#ifndef API_PULL_TOKEN_H
#define API_PULL_TOKEN_H

#include "api/api.h"

extern const model_t api_pull_token_model;

/* Before the transaction of the door, as the token has its own. */
int api_pull_token_issue(api_t *api);
int api_pull_token_create(api_t *api);

#endif
