/* router.c: which row of the table a request is for. */

#include "api/router.h"
#include "api/param.h"
#include "common/encode.h"
#include "common/range.h"

#define ALLOW_MAX 128

typedef struct {
    str_t list[ROUTER_SEGMENTS_MAX];
    size_t n;
} segments_t;


/* The next segment behind the slash at the start of *rest. */
static str_t
next_segment(str_t *rest)
{
    str_t segment = { 0, rest->data + 1 };

    while (segment.len + 1 < rest->len && segment.data[segment.len] != '/') {
        segment.len++;
    }

    rest->data += segment.len + 1;
    rest->len -= segment.len + 1;

    return segment;
}


/* Decoded into the pool and terminated by NUL; ERROR for what no one may
 * write. */
static int
decode(pool_t *pool, str_t *segment)
{
    str_t decoded = { 0, pool_alloc(pool, segment->len + 1) };

    if (reg_percent_decode(*segment, false, decoded.data, segment->len,
                           &decoded.len)
            != REG_OK
        || reg_str_eq(decoded, reg_str("."))
        || reg_str_eq(decoded, reg_str(".."))) {
        return ERROR;
    }

    *segment = decoded;

    return OK;
}


/* OK, ERROR for a malformed path, DECLINED for one with more segments than any
 * that we know. */
static int
divide(pool_t *pool, str_t path, segments_t *segments_r)
{
    segments_r->n = 0;

    while (path.len != 0) {
        str_t segment = next_segment(&path);

        if (decode(pool, &segment) != OK) {
            return ERROR;
        }

        if (segments_r->n == ROUTER_SEGMENTS_MAX) {
            return DECLINED;
        }

        segments_r->list[segments_r->n++] = segment;
    }

    return OK;
}


/* A segment that the parameter's grammar refuses names nothing. */
static bool
param_fits(str_t name, str_t segment)
{
    const path_param_t *param = path_param_find(name);
    uint64_t number;

    if (param == NULL) {
        return false;
    }

    return param->type == FIELD_INTEGER
               ? reg_number_parse(segment, &number) == REG_OK
               : param->grammar->is_valid(segment);
}


/* Whether segments from *i on are a path of the table; *i is moved behind
 * them, and parameters go into params. */
static bool
path_fits(const char *path, const segments_t *segments, size_t at,
          str_t *params)
{
    str_t rest = reg_cstr(path);

    while (rest.len != 0) {
        str_t want = next_segment(&rest);

        if (at == segments->n) {
            return false;
        }

        if (want.len > 2 && want.data[0] == '{') {
            str_t name = { want.len - 2, want.data + 1 };

            if (!param_fits(name, segments->list[at])) {
                return false;
            }

            *params++ = segments->list[at];

        } else if (!reg_str_eq(want, segments->list[at])) {
            return false;
        }

        at++;
    }

    return at == segments->n;
}


/* Adds a method to the list, "HEAD" behind "GET". */
static void
allow_add(char *allow, const char *method)
{
    size_t len = strlen(allow);

    snprintf(allow + len, ALLOW_MAX - len, "%s%s%s", len != 0 ? ", " : "",
             method, strcmp(method, "GET") == 0 ? ", HEAD" : "");
}


/* The segments of the prefix are compared decoded, too: nginx has found the
 * location that way. */
static bool
prefix_fits(const char *prefix, const segments_t *segments, size_t *n_r)
{
    str_t rest = reg_cstr(prefix);

    for (*n_r = 0; rest.len != 0; (*n_r)++) {
        str_t want = next_segment(&rest);

        if (*n_r == segments->n || !reg_str_eq(want, segments->list[*n_r])) {
            return false;
        }
    }

    return true;
}


static router_result_t
table_match(const route_table_t *table, const char *method,
            const segments_t *segments, size_t at, router_match_t *match)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    char *allow = (char *)match->allow;

    for (size_t i = 0; i < table->n; i++) {
        const route_t *route = &table->rows[i];
        str_t params[ROUTE_PARAMS_MAX] = { 0 };

        if (!path_fits(route->path, segments, at, params)) {
            continue;
        }

        if (strcmp(route->method, wanted) == 0) {
            match->route = route;
            memcpy(match->segments, params, sizeof(params));
            return ROUTER_FOUND;
        }

        allow_add(allow, route->method);
    }

    if (allow[0] == '\0') {
        return ROUTER_NO_PATH;
    }

    allow_add(allow, "OPTIONS");

    return strcmp(method, "OPTIONS") == 0 ? ROUTER_OPTIONS : ROUTER_NO_METHOD;
}


router_result_t
router_match(pool_t *pool, const route_table_t *table, const char *prefix,
             const char *method, str_t uri, router_match_t *match_r)
{
    segments_t segments;
    size_t at;
    int rc;

    *match_r = (router_match_t){ .allow = pool_alloc(pool, ALLOW_MAX) };

    uri.len = strcspn((const char *)uri.data, "?#");

    if (uri.len > ROUTER_URI_MAX || uri.len == 0 || uri.data[0] != '/') {
        return ROUTER_MALFORMED;
    }

    rc = divide(pool, uri, &segments);

    if (rc != OK) {
        return rc == ERROR ? ROUTER_MALFORMED : ROUTER_NO_PATH;
    }

    if (!prefix_fits(prefix, &segments, &at)) {
        return ROUTER_NO_PATH;
    }

    return table_match(table, method, &segments, at, match_r);
}
