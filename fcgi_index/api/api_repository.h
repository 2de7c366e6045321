/* api_repository.h: repositories. */

#ifndef API_REPOSITORY_H
#define API_REPOSITORY_H

#include "api/api.h"
#include "db/db_repository_list.h"

extern const field_t api_repository_create_body[];
extern const field_t api_repository_edit_body[];
extern const model_t api_repository_model;
extern const model_t api_repository_item_model;

/* A repository as lists show it. */
json_t *api_repository_item(const api_t *api, const repository_item_row_t *row);

int api_repository_create(api_t *api);
int api_repository_get(api_t *api);
int api_repository_edit(api_t *api);
int api_repository_delete(api_t *api);

#endif
