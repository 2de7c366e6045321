/* api_search.h: search for repositories. */

#ifndef API_SEARCH_H
#define API_SEARCH_H

#include "api/route.h"

extern const field_t api_search_query[];
extern const model_t api_search_model;

int api_search(api_t *api);

#endif
