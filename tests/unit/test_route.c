/* test_route.c: what a request asks for. */

#include "reg_unit.h"
#include "common/route.h"

#define SHA256 "sha256:"
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define D SHA256 HEX
#define U "01234567-89ab-4cde-8f01-23456789abcd"

#define ID "0123456789abcdef"
#define ID64 ID ID ID ID

#define GET REG_M_GET
#define HEAD REG_M_HEAD
#define POST REG_M_POST
#define PUT REG_M_PUT
#define PATCH REG_M_PATCH
#define DELETE REG_M_DELETE

static const struct {
    unsigned method;
    const char *path;
    reg_act_t act;
    reg_path_kind_t kind;
    reg_right_t right;
    const char *name, *reference, *image_id;
} good[] = {
#define ROW(method, path, act, kind, right, name, reference)                   \
    {                                                                          \
        method, path, REG_ACT_##act, REG_PATH_KIND_##kind, REG_RIGHT_##right,  \
            name, reference, ""                                                \
    }
    /* every action */
    ROW(GET, "/v2/", BASE, BASE, TOKEN, "", ""),
    ROW(HEAD, "/v2/", BASE, BASE, TOKEN, "", ""),
    ROW(GET, "/v2", BASE, BASE, TOKEN, "", ""),
    ROW(GET, "/v2/_catalog", CATALOG, CATALOG, CATALOG, "", ""),
    ROW(GET, "/v2/a/tags/list", TAG_LIST, TAGS, PULL, "a", ""),
    ROW(GET, "/v2/a/b/tags/list", TAG_LIST, TAGS, PULL, "a/b", ""),
    ROW(GET, "/v2/a/manifests/v1", MANIFEST_GET, MANIFEST, PULL, "a", "v1"),
    ROW(HEAD, "/v2/a/manifests/v1", MANIFEST_HEAD, MANIFEST, PULL, "a", "v1"),
    ROW(PUT, "/v2/a/manifests/" D, MANIFEST_PUT, MANIFEST, PUSH, "a", D),
    ROW(DELETE, "/v2/a/manifests/v1", MANIFEST_DELETE, MANIFEST, DELETE, "a",
        "v1"),
    ROW(GET, "/v2/a/blobs/" D, BLOB_GET, BLOB, PULL, "a", D),
    ROW(HEAD, "/v2/a/blobs/" D, BLOB_HEAD, BLOB, PULL, "a", D),
    ROW(DELETE, "/v2/a/blobs/" D, BLOB_DELETE, BLOB, DELETE, "a", D),
    ROW(POST, "/v2/a/blobs/uploads/", UPLOAD_START, UPLOADS, PUSH, "a", ""),
    ROW(POST, "/v2/a/blobs/uploads", UPLOAD_START, UPLOADS, PUSH, "a", ""),
    ROW(GET, "/v2/a/blobs/uploads/" U, UPLOAD_STATUS, UPLOAD, PULL, "a", U),
    ROW(HEAD, "/v2/a/blobs/uploads/" U, UPLOAD_STATUS, UPLOAD, PULL, "a", U),
    ROW(PATCH, "/v2/a/blobs/uploads/" U, UPLOAD_PATCH, UPLOAD, PUSH, "a", U),
    ROW(PUT, "/v2/a/blobs/uploads/" U, UPLOAD_PUT, UPLOAD, PUSH, "a", U),
    ROW(DELETE, "/v2/a/blobs/uploads/" U, UPLOAD_CANCEL, UPLOAD, PUSH, "a", U),
    ROW(GET, "/v2/a/referrers/" D, REFERRER_LIST, REFERRERS, PULL, "a", D),
    /* names made of our own words: the path is read from its end */
    ROW(GET, "/v2/blobs/blobs/" D, BLOB_GET, BLOB, PULL, "blobs", D),
    ROW(GET, "/v2/a/blobs/manifests/b", MANIFEST_GET, MANIFEST, PULL, "a/blobs",
        "b"),
    ROW(GET, "/v2/a/manifests/blobs/" D, BLOB_GET, BLOB, PULL, "a/manifests",
        D),
    ROW(GET, "/v2/a/manifests/tags/list", TAG_LIST, TAGS, PULL, "a/manifests",
        ""),
    ROW(GET, "/v2/tags/list/tags/list", TAG_LIST, TAGS, PULL, "tags/list", ""),
    ROW(GET, "/v2/tags/tags/list", TAG_LIST, TAGS, PULL, "tags", ""),
    ROW(GET, "/v2/tags/manifests/list", MANIFEST_GET, MANIFEST, PULL, "tags",
        "list"),
    ROW(GET, "/v2/a/manifests/uploads", MANIFEST_GET, MANIFEST, PULL, "a",
        "uploads"),
    ROW(GET, "/v2/a/manifests/blobs", MANIFEST_GET, MANIFEST, PULL, "a",
        "blobs"),
    ROW(GET, "/v2/a/manifests/manifests", MANIFEST_GET, MANIFEST, PULL, "a",
        "manifests"),
    ROW(GET, "/v2/manifests/manifests/manifests", MANIFEST_GET, MANIFEST, PULL,
        "manifests", "manifests"),
    ROW(POST, "/v2/blobs/uploads/blobs/uploads/", UPLOAD_START, UPLOADS, PUSH,
        "blobs/uploads", ""),
    ROW(POST, "/v2/blobs/blobs/uploads", UPLOAD_START, UPLOADS, PUSH, "blobs",
        ""),
    ROW(PATCH, "/v2/a/blobs/uploads/blobs/uploads/" U, UPLOAD_PATCH, UPLOAD,
        PUSH, "a/blobs/uploads", U),
    ROW(GET, "/v2/uploads/blobs/uploads/" U, UPLOAD_STATUS, UPLOAD, PULL,
        "uploads", U),
    ROW(GET, "/v2/a/blobs/uploads/manifests/v1", MANIFEST_GET, MANIFEST, PULL,
        "a/blobs/uploads", "v1"),
    ROW(GET, "/v2/a/blobs/uploads/tags/list", TAG_LIST, TAGS, PULL,
        "a/blobs/uploads", ""),
    ROW(GET, "/v2/referrers/referrers/" D, REFERRER_LIST, REFERRERS, PULL,
        "referrers", D),
    ROW(GET, "/v2/v2/tags/list", TAG_LIST, TAGS, PULL, "v2", ""),
    ROW(GET, "/v2/catalog/tags/list", TAG_LIST, TAGS, PULL, "catalog", ""),
#undef ROW

#define ROW(method, path, act, kind, right, name, reference, image_id)         \
    {                                                                          \
        method, path, REG_ACT_V1_##act, REG_PATH_KIND_V1_##kind,               \
            REG_RIGHT_##right, name, reference, image_id                       \
    }
#define IMAGE(method, what, act, kind, right)                                  \
    ROW(method, "/v1/images/" ID64 "/" what, act, kind, right, "", "", ID64)
    /* every action of the original protocol */
    ROW(GET, "/v1/_ping", PING, PING, NONE, "", "", ""),
    ROW(HEAD, "/_ping", PING, PING, NONE, "", "", ""),
    IMAGE(GET, "json", IMAGE_JSON_GET, IMAGE_JSON, PULL),
    IMAGE(HEAD, "json", IMAGE_JSON_GET, IMAGE_JSON, PULL),
    IMAGE(PUT, "json", IMAGE_JSON_PUT, IMAGE_JSON, PUSH),
    IMAGE(GET, "layer", IMAGE_LAYER_GET, IMAGE_LAYER, PULL),
    IMAGE(HEAD, "layer", IMAGE_LAYER_HEAD, IMAGE_LAYER, PULL),
    IMAGE(PUT, "layer", IMAGE_LAYER_PUT, IMAGE_LAYER, PUSH),
    IMAGE(PUT, "checksum", IMAGE_CHECKSUM_PUT, IMAGE_CHECKSUM, PUSH),
    IMAGE(GET, "ancestry", IMAGE_ANCESTRY_GET, IMAGE_ANCESTRY, PULL),
    IMAGE(GET, "files", IMAGE_FILES_GET, IMAGE_FILES, PULL),
    IMAGE(GET, "diff", IMAGE_DIFF_GET, IMAGE_DIFF, PULL),
    ROW(GET, "/v1/images/" ID "/json", IMAGE_JSON_GET, IMAGE_JSON, PULL, "", "",
        ID),
    ROW(GET, "/v1/repositories/a/b/tags", TAG_LIST, TAGS, PULL, "a/b", "", ""),
    ROW(DELETE, "/v1/repositories/a/tags", TAG_LIST_DELETE, TAGS, DELETE, "a",
        "", ""),
    ROW(GET, "/v1/repositories/a/tags/V_1.0-x", TAG_GET, TAG, PULL, "a",
        "V_1.0-x", ""),
    ROW(PUT, "/v1/repositories/a/tags/v1", TAG_PUT, TAG, PUSH, "a", "v1", ""),
    ROW(DELETE, "/v1/repositories/a/tags/v1", TAG_DELETE, TAG, DELETE, "a",
        "v1", ""),
    ROW(GET, "/v1/repositories/a/tags/v1/json", TAG_JSON_GET, TAG_JSON, PULL,
        "a", "v1", ""),
    ROW(DELETE, "/v1/repositories/a/b/", REPOSITORY_DELETE, REPOSITORY, DELETE,
        "a/b", "", ""),
    ROW(GET, "/v1/repositories/a/json", REPOSITORY_JSON_GET, REPOSITORY_JSON,
        PULL, "a", "", ""),
    ROW(GET, "/v1/repositories/a/properties", PROPERTIES_GET, PROPERTIES, PULL,
        "a", "", ""),
    ROW(PUT, "/v1/repositories/a/properties", PROPERTIES_PUT, PROPERTIES, PUSH,
        "a", "", ""),
    ROW(GET, "/v1/users", USER_GET, USERS, INDEX, "", "", ""),
    ROW(POST, "/v1/users/", USER_POST, USERS, INDEX, "", "", ""),
    ROW(PUT, "/v1/users/al_ice/", USER_PUT, USER, INDEX, "", "al_ice", ""),
    ROW(PUT, "/v1/repositories/a/b/", ALLOCATE, REPOSITORY, INDEX, "a/b", "",
        ""),
    ROW(GET, "/v1/repositories/a/b/images", IMAGE_LIST_GET, IMAGE_LIST, INDEX,
        "a/b", "", ""),
    ROW(PUT, "/v1/repositories/a/images/", IMAGE_LIST_PUT, IMAGE_LIST, INDEX,
        "a", "", ""),
    ROW(DELETE, "/v1/repositories/a/images", IMAGE_LIST_DELETE, IMAGE_LIST,
        INDEX, "a", "", ""),
    ROW(PUT, "/v1/repositories/a/auth", AUTH_PUT, AUTH, INDEX, "a", "", ""),
    ROW(GET, "/v1/repositories/a/b/layer/" ID64 "/access", LAYER_ACCESS_GET,
        LAYER_ACCESS, INDEX, "a/b", "", ID64),
    ROW(GET, "/v1/search", SEARCH, SEARCH, INDEX, "", "", ""),
    /* bare names */
    ROW(GET, "/v1/repositories/library/a/tags", TAG_LIST, TAGS, PULL, "a", "",
        ""),
    ROW(PUT, "/v1/repositories/library/a", ALLOCATE, REPOSITORY, INDEX, "a", "",
        ""),
    ROW(GET, "/v1/repositories/library/tags", TAG_LIST, TAGS, PULL, "library",
        "", ""),
    ROW(GET, "/v1/repositories/library/a/b/tags", TAG_LIST, TAGS, PULL,
        "library/a/b", "", ""),
    /* words of ours in names and tags */
    ROW(GET, "/v1/repositories/a/tags/images", TAG_GET, TAG, PULL, "a",
        "images", ""),
    ROW(GET, "/v1/repositories/a/tags/json", TAG_GET, TAG, PULL, "a", "json",
        ""),
    ROW(GET, "/v1/repositories/a/tags/tags/", TAG_GET, TAG, PULL, "a", "tags",
        ""),
    ROW(GET, "/v1/repositories/a/tags/json/json", TAG_JSON_GET, TAG_JSON, PULL,
        "a", "json", ""),
    ROW(GET, "/v1/repositories/a/tags/b/tags/c", TAG_GET, TAG, PULL, "a/tags/b",
        "c", ""),
    ROW(GET, "/v1/repositories/a/tags/b/images", IMAGE_LIST_GET, IMAGE_LIST,
        INDEX, "a/tags/b", "", ""),
    ROW(PUT, "/v1/repositories/tags", ALLOCATE, REPOSITORY, INDEX, "tags", "",
        ""),
    ROW(PUT, "/v1/repositories/images/", ALLOCATE, REPOSITORY, INDEX, "images",
        "", ""),
    ROW(GET, "/v1/repositories/tags/tags", TAG_LIST, TAGS, PULL, "tags", "",
        ""),
    ROW(GET, "/v1/repositories/tags/json", REPOSITORY_JSON_GET, REPOSITORY_JSON,
        PULL, "tags", "", ""),
    ROW(GET, "/v1/repositories/layer/layer/" ID "/access", LAYER_ACCESS_GET,
        LAYER_ACCESS, INDEX, "layer", "", ID),
    ROW(PUT, "/v1/repositories/layer/" ID, ALLOCATE, REPOSITORY, INDEX,
        "layer/" ID, "", ""),
    ROW(PUT, "/v1/repositories/a/access", ALLOCATE, REPOSITORY, INDEX,
        "a/access", "", ""),
#undef IMAGE
#undef ROW
};


static void
requests_are_understood(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(good); i++) {
        reg_str_t path = exact(good[i].path);
        reg_err_t err = REG_ERR_N;
        reg_route_t r;

        check(reg_route_parse(good[i].method, path, &r, &err) == REG_OK, i,
              good[i].path);
        check(err == REG_ERR_N, i, good[i].path);
        check(r.act == good[i].act, i, good[i].path);
        check(r.kind == good[i].kind, i, good[i].path);
        check(r.right == good[i].right, i, good[i].path);
        check(reg_str_eq(r.name, reg_cstr(good[i].name)), i, good[i].path);
        check(reg_str_eq(r.reference, reg_cstr(good[i].reference)), i,
              good[i].path);
        check(reg_str_eq(r.image_id, reg_cstr(good[i].image_id)), i,
              good[i].path);
        check(r.has_digest == (strcmp(good[i].reference, D) == 0), i,
              good[i].path);
        check(!r.has_digest || reg_str_eq(r.digest.hex, reg_str(HEX)), i,
              good[i].path);
        free(path.data);
    }
}


static const char *const foreign[] = {
    "",
    "/",
    "v2",
    "v2/",
    "/v1",
    "/v1/",
    "/v1//",
    "/v1x",
    "/v1_ping",
    "/_pings",
    "/_ping/x",
    "/v1/_ping/x",
    "/v1/_ping//",
    "/v1/_status",
    "/V1/_ping",
    "/v1/search/x",
    "/v1/images",
    "/v1/images/",
    "/v1/images/" ID64,
    "/v1/images/" ID64 "/",
    "/v1/images/" ID64 "/Json",
    "/v1/images/" ID64 "/json/x",
    "/v1/images/" ID64 "/layer//",
    "/v1/images//json/",
    "/v1/repositories",
    "/v1/repositories/",
    "/v1/a/tags/list",
    "/v2/_ping",
    "/V2/",
    "/v2x",
    "/v2x/",
    "/v20/a/tags/list",
    "//v2/",
    "/v2//",
    "/v2/a",
    "/v2/a/",
    "/v2/a/b/c",
    "/v2/_catalog/",
    "/v2/_catalog/x",
    "/v2/a/_catalog",
    "/v2/_oci/ext/discover",
    "/v2/a/_oci/ext/discover",
    "/v2/tags/list",
    "/v2/manifests/v1",
    "/v2/blobs/" D,
    "/v2/blobs/uploads",
    "/v2/blobs/uploads/x/y",
    "/v2/referrers/" D,
    "/v2manifests/v1",
    "/v2/a/tags",
    "/v2/a/tags/",
    "/v2/a/tags/list/",
    "/v2/a/tags/list/x",
    "/v2/a/tags/List",
    "/v2/a/manifests",
    "/v2/a/manifests/v1/",
    "/v2/a/manifests/v1/x",
    "/v2/a/blobs",
    "/v2/a/blobs/" D "/",
    "/v2/a/blobs/uploads//",
    "/v2/a/blobs/uploads/" U "/",
    "/v2/a/blobs/uploads/" U "/x",
    "/v2/a/blobs//uploads/",
    "/v2/a/referrers",
    "/v2/a/referrers/" D "/",
    "/v2/../etc/passwd",
    "/v2?n=1",
};


static void
foreign_paths_are_declined(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(foreign); i++) {
        reg_str_t path = exact(foreign[i]);
        reg_err_t err = REG_ERR_N;
        reg_route_t r;

        check(reg_route_parse(GET, path, &r, &err) == REG_DECLINED, i,
              foreign[i]);
        check(r.act == REG_ACT_NONE && r.kind == REG_PATH_KIND_N, i,
              foreign[i]);
        free(path.data);
    }
}


static void
a_slash_too_many_is_left_out(void **state)
{
    static const char *const plain[] = {
        "/v2/_catalog",
        "/v2/a/tags/list",
        "/v2/a/manifests/v1",
        "/v2/a/manifests/blobs",
        "/v2/a/manifests/uploads",
        "/v2/a/b/manifests/" D,
        "/v2/a/blobs/" D,
        "/v2/a/blobs/uploads/" U,
        "/v2/a/referrers/" D,
        "/v2/tags/list/tags/list",
    };
    static const char *const others[] = {
        "",
        "/",
        "/v2/",
        "/v2//",
        "/v2/_catalog",
        "/v2/_catalog//",
        "/v2/a/",
        "/v2/a/blobs/uploads/",
        "/v2/a/blobs/uploads//",
        "/v2/A/tags/list/",
        "/v2//tags/list/",
        "/v2//a/tags/list/",
        "//host/v2/a/tags/list/",
        "/v2/../tags/list/",
        "/v2/a/tags/list//",
        "/v2/a/manifests/",
        "/v2/a/manifests/-v/",
        "/v2/a/manifests/v 1/",
        "/v2/a/manifests/v1?x=y/",
        "/v2/a/blobs/sha256:ab/",
        "/v2/a/blobs/uploads/x/",
        "/v2/a/referrers/v1/",
        "/v2/a/tags/",
        "/v1/_ping/",
        "/_ping/",
        "/v1/repositories/a/tags/",
        "/v1/images/" ID64 "/json/",
    };

    (void)state;

    for (size_t i = 0; i < N(plain); i++) {
        char text[512];
        reg_str_t path, plain_r;

        snprintf(text, sizeof(text), "%s/", plain[i]);
        path = exact(text);
        check(reg_route_plain(path, &plain_r) == REG_OK
                  && reg_str_eq(plain_r, reg_cstr(plain[i])),
              i, text);
        free(path.data);
    }

    for (size_t i = 0; i < N(others); i++) {
        reg_str_t path = exact(others[i]), plain_r;

        check(reg_route_plain(path, &plain_r) == REG_DECLINED, i, others[i]);
        free(path.data);
    }
}


static const struct {
    unsigned method;
    const char *path;
    reg_path_kind_t kind;
    reg_err_t err;
} bad[] = {
#define ROW(method, path, kind, err)                                           \
    {                                                                          \
        method, path, REG_PATH_KIND_##kind, REG_ERR_##err                      \
    }
    ROW(GET, "/v2/A/tags/list", TAGS, NAME_INVALID),
    ROW(GET, "/v2//tags/list", TAGS, NAME_INVALID),
    ROW(GET, "/v2/a//tags/list", TAGS, NAME_INVALID),
    ROW(GET, "/v2//a/tags/list", TAGS, NAME_INVALID),
    ROW(GET, "/v2/a/../b/tags/list", TAGS, NAME_INVALID),
    ROW(GET, "/v2/../manifests/v1", MANIFEST, NAME_INVALID),
    ROW(GET, "/v2/_catalog/tags/list", TAGS, NAME_INVALID),
    ROW(GET, "/v2/a/_uploads/manifests/v1", MANIFEST, NAME_INVALID),
    ROW(GET, "/v2//manifests/v1", MANIFEST, NAME_INVALID),
    ROW(GET, "/v2//blobs/" D, BLOB, NAME_INVALID),
    ROW(POST, "/v2//blobs/uploads/", UPLOADS, NAME_INVALID),
    ROW(GET, "/v2/a b/blobs/" D, BLOB, NAME_INVALID),
    ROW(GET, "/v2/a/blobs/sha256:baddigeststring", BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/blobs/", BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/blobs/uploads:", BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/blobs/list", BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/blobs/blake3:" HEX, BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/blobs/SHA256:" HEX, BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/blobs/..", BLOB, DIGEST_INVALID),
    ROW(GET, "/v2/a/referrers/", REFERRERS, DIGEST_INVALID),
    ROW(GET, "/v2/a/referrers/v1", REFERRERS, DIGEST_INVALID),
    ROW(GET, "/v2/a/referrers/sha256:0", REFERRERS, DIGEST_INVALID),
    ROW(GET, "/v2/a/manifests/sha256:totallywrong", MANIFEST, DIGEST_INVALID),
    ROW(GET, "/v2/a/manifests/:", MANIFEST, DIGEST_INVALID),
    ROW(GET, "/v2/a/manifests/sha512:" HEX, MANIFEST, DIGEST_INVALID),
    ROW(GET, "/v2/a/manifests/", MANIFEST, MANIFEST_UNKNOWN),
    ROW(GET, "/v2/a/manifests/..", MANIFEST, MANIFEST_UNKNOWN),
    ROW(HEAD, "/v2/a/manifests/-v", MANIFEST, MANIFEST_UNKNOWN),
    ROW(PUT, "/v2/a/manifests/-v", MANIFEST, TAG_INVALID),
    ROW(DELETE, "/v2/a/manifests/-v", MANIFEST, TAG_INVALID),
    ROW(0, "/v2/a/manifests/-v", MANIFEST, TAG_INVALID),
    ROW(GET, "/v2/a/manifests/v 1", MANIFEST, MANIFEST_UNKNOWN),
    ROW(GET, "/v2/a/manifests/v1?x=y", MANIFEST, MANIFEST_UNKNOWN),
    ROW(PATCH, "/v2/a/blobs/uploads/x", UPLOAD, BLOB_UPLOAD_UNKNOWN),
    ROW(GET, "/v2/a/blobs/uploads/..", UPLOAD, BLOB_UPLOAD_UNKNOWN),
    ROW(GET, "/v2/a/blobs/uploads/" D, UPLOAD, BLOB_UPLOAD_UNKNOWN),
    ROW(GET, "/v2/a/blobs/uploads/list", UPLOAD, BLOB_UPLOAD_UNKNOWN),
    ROW(POST, "/v2/", BASE, UNSUPPORTED),
    ROW(0, "/v2/", BASE, UNSUPPORTED),
    ROW(DELETE, "/v2/_catalog", CATALOG, UNSUPPORTED),
    ROW(POST, "/v2/a/tags/list", TAGS, UNSUPPORTED),
    ROW(POST, "/v2/a/manifests/v1", MANIFEST, UNSUPPORTED),
    ROW(PATCH, "/v2/a/manifests/v1", MANIFEST, UNSUPPORTED),
    ROW(PUT, "/v2/a/blobs/" D, BLOB, UNSUPPORTED),
    ROW(GET, "/v2/a/blobs/uploads/", UPLOADS, UNSUPPORTED),
    ROW(GET, "/v2/a/blobs/uploads", UPLOADS, UNSUPPORTED),
    ROW(POST, "/v2/a/blobs/uploads/" U, UPLOAD, UNSUPPORTED),
    ROW(0, "/v2/a/blobs/uploads/" U, UPLOAD, UNSUPPORTED),
    ROW(PUT, "/v2/a/referrers/" D, REFERRERS, UNSUPPORTED),
    ROW(0x40, "/v2/a/tags/list", TAGS, UNSUPPORTED),
    ROW(GET, "/v1/images/x/json", V1_IMAGE_JSON, IMAGE_ID_INVALID),
    ROW(GET, "/v1/images/0123456789abcdeF/json", V1_IMAGE_JSON,
        IMAGE_ID_INVALID),
    ROW(GET, "/v1/images/0123456789abcdeg/json", V1_IMAGE_JSON,
        IMAGE_ID_INVALID),
    ROW(PUT, "/v1/images/" ID64 "0/layer", V1_IMAGE_LAYER, IMAGE_ID_INVALID),
    ROW(GET, "/v1/images/../layer", V1_IMAGE_LAYER, IMAGE_ID_INVALID),
    ROW(GET, "/v1/images/" ID "/" ID "/layer", V1_IMAGE_LAYER,
        IMAGE_ID_INVALID),
    ROW(POST, "/v1/images/" ID "/json", V1_IMAGE_JSON, UNSUPPORTED),
    ROW(GET, "/v1/images/" ID "/checksum", V1_IMAGE_CHECKSUM, UNSUPPORTED),
    ROW(DELETE, "/v1/images/" ID "/layer", V1_IMAGE_LAYER, UNSUPPORTED),
    ROW(PUT, "/v1/images/" ID "/ancestry", V1_IMAGE_ANCESTRY, UNSUPPORTED),
    ROW(PUT, "/v1/repositories/A/", V1_REPOSITORY, NAME_INVALID),
    ROW(PUT, "/v1/repositories//", V1_REPOSITORY, NAME_INVALID),
    ROW(PUT, "/v1/repositories/a//b/", V1_REPOSITORY, NAME_INVALID),
    ROW(GET, "/v1/repositories/../tags", V1_TAGS, NAME_INVALID),
    ROW(GET, "/v1/repositories/library/A/tags", V1_TAGS, NAME_INVALID),
    ROW(GET, "/v1/repositories/a/tags//", V1_REPOSITORY, NAME_INVALID),
    ROW(GET, "/v1/repositories//tags/v1", V1_REPOSITORY, NAME_INVALID),
    ROW(PUT, "/v1/repositories/a/tags/$<invalid>", V1_TAG, TAG_INVALID),
    ROW(GET, "/v1/repositories/a/tags/.invalid", V1_TAG, TAG_INVALID),
    ROW(DELETE, "/v1/repositories/a/tags/-invalid", V1_TAG, TAG_INVALID),
    ROW(GET, "/v1/repositories/a/tags/../json", V1_TAG_JSON, TAG_INVALID),
    ROW(POST, "/v1/repositories/a/tags/v1", V1_TAG, UNSUPPORTED),
    ROW(PUT, "/v1/repositories/a/tags", V1_TAGS, UNSUPPORTED),
    ROW(GET, "/v1/repositories/a", V1_REPOSITORY, UNSUPPORTED),
    ROW(GET, "/v1/repositories/a/layer/x/access", V1_LAYER_ACCESS,
        IMAGE_ID_INVALID),
    ROW(PUT, "/v1/users//", V1_USER, NAME_INVALID),
    ROW(PUT, "/v1/users/A", V1_USER, NAME_INVALID),
    ROW(PUT, "/v1/users/a/b", V1_USER, NAME_INVALID),
    ROW(GET, "/v1/users/alice", V1_USER, UNSUPPORTED),
    ROW(PUT, "/v1/users", V1_USERS, UNSUPPORTED),
    ROW(POST, "/v1/_ping", V1_PING, UNSUPPORTED),
    ROW(0, "/v1/search", V1_SEARCH, UNSUPPORTED),
#undef ROW
};


static void
mistakes_have_their_code(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(bad); i++) {
        reg_str_t path = exact(bad[i].path);
        reg_err_t err = REG_ERR_N;
        reg_route_t r;

        check(reg_route_parse(bad[i].method, path, &r, &err) == REG_ERROR, i,
              bad[i].path);
        check(err == bad[i].err, i, bad[i].path);
        check(r.kind == bad[i].kind, i, bad[i].path);
        check(err != REG_ERR_UNSUPPORTED || r.act == REG_ACT_NONE, i,
              bad[i].path);
        check(err != REG_ERR_NAME_INVALID || r.name.len == 0, i, bad[i].path);
        free(path.data);
    }
}


static bool
name_is_routed(reg_str_t name)
{
    char path[512];
    int len = snprintf(path, sizeof(path), "/v2/%.*s/manifests/v1",
                       (int)name.len, (const char *)name.data);
    reg_err_t err = REG_ERR_N;
    reg_route_t r;

    return reg_route_parse(
               GET, (reg_str_t){ (size_t)len, (unsigned char *)path }, &r, &err)
               == REG_OK
           && reg_str_eq(r.name, name);
}


static bool
name_is_refused(reg_str_t name)
{
    char path[512];
    int len = snprintf(path, sizeof(path), "/v2/%.*s/manifests/v1",
                       (int)name.len, (const char *)name.data);
    reg_err_t err = REG_ERR_N;
    reg_route_t r;

    return reg_route_parse(
               GET, (reg_str_t){ (size_t)len, (unsigned char *)path }, &r, &err)
               == REG_ERROR
           && err == REG_ERR_NAME_INVALID;
}


static void
paths_of_the_original_protocol(void **state)
{
    static const struct {
        const char *path;
        bool is_v1;
    } cases[] = {
        { "/v1", true },     { "/v1/", true },      { "/v1/x", true },
        { "/_ping", true },  { "/_ping/", false },  { "/v1x", false },
        { "/v10/", false },  { "/v2/", false },     { "", false },
        { "/v2/v1", false }, { "v1/", false },      { "/v", false },
        { "//v1/", false },  { "/v1/../v2", true },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t path = exact(cases[i].path);

        check(reg_path_is_v1(path) == cases[i].is_v1, i, cases[i].path);
        free(path.data);
    }
}


static void
names_of_the_vectors(void **state)
{
    json_t *names = vectors_load("names.json");
    json_t *kind = json_object_get(names, "repository");

    (void)state;

    vectors_each(json_object_get(kind, "valid"), name_is_routed);
    vectors_each(json_object_get(kind, "invalid"), name_is_refused);
    json_decref(names);
}


static void
longest_name_is_taken(void **state)
{
    unsigned char name[REG_NAME_MAX + 1];

    (void)state;

    memset(name, 'a', sizeof(name));
    assert_true(name_is_routed((reg_str_t){ REG_NAME_MAX, name }));
    assert_true(name_is_refused((reg_str_t){ REG_NAME_MAX + 1, name }));
}


static void
a_nul_is_no_end(void **state)
{
    reg_err_t err = REG_ERR_N;
    reg_route_t r;

    (void)state;

    assert_int_equal(
        reg_route_parse(GET, reg_str("/v2/a/manifests/v1\0x"), &r, &err),
        REG_ERROR);
    assert_int_equal(err, REG_ERR_MANIFEST_UNKNOWN);
    assert_int_equal(
        reg_route_parse(GET, reg_str("/v2/a\0/manifests/v1"), &r, &err),
        REG_ERROR);
    assert_int_equal(err, REG_ERR_NAME_INVALID);
    assert_int_equal(reg_route_parse(GET, reg_str("/v2/\0"), &r, &err),
                     REG_DECLINED);
}


static void
actions_have_names(void **state)
{
    reg_act_t act;

    (void)state;

    for (int i = 0; i < REG_ACT_NONE; i++) {
        const char *name = reg_act_name((reg_act_t)i);

        assert_int_equal(reg_act_parse(reg_cstr(name), &act), REG_OK);
        assert_int_equal(act, i);
    }

    assert_string_equal(reg_act_name(REG_ACT_MANIFEST_GET), "manifest_get");
    assert_string_equal(reg_act_name(REG_ACT_NONE), "");
    assert_int_equal(reg_act_parse(reg_str(""), &act), REG_DECLINED);
    assert_int_equal(reg_act_parse(reg_str("BASE"), &act), REG_DECLINED);
    assert_int_equal(reg_act_parse(reg_str("bas"), &act), REG_DECLINED);
}


/* The methods that some of a path's rows have, in the order of Allow. */
static void
check_allow(reg_allow_t which, unsigned among, bool may_delete)
{
    static const struct {
        unsigned bit;
        const char *name;
    } methods[] = {
        { GET, "GET" }, { HEAD, "HEAD" },   { POST, "POST" },
        { PUT, "PUT" }, { PATCH, "PATCH" }, { DELETE, "DELETE" },
    };
    static const struct {
        reg_path_kind_t kind;
        unsigned methods;
        reg_right_t right;
    } rows[] = {
#define REG_ACT(NAME, name, path, methods, right)                              \
    { REG_PATH_KIND_##path, methods, right },
#include "common/actions.def"
#undef REG_ACT
    };

    for (int kind = 0; kind < REG_PATH_KIND_N; kind++) {
        char allow[64] = "";
        unsigned all = 0;

        for (size_t i = 0; i < N(rows); i++) {
            if ((int)rows[i].kind == kind
                && (may_delete || rows[i].right != REG_RIGHT_DELETE)) {
                all |= rows[i].methods;
            }
        }

        for (size_t i = 0; i < N(methods); i++) {
            size_t len = strlen(allow);

            if (all & among & methods[i].bit) {
                snprintf(allow + len, sizeof(allow) - len, "%s%s",
                         len == 0 ? "" : ", ", methods[i].name);
            }
        }

        assert_string_equal(reg_path_allow((reg_path_kind_t)kind, which),
                            allow);
    }

    assert_string_equal(reg_path_allow(REG_PATH_KIND_N, which), "");
}


static void
allow_names_the_methods_of_the_table(void **state)
{
    (void)state;

    check_allow(REG_ALLOW_ALL, ~0u, true);
    check_allow(REG_ALLOW_KEEPING, ~0u, false);
    check_allow(REG_ALLOW_READING, GET | HEAD, true);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_understood),
        cmocka_unit_test(foreign_paths_are_declined),
        cmocka_unit_test(a_slash_too_many_is_left_out),
        cmocka_unit_test(mistakes_have_their_code),
        cmocka_unit_test(paths_of_the_original_protocol),
        cmocka_unit_test(names_of_the_vectors),
        cmocka_unit_test(longest_name_is_taken),
        cmocka_unit_test(a_nul_is_no_end),
        cmocka_unit_test(actions_have_names),
        cmocka_unit_test(allow_names_the_methods_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
