/* api_meta.c: the API about itself. */

#include "api/api_meta.h"
#include "api/api.h"
#include "api/openapi.h"
#include "fcgi_core/reply.h"

const model_t api_document_model = { "Document", NULL };


int
api_document(api_t *api)
{
    return reply_json(api->rq, 200, openapi_document(api->routes));
}
