/* api_blob.h: the blobs of a repository. */

#ifndef API_BLOB_H
#define API_BLOB_H

#include "api/api.h"

extern const model_t api_blob_model;

int api_blob_list(api_t *api);

#endif
