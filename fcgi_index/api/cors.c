/* cors.c: pages of other sites. */

#include "api/cors.h"
#include "fcgi_core/reply.h"

#define MAX_AGE 600


/* The request's origin where the operator named it; else NULL. */
static const char *
origin_allowed(api_t *api)
{
    const char *origin = req_param(api->rq, "HTTP_ORIGIN");
    const char *list = req_param(api->rq, "INDEX_CORS");
    size_t len = strlen(origin);

    /* an origin has no space; two of the list are none */
    if (strchr(origin, ' ') != NULL) {
        return NULL;
    }

    while (len != 0 && *list != '\0') {
        list += strspn(list, " ");

        if (strncmp(list, origin, len) == 0
            && (list[len] == ' ' || list[len] == '\0')) {
            return origin;
        }

        list += strcspn(list, " ");
    }

    return NULL;
}


void
cors_preflight(api_t *api, const char *allow)
{
    if (origin_allowed(api) == NULL) {
        return;
    }

    reply_header(api->rq, "Access-Control-Allow-Methods", "%s", allow);
    reply_header(api->rq, "Access-Control-Allow-Headers",
                 "Authorization, Content-Type, If-Match, If-None-Match, "
                 "Idempotency-Key");
    reply_header(api->rq, "Access-Control-Max-Age", "%d", MAX_AGE);
}


void
cors_head(api_t *api)
{
    const char *origin;

    if (req_param(api->rq, "INDEX_CORS")[0] == '\0') {
        return;
    }

    reply_header(api->rq, "Vary", "Origin");
    origin = origin_allowed(api);

    if (origin != NULL) {
        reply_header(api->rq, "Access-Control-Allow-Origin", "%s", origin);
        reply_header(api->rq, "Access-Control-Expose-Headers",
                     "ETag, Link, Location, RateLimit, RateLimit-Policy, "
                     "Retry-After");
    }
}
