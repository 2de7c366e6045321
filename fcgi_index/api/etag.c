/* etag.c: no client overwrites a change that it has not seen. */

#include "api/etag.h"
#include "api/problem.h"
#include "fcgi_core/reply.h"


/* The id is part of it: another thing of the same name has other editions. */
static const char *
etag_of(const api_t *api, uint64_t id, uint64_t edition)
{
    return pool_printf(api->pool, "\"%llu.%llu\"", (unsigned long long)id,
                       (unsigned long long)edition);
}


/* A list of tags, or "*".  Where proxies have made ours weak, it is the same
 * edition still. */
static bool
list_has(const char *list, const char *etag)
{
    size_t len = strlen(etag);

    while (*list != '\0') {
        list += strspn(list, ", \t");

        if (*list == '*') {
            return true;
        }

        if (strncmp(list, "W/", 2) == 0) {
            list += 2;
        }

        if (strncmp(list, etag, len) == 0) {
            return true;
        }

        list += strcspn(list, ",");
    }

    return false;
}


int
etag_reply(api_t *api, uint64_t id, uint64_t edition)
{
    const char *etag = etag_of(api, id, edition);
    const char *known = req_param(api->rq, "HTTP_IF_NONE_MATCH");

    reply_header(api->rq, "ETag", "%s", etag);

    if (strcmp(api->route->method, "GET") == 0 && list_has(known, etag)) {
        reply_empty(api->rq, 304);
        return DECLINED;
    }

    return OK;
}


int
etag_check(api_t *api, uint64_t id, uint64_t edition)
{
    const char *match = req_param(api->rq, "HTTP_IF_MATCH");

    if (match[0] == '\0') {
        return problem_fail(api, PROBLEM_IF_MATCH, NULL, NULL);
    }

    return list_has(match, etag_of(api, id, edition))
               ? OK
               : problem_fail(api, PROBLEM_CHANGED, NULL, NULL);
}
