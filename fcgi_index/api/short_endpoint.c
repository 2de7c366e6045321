/* short_endpoint.c: short addresses, for people who share them.
 *
 * The address is turned into the path of the API's route, whose row then says
 * what is checked and answered: so no right is checked here.  The page is
 * named by what that path was made of, which is a valid name by then. */

#include "api/short_endpoint.h"
#include "api/api_endpoint.h"
#include "api/problem.h"
#include "api/router.h"
#include "common/encode.h"
#include "fcgi_core/reply.h"

#define SHORT_PREFIX "/r/"
#define PAGES_DEFAULT "/"
#define WEIGHT_ONE 1000 /* q=1 */


/* --- what the client accepts ---------------------------------------------- */

/* Of types; 0: it did not name it. */
typedef struct {
    unsigned page;
    unsigned json;
} weights_t;


static str_t
trim(str_t text)
{
    while (text.len != 0 && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.len--;
    }

    while (text.len != 0
           && (text.data[text.len - 1] == ' '
               || text.data[text.len - 1] == '\t')) {
        text.len--;
    }

    return text;
}


/* The part of *rest in front of the separator, which is taken off. */
static str_t
next_part(str_t *rest, unsigned char separator)
{
    unsigned char *end = memchr(rest->data, separator, rest->len);
    str_t part = *rest;

    if (end != NULL) {
        part.len = (size_t)(end - rest->data);
        rest->data = end + 1;
        rest->len -= part.len + 1;
    } else {
        rest->data += rest->len;
        rest->len = 0;
    }

    return trim(part);
}


/* "q=0.5" in thousandths; what is malformed is 0. */
static unsigned
weight_parse(str_t text)
{
    unsigned weight = 0, unit = WEIGHT_ONE;

    for (size_t i = 2; i < text.len && unit != 0; i++) {
        if (i == 3 && text.data[i] == '.') {
            continue;
        }

        if (text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }

        weight += (unsigned)(text.data[i] - '0') * unit;
        unit /= 10;
    }

    return weight;
}


static unsigned
weight_of(str_t params)
{
    while (params.len != 0) {
        str_t param = next_part(&params, ';');

        if (param.len > 2 && (param.data[0] | 0x20) == 'q'
            && param.data[1] == '=') {
            return weight_parse(param);
        }
    }

    return WEIGHT_ONE;
}


static bool
is_type(str_t text, const char *type)
{
    return text.len == strlen(type)
           && strncasecmp((const char *)text.data, type, text.len) == 0;
}


static void
read_accept(void *data, str_t value)
{
    weights_t *weights = data;

    while (value.len != 0) {
        str_t range = next_part(&value, ',');
        str_t type = next_part(&range, ';');

        if (is_type(type, "text/html")
            || is_type(type, "application/xhtml+xml")) {
            unsigned weight = weight_of(range);

            weights->page = weight > weights->page ? weight : weights->page;

        } else if (is_type(type, "application/json")) {
            weights->json = weight_of(range);
        }
    }
}


/* Browsers name HTML; what programs send, or that they send nothing, is for
 * JSON. */
static bool
wants_page(req_t *rq)
{
    weights_t weights = { 0, 0 };

    req_param_each(rq, "HTTP_ACCEPT", read_accept, &weights);

    return weights.page != 0 && weights.page >= weights.json;
}


/* --- the address ---------------------------------------------------------- */

/* "/repositories/NAME", "/repositories/NAME/tags/TAG" or ".../manifests/DIGEST"
 * of what stands behind the prefix.  Each part is one segment, whatever it is
 * made of; the routes' grammars decide whether it is a name. */
static const char *
path_of(const api_t *api, const char *address)
{
    size_t len = strcspn(address, ":@");
    str_t name = { len, (unsigned char *)address };
    const char *segment = api_segment(api, pool_strndup(api->pool, name));
    const char *path = pool_printf(api->pool, "/repositories/%s", segment);

    if (address[len] == '\0') {
        return path;
    }

    return pool_printf(api->pool, "%s/%s/%s", path,
                       address[len] == ':' ? "tags" : "manifests",
                       api_segment(api, address + len + 1));
}


/* DECLINED where it is none of ours. */
static int
read_address(const api_t *api, const char **path_r)
{
    str_t uri = req_param_str(api->rq, "REQUEST_URI");
    size_t skip = strlen(SHORT_PREFIX);
    char *text = pool_alloc(api->pool, uri.len + 1);
    size_t len;

    uri.len = strcspn((const char *)uri.data, "?#");

    if (uri.len > ROUTER_URI_MAX
        || reg_percent_decode(uri, false, (unsigned char *)text, uri.len, &len)
               != REG_OK) {
        return DECLINED;
    }

    text[len] = '\0';

    if (strncmp(text, SHORT_PREFIX, skip) != 0) {
        return DECLINED;
    }

    *path_r = path_of(api, text + skip);

    return OK;
}


static int
find_route(api_t *api, const char **path_r)
{
    req_t *rq = api->rq;
    router_match_t match;
    const char *uri;

    if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0) {
        reply_header(rq, "Allow", "GET, HEAD");
        return problem_fail(api, PROBLEM_METHOD, NULL, NULL);
    }

    if (read_address(api, path_r) == OK) {
        uri = pool_printf(api->pool, "%s%s", API_PREFIX, *path_r);

        if (router_match(api->pool, api->routes, API_PREFIX, rq->method,
                         reg_cstr(uri), &match)
            == ROUTER_FOUND) {
            api->route = match.route;
            memcpy(api->segments, match.segments, sizeof(api->segments));
            return OK;
        }
    }

    return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
}


/* --- the answer ----------------------------------------------------------- */

/* Where the pages are is the operator's to say, never the request's. */
static int
redirect(api_t *api, const char *path)
{
    const char *pages = req_param(api->rq, "INDEX_PAGES");

    reply_reset(api->rq);
    reply_header(api->rq, "Location", "%s%s",
                 pages[0] != '\0' ? pages : PAGES_DEFAULT, path + 1);

    return reply_empty(api->rq, 303);
}


/* The API asks for credentials where there are none; an address that was shared
 * is there or not. */
static int
hide(api_t *api)
{
    if (api->is_failed && api->problem == PROBLEM_UNAUTHENTICATED) {
        api->is_failed = false;
        problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return ERROR;
}


int
short_endpoint(req_t *rq)
{
    api_t api = api_begin(rq);
    const char *path = "";
    int rc;

    /* shared addresses are decorated on their way; no route takes any of it */
    rq->query = "";
    rc = find_route(&api, &path);

    if (rc == OK) {
        rc = api_run(&api) == OK ? OK : hide(&api);
    }

    if (rc == OK && wants_page(rq)) {
        rc = redirect(&api, path);
    }

    reply_header(rq, "Vary", "Accept");

    return api_end(&api, rc);
}
