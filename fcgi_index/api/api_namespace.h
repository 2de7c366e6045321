/* api_namespace.h: namespaces: personal ones and organizations. */

#ifndef API_NAMESPACE_H
#define API_NAMESPACE_H

#include "api/route.h"

extern const field_t api_namespace_list_query[];
extern const field_t api_namespace_create_body[];
extern const field_t api_namespace_edit_body[];
extern const model_t api_namespace_model;
extern const model_t api_namespace_item_model; /* in lists */

int api_namespace_list(api_t *api);
int api_namespace_create(api_t *api);
int api_namespace_get(api_t *api);
int api_namespace_edit(api_t *api);
int api_namespace_delete(api_t *api);

#endif
