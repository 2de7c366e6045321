/* api_meta.h: the API about itself. */

#ifndef API_META_H
#define API_META_H

#include "api/route.h"

extern const model_t api_document_model;

int api_document(api_t *api);

#endif
