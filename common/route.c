/* route.c: what a request to a registry location asks for. */

#include "route.h"

#define BASE "/v2"


static const struct {
    const char *name;
    reg_path_kind_t kind;
    unsigned methods;
    reg_right_t right;
} acts[REG_ACT_NONE] = {
#define REG_ACT(NAME, name, path, methods, right)                              \
    { #name, REG_PATH_KIND_##path, methods, right },
#include "actions.def"
#undef REG_ACT
};

/* By reg_allow_t. */
static const char *const allows[REG_PATH_KIND_N][REG_ALLOW_N] = {
    [REG_PATH_KIND_BASE] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_CATALOG] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_TAGS] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_MANIFEST] = { "GET, HEAD, PUT, DELETE", "GET, HEAD, PUT",
                                 "GET, HEAD" },
    [REG_PATH_KIND_BLOB] = { "GET, HEAD, DELETE", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_UPLOADS] = { "POST", "POST", "" },
    [REG_PATH_KIND_UPLOAD] = { "GET, HEAD, PUT, PATCH, DELETE",
                               "GET, HEAD, PUT, PATCH, DELETE", "GET, HEAD" },
    [REG_PATH_KIND_REFERRERS] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
};

/* How paths end.  An open tail is followed by a reference, which holds no
 * slash; so a path is read from its end, and at most the rows of uploads and
 * blobs fit the same one: the first row that fits counts. */
static const struct {
    const char *tail;
    reg_path_kind_t kind;
    bool is_open;
} tails[] = {
    { "/tags/list", REG_PATH_KIND_TAGS, false },
    { "/blobs/uploads", REG_PATH_KIND_UPLOADS, false },
    { "/blobs/uploads/", REG_PATH_KIND_UPLOADS, false },
    { "/blobs/uploads/", REG_PATH_KIND_UPLOAD, true },
    { "/manifests/", REG_PATH_KIND_MANIFEST, true },
    { "/blobs/", REG_PATH_KIND_BLOB, true },
    { "/referrers/", REG_PATH_KIND_REFERRERS, true },
};


const char *
reg_act_name(reg_act_t act)
{
    return act < REG_ACT_NONE ? acts[act].name : "";
}


int
reg_act_parse(reg_str_t name, reg_act_t *act_r)
{
    for (int i = 0; i < REG_ACT_NONE; i++) {
        if (reg_str_eq(name, reg_cstr(acts[i].name))) {
            *act_r = (reg_act_t)i;
            return REG_OK;
        }
    }

    return REG_DECLINED;
}


const char *
reg_path_allow(reg_path_kind_t kind, reg_allow_t allow)
{
    return kind < REG_PATH_KIND_N ? allows[kind][allow] : "";
}


/* Takes tail off the end of s; false where s ends otherwise. */
static bool
take_tail(reg_str_t *s, const char *tail)
{
    size_t len = strlen(tail);

    if (s->len < len || memcmp(s->data + s->len - len, tail, len) != 0) {
        return false;
    }

    s->len -= len;

    return true;
}


/* Takes what stands behind the last slash off the end of s. */
static reg_str_t
take_reference(reg_str_t *s)
{
    size_t len = s->len;

    while (len != 0 && s->data[len - 1] != '/') {
        len--;
    }

    reg_str_t reference = { s->len - len, s->data + len };

    s->len = len;

    return reference;
}


/* Splits what stands behind "/v2" into "/name" and a reference, by the row
 * that fits; false where none does. */
static bool
path_split(reg_str_t path, reg_path_kind_t *kind_r, reg_str_t *name_r,
           reg_str_t *reference_r)
{
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        reg_str_t head = path, reference = { 0, NULL };

        if (tails[i].is_open) {
            reference = take_reference(&head);
        }

        if (take_tail(&head, tails[i].tail)) {
            *kind_r = tails[i].kind;
            *name_r = head;
            *reference_r = reference;
            return true;
        }
    }

    return false;
}


/* Finds the action; leaves REG_ACT_NONE where the path has no such method. */
static void
route_set_act(reg_route_t *route, unsigned method)
{
    for (int i = 0; i < REG_ACT_NONE; i++) {
        if (acts[i].kind == route->kind && (acts[i].methods & method)) {
            route->act = (reg_act_t)i;
            route->right = acts[i].right;
            return;
        }
    }
}


static bool
has_colon(reg_str_t s)
{
    return s.len != 0 && memchr(s.data, ':', s.len) != NULL;
}


/* For an invalid tag a reader gets the error of one that does not exist: the
 * conformance suite of v1.1.1 asks for ".INVALID_MANIFEST_NAME". */
static reg_err_t
invalid_tag_error(const reg_route_t *route)
{
    return route->right == REG_RIGHT_PULL ? REG_ERR_MANIFEST_UNKNOWN
                                          : REG_ERR_TAG_INVALID;
}


/* A reference is taken where it is well-formed for its kind of path: else
 * the error, REG_ERR_N for none. */
static reg_err_t
route_set_reference(reg_route_t *route, reg_str_t reference)
{
    bool is_manifest = route->kind == REG_PATH_KIND_MANIFEST;

    if (route->kind == REG_PATH_KIND_UPLOAD) {
        if (!reg_upload_id_is_valid(reference)) {
            return REG_ERR_BLOB_UPLOAD_UNKNOWN;
        }

    } else if (is_manifest && !has_colon(reference)) {
        if (!reg_tag_is_valid(reference)) {
            return invalid_tag_error(route);
        }

    } else {
        if (reg_digest_parse(reference, &route->digest) != REG_OK) {
            return REG_ERR_DIGEST_INVALID;
        }

        route->has_digest = true;
    }

    route->reference = reference;

    return REG_ERR_N;
}


/* The parts of a path that has a name. */
static reg_err_t
route_set_parts(reg_route_t *route, reg_str_t name, reg_str_t reference)
{
    if (!reg_name_is_valid(name)) {
        return REG_ERR_NAME_INVALID;
    }

    route->name = name;

    if (route->kind == REG_PATH_KIND_TAGS
        || route->kind == REG_PATH_KIND_UPLOADS) {
        return REG_ERR_N;
    }

    return route_set_reference(route, reference);
}


int
reg_route_parse(unsigned method, reg_str_t path, reg_route_t *route_r,
                reg_err_t *err_r)
{
    const size_t base_len = sizeof(BASE) - 1;
    reg_str_t name = { 0, NULL }, reference = { 0, NULL };
    reg_err_t err = REG_ERR_N;

    memset(route_r, 0, sizeof(*route_r));
    route_r->act = REG_ACT_NONE;
    route_r->kind = REG_PATH_KIND_N;

    if (path.len < base_len || memcmp(path.data, BASE, base_len) != 0) {
        return REG_DECLINED;
    }

    path.data += base_len;
    path.len -= base_len;

    if (path.len == 0 || reg_str_eq(path, reg_str("/"))) {
        route_r->kind = REG_PATH_KIND_BASE;

    } else if (reg_str_eq(path, reg_str("/_catalog"))) {
        route_r->kind = REG_PATH_KIND_CATALOG;

    } else if (!path_split(path, &route_r->kind, &name, &reference)
               || name.len == 0 || name.data[0] != '/') {
        route_r->kind = REG_PATH_KIND_N;
        return REG_DECLINED;
    }

    route_set_act(route_r, method);

    if (name.len != 0) {
        name.data++;
        name.len--;
        err = route_set_parts(route_r, name, reference);
    }

    if (err == REG_ERR_N && route_r->act == REG_ACT_NONE) {
        err = REG_ERR_UNSUPPORTED;
    }

    if (err != REG_ERR_N) {
        *err_r = err;
        return REG_ERROR;
    }

    return REG_OK;
}


int
reg_route_plain(reg_str_t path, reg_str_t *plain_r)
{
    reg_route_t route;
    reg_err_t err;

    if (path.len == 0 || path.data[path.len - 1] != '/') {
        return REG_DECLINED;
    }

    path.len--;

    /* of a path that is valid only the method is missing */
    if (reg_route_parse(0, path, &route, &err) != REG_ERROR
        || err != REG_ERR_UNSUPPORTED || route.kind == REG_PATH_KIND_BASE
        || route.kind == REG_PATH_KIND_UPLOADS) {
        return REG_DECLINED;
    }

    *plain_r = path;

    return REG_OK;
}
