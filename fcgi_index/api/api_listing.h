/* api_listing.h: lists of repositories: of a namespace, and of all of them. */

#ifndef API_LISTING_H
#define API_LISTING_H

#include "api/api.h"

extern const field_t api_listing_query[];
extern const field_t api_listing_namespace_query[];

int api_listing(api_t *api);
int api_listing_namespace(api_t *api);

#endif
