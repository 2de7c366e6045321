/* api_registry.h: the map of registries, for administrators. */

#ifndef API_REGISTRY_H
#define API_REGISTRY_H

#include "api/route.h"

extern const field_t api_registry_create_body[];
extern const field_t api_registry_edit_body[];
extern const model_t api_registry_model;

int api_registry_list(api_t *api);
int api_registry_create(api_t *api);
int api_registry_get(api_t *api);
int api_registry_edit(api_t *api);
int api_registry_delete(api_t *api);

#endif
