/* v1_endpoints.c: which registries a client is sent to. */

#include "v1/v1_endpoints.h"
#include "fcgi_core/log.h"

#define HOST_MAX 261 /* a name, a colon and a port */


/* A host with or without a port: it comes from the client where no endpoint is
 * configured. */
static bool
is_host(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || (c != '\0' && strchr(".-_:[]", c) != NULL))) {
            return false;
        }
    }

    return text.len != 0 && text.len <= HOST_MAX;
}


static str_t
next_host(str_t *rest)
{
    str_t host;

    while (rest->len != 0 && strchr(", ", *rest->data) != NULL) {
        rest->data++;
        rest->len--;
    }

    host = (str_t){ strcspn((const char *)rest->data, ", "), rest->data };
    rest->data += host.len;
    rest->len -= host.len;

    return host;
}


void
v1_endpoints_reply(v1_t *v1)
{
    bool is_configured = v1->endpoints[0] != '\0';
    str_t rest = is_configured ? reg_cstr(v1->endpoints)
                               : req_param_str(v1->rq, "HTTP_HOST");

    for (size_t i = 0; i < V1_ENDPOINTS_MAX; i++) {
        str_t host = next_host(&rest);

        if (host.len == 0) {
            break;
        }

        if (is_host(host)) {
            reply_header(v1->rq, "X-Docker-Endpoints", "%.*s", STR(host));

        } else if (is_configured) {
            log_error("INDEX_ENDPOINTS names no host: %.*s", STR(host));
        }
    }
}
