/* api_tag.h: tags and their history. */

#ifndef API_TAG_H
#define API_TAG_H

#include "api/api.h"

extern const field_t api_tag_list_query[];
extern const model_t api_tag_model;
extern const model_t api_tag_names_model;
extern const model_t api_tag_history_model;

int api_tag_list(api_t *api);
int api_tag_names(api_t *api);
int api_tag_get(api_t *api);
int api_tag_history(api_t *api);

#endif
