/* api_removal.h: repositories of a namespace that are being deleted. */

#ifndef API_REMOVAL_H
#define API_REMOVAL_H

#include "api/route.h"

extern const model_t api_removal_model;

int api_removal_list(api_t *api);

#endif
