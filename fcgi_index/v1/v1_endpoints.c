/* v1_endpoints.c: which registries a client is sent to. */

#include "v1/v1_endpoints.h"
#include "registry/allocation.h"
#include "registry/endpoint.h"


/* As it comes from the client, whose URL may have it in capitals. */
static void
host_reply(v1_t *v1)
{
    const char *text = req_param(v1->rq, "HTTP_HOST");
    char *host = pool_strdup(v1->pool, text);

    for (char *p = host; *p != '\0'; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
    }

    if (endpoint_is_valid(reg_cstr(host))) {
        reply_header(v1->rq, "X-Docker-Endpoints", "%s", host);
    }
}


int
v1_endpoints_reply(v1_t *v1, bool is_push)
{
    allocation_ask_t ask = { .repository = v1->name,
                             .is_push = is_push,
                             .override = v1->endpoints };
    allocation_t allocation;
    access_t access;

    if (access_repository(v1->db, NULL, v1->name, &access) != OK) {
        return v1_fail_database(v1);
    }

    ask.is_private = (access.actions & REG_ACTION_PULL) == 0;

    if (allocation_find(v1->db, &ask, &allocation) != OK) {
        return v1_fail_database(v1);
    }

    if (allocation.n == 0) {
        host_reply(v1);
    }

    for (size_t i = 0; i < allocation.n; i++) {
        reply_header(v1->rq, "X-Docker-Endpoints", "%s",
                     allocation.endpoints[i]);
    }

    return OK;
}
