/* api_manifest.h: manifests, what they consist of, and what refers to them. */

#ifndef API_MANIFEST_H
#define API_MANIFEST_H

#include "api/api.h"

extern const model_t api_manifest_model;
extern const model_t api_manifest_item_model;
extern const model_t api_referrer_model;

int api_manifest_list(api_t *api);
int api_manifest_get(api_t *api);
int api_manifest_referrers(api_t *api);

#endif
