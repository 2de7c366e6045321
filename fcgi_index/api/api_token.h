/* api_token.h: personal access tokens. */

#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "api/route.h"

extern const field_t api_token_create_body[];
extern const field_t api_token_edit_body[];
extern const field_t api_token_rotate_body[];
extern const model_t api_token_model;
extern const model_t api_token_secret_model; /* with the secret */

int api_token_list(api_t *api);
int api_token_create(api_t *api);
int api_token_get(api_t *api);
int api_token_edit(api_t *api);
int api_token_rotate(api_t *api);
int api_token_revoke(api_t *api);

#endif
