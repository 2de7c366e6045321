/* api_repository.h: repositories. */

#ifndef API_REPOSITORY_H
#define API_REPOSITORY_H

#include "api/api.h"

extern const field_t api_repository_create_body[];
extern const field_t api_repository_edit_body[];
extern const model_t api_repository_model;
extern const model_t api_repository_item_model;

int api_repository_create(api_t *api);
int api_repository_get(api_t *api);
int api_repository_edit(api_t *api);
int api_repository_delete(api_t *api);

#endif
