/* route.c: what a request to a registry location asks for. */

#include "route.h"

#define BASE "/v2"
#define V1 "/v1"
#define V1_IMAGES "/images/"
#define V1_REPOSITORIES "/repositories/"
#define V1_USERS "/users/"


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
    [REG_PATH_KIND_V1_PING] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_V1_IMAGE_JSON] = { "GET, HEAD, PUT", "GET, HEAD, PUT",
                                      "GET, HEAD" },
    [REG_PATH_KIND_V1_IMAGE_LAYER] = { "GET, HEAD, PUT", "GET, HEAD, PUT",
                                       "GET, HEAD" },
    [REG_PATH_KIND_V1_IMAGE_CHECKSUM] = { "PUT", "PUT", "" },
    [REG_PATH_KIND_V1_IMAGE_ANCESTRY] = { "GET, HEAD", "GET, HEAD",
                                          "GET, HEAD" },
    [REG_PATH_KIND_V1_IMAGE_FILES] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_V1_IMAGE_DIFF] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_V1_TAGS] = { "GET, HEAD, DELETE", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_V1_TAG] = { "GET, HEAD, PUT, DELETE", "GET, HEAD, PUT",
                               "GET, HEAD" },
    [REG_PATH_KIND_V1_TAG_JSON] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_V1_REPOSITORY] = { "PUT, DELETE", "PUT", "" },
    [REG_PATH_KIND_V1_REPOSITORY_JSON] = { "GET, HEAD", "GET, HEAD",
                                           "GET, HEAD" },
    [REG_PATH_KIND_V1_PROPERTIES] = { "GET, HEAD, PUT", "GET, HEAD, PUT",
                                      "GET, HEAD" },
    [REG_PATH_KIND_V1_USERS] = { "GET, HEAD, POST", "GET, HEAD, POST",
                                 "GET, HEAD" },
    [REG_PATH_KIND_V1_USER] = { "PUT", "PUT", "" },
    [REG_PATH_KIND_V1_IMAGE_LIST] = { "GET, HEAD, PUT, DELETE",
                                      "GET, HEAD, PUT, DELETE", "GET, HEAD" },
    [REG_PATH_KIND_V1_AUTH] = { "PUT", "PUT", "" },
    [REG_PATH_KIND_V1_LAYER_ACCESS] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
    [REG_PATH_KIND_V1_SEARCH] = { "GET, HEAD", "GET, HEAD", "GET, HEAD" },
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

/* The original protocol: what may stand behind a repository's name, apart
 * from what has a reference or an id in it. */
static const struct {
    const char *tail;
    reg_path_kind_t kind;
} v1_repository_tails[] = {
    { "/tags", REG_PATH_KIND_V1_TAGS },
    { "/images", REG_PATH_KIND_V1_IMAGE_LIST },
    { "/auth", REG_PATH_KIND_V1_AUTH },
    { "/json", REG_PATH_KIND_V1_REPOSITORY_JSON },
    { "/properties", REG_PATH_KIND_V1_PROPERTIES },
};

static const struct {
    const char *tail;
    reg_path_kind_t kind;
} v1_image_tails[] = {
    { "/json", REG_PATH_KIND_V1_IMAGE_JSON },
    { "/layer", REG_PATH_KIND_V1_IMAGE_LAYER },
    { "/checksum", REG_PATH_KIND_V1_IMAGE_CHECKSUM },
    { "/ancestry", REG_PATH_KIND_V1_IMAGE_ANCESTRY },
    { "/files", REG_PATH_KIND_V1_IMAGE_FILES },
    { "/diff", REG_PATH_KIND_V1_IMAGE_DIFF },
};

static const struct {
    const char *path;
    reg_path_kind_t kind;
} v1_plain_paths[] = {
    { "/_ping", REG_PATH_KIND_V1_PING },
    { "/users", REG_PATH_KIND_V1_USERS },
    { "/search", REG_PATH_KIND_V1_SEARCH },
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
    const reg_str_t none = { 0, NULL };
    reg_str_t before = path, last = take_reference(&before);

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        reg_str_t head = tails[i].is_open ? before : path;

        if (take_tail(&head, tails[i].tail)) {
            *kind_r = tails[i].kind;
            *name_r = head;
            *reference_r = tails[i].is_open ? last : none;
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


/* Takes head off the start of s; false where s begins otherwise. */
static bool
take_head(reg_str_t *s, const char *head)
{
    size_t len = strlen(head);

    if (s->len < len || memcmp(s->data, head, len) != 0) {
        return false;
    }

    s->data += len;
    s->len -= len;

    return true;
}


/* As take_tail(), where something is left. */
static bool
take_last(reg_str_t *s, const char *tail)
{
    return s->len > strlen(tail) && take_tail(s, tail);
}


/* Takes word and the component behind it off the end of s: of "a/tags/b" and
 * "/tags/" it leaves "a".  Nothing is taken where s ends otherwise. */
static bool
take_pair(reg_str_t *s, const char *word, reg_str_t *component_r)
{
    reg_str_t head = *s;

    while (head.len != 0 && head.data[head.len - 1] != '/') {
        head.len--;
    }

    *component_r = (reg_str_t){ s->len - head.len, s->data + head.len };

    if (component_r->len == 0 || !take_last(&head, word)) {
        return false;
    }

    *s = head;

    return true;
}


/* Splits what stands behind "/repositories/". */
static reg_path_kind_t
v1_repository_split(reg_str_t path, reg_str_t *name_r, reg_str_t *reference_r,
                    reg_str_t *image_id_r)
{
    reg_str_t head = path;

    *name_r = path;

    if (take_pair(name_r, "/tags/", reference_r)) {
        return REG_PATH_KIND_V1_TAG;
    }

    if (take_last(&head, "/json") && take_pair(&head, "/tags/", reference_r)) {
        *name_r = head;
        return REG_PATH_KIND_V1_TAG_JSON;
    }

    head = path;

    if (take_last(&head, "/access")
        && take_pair(&head, "/layer/", image_id_r)) {
        *name_r = head;
        return REG_PATH_KIND_V1_LAYER_ACCESS;
    }

    for (size_t i = 0;
         i < sizeof(v1_repository_tails) / sizeof(v1_repository_tails[0]);
         i++) {
        if (take_last(name_r, v1_repository_tails[i].tail)) {
            return v1_repository_tails[i].kind;
        }
    }

    return REG_PATH_KIND_V1_REPOSITORY;
}


static reg_err_t
v1_repository_read(reg_str_t path, reg_route_t *route)
{
    reg_str_t name, tag = { 0, NULL }, image_id = { 0, NULL };

    route->kind = v1_repository_split(path, &name, &tag, &image_id);

    if (!reg_name_is_valid(name)) {
        return REG_ERR_NAME_INVALID;
    }

    route->name = reg_name_from_v1(name);

    if (route->kind == REG_PATH_KIND_V1_LAYER_ACCESS) {
        if (!reg_image_id_is_valid(image_id)) {
            return REG_ERR_IMAGE_ID_INVALID;
        }

        route->image_id = image_id;
    }

    if (route->kind == REG_PATH_KIND_V1_TAG
        || route->kind == REG_PATH_KIND_V1_TAG_JSON) {
        if (!reg_tag_is_valid(tag)) {
            return REG_ERR_TAG_INVALID;
        }

        route->reference = tag;
    }

    return REG_ERR_N;
}


static reg_err_t
v1_image_read(reg_str_t path, reg_route_t *route)
{
    for (size_t i = 0; i < sizeof(v1_image_tails) / sizeof(v1_image_tails[0]);
         i++) {
        reg_str_t id = path;

        if (!take_last(&id, v1_image_tails[i].tail)) {
            continue;
        }

        route->kind = v1_image_tails[i].kind;

        if (!reg_image_id_is_valid(id)) {
            return REG_ERR_IMAGE_ID_INVALID;
        }

        route->image_id = id;
    }

    return REG_ERR_N;
}


static reg_err_t
v1_user_read(reg_str_t login, reg_route_t *route)
{
    route->kind = REG_PATH_KIND_V1_USER;

    if (!reg_login_is_valid(login)) {
        return REG_ERR_NAME_INVALID;
    }

    route->reference = login;

    return REG_ERR_N;
}


/* Reads a path of the original protocol: what is missing then is the method.
 * The kind stays as it is for a path that the protocol does not have. */
static reg_err_t
route_v1_read(reg_route_t *route, reg_str_t path)
{
    (void)take_head(&path, V1);

    if (path.len > 1 && path.data[path.len - 1] == '/') {
        path.len--;
    }

    for (size_t i = 0; i < sizeof(v1_plain_paths) / sizeof(v1_plain_paths[0]);
         i++) {
        if (reg_str_eq(path, reg_cstr(v1_plain_paths[i].path))) {
            route->kind = v1_plain_paths[i].kind;
            return REG_ERR_N;
        }
    }

    if (take_head(&path, V1_IMAGES)) {
        return v1_image_read(path, route);
    }

    if (take_head(&path, V1_REPOSITORIES)) {
        return v1_repository_read(path, route);
    }

    if (take_head(&path, V1_USERS)) {
        return v1_user_read(path, route);
    }

    return REG_ERR_N;
}


/* Of a path whose parts were read with the error err: what is still missing
 * is the method. */
static int
route_end(reg_route_t *route, unsigned method, reg_err_t err, reg_err_t *err_r)
{
    if (route->kind == REG_PATH_KIND_N) {
        return REG_DECLINED;
    }

    route_set_act(route, method);

    if (err == REG_ERR_N && route->act == REG_ACT_NONE) {
        err = REG_ERR_UNSUPPORTED;
    }

    if (err != REG_ERR_N) {
        *err_r = err;
        return REG_ERROR;
    }

    return REG_OK;
}


bool
reg_path_is_v1(reg_str_t path)
{
    return reg_str_eq(path, reg_str("/_ping")) || reg_str_eq(path, reg_str(V1))
           || (path.len > sizeof(V1) - 1
               && memcmp(path.data, V1 "/", sizeof(V1)) == 0);
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

    if (reg_path_is_v1(path)) {
        err = route_v1_read(route_r, path);
        return route_end(route_r, method, err, err_r);
    }

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

    if (name.len != 0) {
        route_set_act(route_r, method); /* an error depends on the right */
        name.data++;
        name.len--;
        err = route_set_parts(route_r, name, reference);
    }

    return route_end(route_r, method, err, err_r);
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

    if (reg_path_is_v1(path)) {
        return REG_DECLINED;
    }

    /* of a path that is valid only the method is missing */
    if (reg_route_parse(0, path, &route, &err) != REG_ERROR
        || err != REG_ERR_UNSUPPORTED || route.kind == REG_PATH_KIND_BASE
        || route.kind == REG_PATH_KIND_UPLOADS) {
        return REG_DECLINED;
    }

    *plain_r = path;

    return REG_OK;
}
