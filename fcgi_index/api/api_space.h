/* api_space.h: the space that repositories of a namespace take. */

#ifndef API_SPACE_H
#define API_SPACE_H

#include "api/route.h"

extern const model_t api_space_model;

/* By name.  A page is short where repositories have very many blobs. */
int api_space_list(api_t *api);

/* The same by namespace, for administrators. */
extern const model_t api_space_namespace_model;
int api_space_namespaces(api_t *api);

#endif
