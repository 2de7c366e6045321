/* fuzz_route.c: a byte that picks the method, then a path. */

#include "reg_fuzz.h"
#include "common/route.h"
#include "common/writer.h"


#define REPOSITORIES "/v1/repositories/"


/* The path that a route stands for. */
static reg_str_t
route_print(const reg_route_t *r, const char *library, char *buf, size_t size)
{
    static const struct {
        const char *before;
        const char *between;
        const char *behind;
    } forms[REG_PATH_KIND_N] = {
        [REG_PATH_KIND_BASE] = { "/v2/", "", "" },
        [REG_PATH_KIND_CATALOG] = { "/v2/_catalog", "", "" },
        [REG_PATH_KIND_TAGS] = { "/v2/", "/tags/list", "" },
        [REG_PATH_KIND_MANIFEST] = { "/v2/", "/manifests/", "" },
        [REG_PATH_KIND_BLOB] = { "/v2/", "/blobs/", "" },
        [REG_PATH_KIND_UPLOADS] = { "/v2/", "/blobs/uploads/", "" },
        [REG_PATH_KIND_UPLOAD] = { "/v2/", "/blobs/uploads/", "" },
        [REG_PATH_KIND_REFERRERS] = { "/v2/", "/referrers/", "" },
        [REG_PATH_KIND_V1_PING] = { "/v1/_ping", "", "" },
        [REG_PATH_KIND_V1_IMAGE_JSON] = { "/v1/images/", "", "/json" },
        [REG_PATH_KIND_V1_IMAGE_LAYER] = { "/v1/images/", "", "/layer" },
        [REG_PATH_KIND_V1_IMAGE_CHECKSUM] = { "/v1/images/", "", "/checksum" },
        [REG_PATH_KIND_V1_IMAGE_ANCESTRY] = { "/v1/images/", "", "/ancestry" },
        [REG_PATH_KIND_V1_IMAGE_FILES] = { "/v1/images/", "", "/files" },
        [REG_PATH_KIND_V1_IMAGE_DIFF] = { "/v1/images/", "", "/diff" },
        [REG_PATH_KIND_V1_TAGS] = { REPOSITORIES, "/tags", "" },
        [REG_PATH_KIND_V1_TAG] = { REPOSITORIES, "/tags/", "" },
        [REG_PATH_KIND_V1_TAG_JSON] = { REPOSITORIES, "/tags/", "/json" },
        [REG_PATH_KIND_V1_REPOSITORY] = { REPOSITORIES, "", "" },
        [REG_PATH_KIND_V1_REPOSITORY_JSON] = { REPOSITORIES, "/json", "" },
        [REG_PATH_KIND_V1_PROPERTIES] = { REPOSITORIES, "/properties", "" },
        [REG_PATH_KIND_V1_USERS] = { "/v1/users", "", "" },
        [REG_PATH_KIND_V1_USER] = { "/v1/users/", "", "" },
        [REG_PATH_KIND_V1_IMAGE_LIST] = { REPOSITORIES, "/images", "" },
        [REG_PATH_KIND_V1_AUTH] = { REPOSITORIES, "/auth", "" },
        [REG_PATH_KIND_V1_LAYER_ACCESS] = { REPOSITORIES, "/layer/",
                                            "/access" },
        [REG_PATH_KIND_V1_SEARCH] = { "/v1/search", "", "" },
    };
    reg_writer_t w = reg_writer(buf, size);

    reg_put_cstr(&w, forms[r->kind].before);
    reg_put_cstr(&w, library);
    reg_put(&w, r->name);
    reg_put_cstr(&w, forms[r->kind].between);
    reg_put(&w, r->reference);
    reg_put(&w, r->image_id);
    reg_put_cstr(&w, forms[r->kind].behind);
    must(reg_writer_len(&w) > 0);

    return (reg_str_t){ w.len, (unsigned char *)buf };
}


/* The path is the printed one, which may have one more slash in /v1/. */
static bool
is_printed_v1(reg_str_t path, reg_str_t printed)
{
    if (path.data[path.len - 1] == '/') {
        path.len--;
    }

    return reg_str_eq(path, printed);
}


/* The path is the printed one; a slash at the end may be missing in two. */
static bool
is_printed_path(reg_str_t path, const reg_route_t *r)
{
    char buf[1024], buf_library[1024];
    reg_str_t printed = route_print(r, "", buf, sizeof(buf));

    if (reg_path_is_v1(path)) {
        return is_printed_v1(path, printed)
               || (r->kind == REG_PATH_KIND_V1_PING
                   && reg_str_eq(path, reg_str("/_ping")))
               || is_printed_v1(path, route_print(r, "library/", buf_library,
                                                  sizeof(buf_library)));
    }

    if (reg_str_eq(path, printed)) {
        return true;
    }

    printed.len--;

    return (r->kind == REG_PATH_KIND_BASE || r->kind == REG_PATH_KIND_UPLOADS)
           && reg_str_eq(path, printed);
}


static bool
has_name(reg_path_kind_t kind)
{
    switch (kind) {
    case REG_PATH_KIND_BASE:
    case REG_PATH_KIND_CATALOG:
    case REG_PATH_KIND_V1_PING:
    case REG_PATH_KIND_V1_IMAGE_JSON:
    case REG_PATH_KIND_V1_IMAGE_LAYER:
    case REG_PATH_KIND_V1_IMAGE_CHECKSUM:
    case REG_PATH_KIND_V1_IMAGE_ANCESTRY:
    case REG_PATH_KIND_V1_IMAGE_FILES:
    case REG_PATH_KIND_V1_IMAGE_DIFF:
    case REG_PATH_KIND_V1_USERS:
    case REG_PATH_KIND_V1_USER:
    case REG_PATH_KIND_V1_SEARCH:
        return false;
    default:
        return true;
    }
}


static void
check_route(unsigned method, reg_str_t path, const reg_route_t *r)
{
    reg_act_t act;

    must(reg_act_parse(reg_cstr(reg_act_name(r->act)), &act) == REG_OK);
    must(act == r->act && method != 0);
    must(has_name(r->kind) == reg_name_is_valid(r->name));
    must(is_within(r->name, path) && is_within(r->reference, path)
         && is_within(r->image_id, path));
    must(r->image_id.len == 0 || reg_image_id_is_valid(r->image_id));
    must(!r->has_digest || is_within(r->digest.hex, r->reference));
    must(is_printed_path(path, r));
}


/* A redirect leads to a valid path of ours, and no further. */
static void
check_plain(reg_str_t path)
{
    reg_err_t err = REG_ERR_N;
    reg_str_t plain;
    reg_route_t r;

    if (reg_route_plain(path, &plain) == REG_OK) {
        must(plain.data == path.data && plain.len == path.len - 1);
        must(reg_route_plain(plain, &plain) == REG_DECLINED);
        must(reg_route_parse(0, plain, &r, &err) == REG_ERROR);
        must(err == REG_ERR_UNSUPPORTED && r.kind < REG_PATH_KIND_N);
        must(memchr(plain.data, '\n', plain.len) == NULL);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned pick = fuzz_byte(&data, &size) % 7;
    unsigned method = pick == 6 ? 0 : 1u << pick;
    reg_str_t path = fuzz_str(data, size);
    reg_err_t err = REG_ERR_N;
    reg_route_t r;

    check_plain(path);

    switch (reg_route_parse(method, path, &r, &err)) {
    case REG_OK:
        must(err == REG_ERR_N);
        check_route(method, path, &r);
        break;
    case REG_DECLINED:
        must(r.kind == REG_PATH_KIND_N && r.act == REG_ACT_NONE);
        break;
    case REG_ERROR:
        must(err < REG_ERR_N && r.kind < REG_PATH_KIND_N);
        must(r.name.len == 0 || reg_name_is_valid(r.name));
        must((err == REG_ERR_UNSUPPORTED) <= (r.act == REG_ACT_NONE));
        break;
    default:
        must(false);
    }

    return 0;
}
