/* openapi.h: the table of routes as an OpenAPI 3.1 document. */

#ifndef OPENAPI_H
#define OPENAPI_H

#include "api/route.h"
#include "fcgi_core/json.h"

/* A new reference. */
json_t *openapi_document(const route_table_t *table);

#endif
