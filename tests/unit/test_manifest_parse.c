/* test_manifest_parse.c: what a manifest says, and what is none. */

#include "reg_unit.h"
#include "fcgi_registry/manifest/manifest_parse.h"
#include "common/manifest_scan.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define LAYER "{\"mediaType\":\"l\",\"size\":2,\"digest\":\"sha256:" HEX "\"}"
#define CONFIG "{\"mediaType\":\"c\",\"size\":2,\"digest\":\"sha256:" HEX "\"}"
#define TYPE(type) "\"mediaType\":\"" type "\","
#define HEAD "{\"schemaVersion\":2,"
#define IMAGE(more) HEAD TYPE(REG_MT_OCI_MANIFEST) "\"config\":" CONFIG more "}"
#define INDEX(more) HEAD TYPE(REG_MT_OCI_INDEX) "\"manifests\":[]" more "}"
#define LAYER_OF(text) "{\"size\":2,\"digest\":" text "}"
#define LAYER_WITH(more)                                                       \
    IMAGE(",\"layers\":[{\"size\":2,\"digest\":\"sha256:" HEX "\"," more "}]")
#define DIGEST_OF(text)                                                        \
    HEAD "\"config\":" CONFIG ",\"layers\":[" LAYER_OF(text) "]}"

static const struct {
    const char *text;
    const char *content_type;
    size_t n; /* references */
    const char *media_type;
} accepted[] = {
    { IMAGE(""), "", 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"layers\":[]"), REG_MT_OCI_MANIFEST, 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"layers\":null"), "", 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"layers\":[" LAYER "," LAYER "]"), "", 3, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"manifests\":null"), "", 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"unknown\":{\"a\":[1]}"), "", 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"annotations\":{}"), "", 1, REG_MT_OCI_MANIFEST },
    { HEAD "\"config\":" CONFIG "}", "", 1, REG_MT_OCI_MANIFEST },
    { HEAD "\"config\":" CONFIG "}", REG_MT_OCI_MANIFEST, 1,
      REG_MT_OCI_MANIFEST },
    { HEAD "\"manifests\":[]}", "", 0, REG_MT_OCI_INDEX },
    { INDEX(""), REG_MT_OCI_INDEX, 0, REG_MT_OCI_INDEX },
    { HEAD TYPE(REG_MT_OCI_INDEX) "\"manifests\":[" LAYER "]}", "", 1,
      REG_MT_OCI_INDEX },
    { HEAD TYPE(REG_MT_DOCKER_LIST) "\"manifests\":[" LAYER "]}",
      REG_MT_DOCKER_LIST, 1, REG_MT_DOCKER_LIST },
    { HEAD TYPE(REG_MT_DOCKER_MANIFEST) "\"config\":" CONFIG "}",
      REG_MT_DOCKER_MANIFEST, 1, REG_MT_DOCKER_MANIFEST },
    { DIGEST_OF("\"blake3:" HEX "\""), "", 2, REG_MT_OCI_MANIFEST },
    { LAYER_WITH("\"urls\":[\"u\"],\"annotations\":{\"a\":\"b\"},"
                 "\"artifactType\":\"a/b\",\"data\":\"aGk=\","
                 "\"platform\":{\"os\":\"o\",\"os.features\":[\"f\"],"
                 "\"more\":1}"),
      "", 2, REG_MT_OCI_MANIFEST },
    { LAYER_WITH("\"urls\":null,\"annotations\":{\"a\":null},"
                 "\"artifactType\":null,\"data\":null,"
                 "\"platform\":{\"os\":null,\"features\":[null]}"),
      "", 2, REG_MT_OCI_MANIFEST },
    { LAYER_WITH("\"platform\":null,\"more\":1"), "", 2, REG_MT_OCI_MANIFEST },
    { LAYER_WITH("\"data\":\"\""), "", 2, REG_MT_OCI_MANIFEST },
    /* stored already */
    { LAYER_WITH("\"urls\":\"u\""), NULL, 2, REG_MT_OCI_MANIFEST },
    { HEAD "\"config\":" CONFIG ",\"layers\":[{\"digest\":\"sha256:" HEX
           "\"}]}",
      NULL, 2, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"subject\":1"), NULL, 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"annotations\":{\"a\":1}"), NULL, 1, REG_MT_OCI_MANIFEST },
    { IMAGE(",\"artifactType\":1"), NULL, 1, REG_MT_OCI_MANIFEST },
};

static const struct {
    const char *text;
    const char *content_type;
} refused[] = {
    { "", "" },
    { "[]", "" },
    { "{}", "" },
    { "{\"schemaVersion\":1,\"config\":" CONFIG "}", "" },
    { "{\"schemaVersion\":\"2\",\"config\":" CONFIG "}", "" },
    { "{\"config\":" CONFIG "}", "" },
    { IMAGE("") "x", "" },
    { IMAGE(",\"config\":" CONFIG), "" },
    { IMAGE(",\"manifests\":[]"), "" },
    { IMAGE(",\"Layers\":[]"), "" },
    { IMAGE(",\"layers\":{}"), "" },
    { IMAGE(",\"layers\":{}"), NULL },
    { IMAGE(",\"Layers\":[]"), NULL },
    { HEAD "\"config\":" CONFIG ",\"layers\":[{\"size\":2}]}", NULL },
    { LAYER_WITH("\"urls\":\"u\""), "" },
    { LAYER_WITH("\"urls\":[1]"), "" },
    { LAYER_WITH("\"URLs\":[]"), "" },
    { LAYER_WITH("\"annotations\":[]"), "" },
    { LAYER_WITH("\"annotations\":{\"a\":1}"), "" },
    { LAYER_WITH("\"artifactType\":1"), "" },
    { LAYER_WITH("\"data\":1"), "" },
    { LAYER_WITH("\"data\":\"aGk\""), "" },
    { LAYER_WITH("\"data\":\"a===\""), "" },
    { LAYER_WITH("\"data\":\"a=Gk\""), "" },
    { LAYER_WITH("\"data\":\"a-Gk\""), "" },
    { LAYER_WITH("\"platform\":\"linux\""), "" },
    { LAYER_WITH("\"Platform\":{}"), "" },
    { LAYER_WITH("\"platform\":{\"os\":1}"), "" },
    { LAYER_WITH("\"platform\":{\"OS\":1}"), "" },
    { LAYER_WITH("\"platform\":{\"o\xc5\xbf\":1}"), "" },
    { LAYER_WITH("\"platform\":{\"os.features\":\"f\"}"), "" },
    { LAYER_WITH("\"platform\":{\"variant\":[]}"), "" },
    { IMAGE(",\"layers\":[null]"), "" },
    { IMAGE(",\"annotations\":[]"), "" },
    { IMAGE(",\"annotations\":{\"a\":1}"), "" },
    { IMAGE(",\"artifactType\":1"), "" },
    { IMAGE(",\"subject\":1"), "" },
    { IMAGE(",\"subject\":{\"size\":1,\"digest\":\"x\"}"), "" },
    { IMAGE(""), REG_MT_OCI_INDEX },
    { IMAGE(""), REG_MT_DOCKER_MANIFEST },
    { IMAGE(""), "application/json" },
    { INDEX(",\"config\":" CONFIG), "" },
    { INDEX(",\"layers\":[]"), "" },
    { INDEX(",\"fsLayers\":[]"), "" },
    { HEAD "\"mediaType\":1,\"config\":" CONFIG "}", "" },
    { HEAD TYPE("application/x") "\"config\":" CONFIG "}", "" },
    { HEAD "\"layers\":[]}", "" },
    { HEAD "\"config\":[]}", "" },
    { HEAD "\"config\":" CONFIG ",\"layers\":[{\"digest\":\"sha256:" HEX
           "\"}]}",
      "" },
    { HEAD "\"config\":" CONFIG ",\"layers\":[{\"size\":-1,\"digest\":"
           "\"sha256:" HEX "\"}]}",
      "" },
    { HEAD "\"config\":" CONFIG ",\"layers\":[{\"size\":1,\"Digest\":\"x\","
           "\"digest\":\"sha256:" HEX "\"}]}",
      "" },
    { DIGEST_OF("\"\""), "" },
    { DIGEST_OF("5"), "" },
    { DIGEST_OF("null"), "" },
    { DIGEST_OF("\"sha256:0\""), "" },
    { DIGEST_OF("\"sha256:../../../etc\""), "" },
};


static void
accepted_manifests(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(accepted); i++) {
        str_t text = exact(accepted[i].text);
        const char *error = "";
        manifest_t manifest;
        int rc = manifest_parse(pool, text, accepted[i].content_type, &manifest,
                                &error);

        check(rc == OK, i, error);
        check(manifest.n == accepted[i].n, i, accepted[i].text);
        check(reg_str_eq(manifest.media_type, reg_cstr(accepted[i].media_type)),
              i, accepted[i].text);
        free(text.data);
    }

    pool_destroy(pool);
}


static void
refused_manifests(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(refused); i++) {
        str_t text = exact(refused[i].text);
        const char *error = NULL;
        manifest_t manifest;
        int rc = manifest_parse(pool, text, refused[i].content_type, &manifest,
                                &error);

        check(rc == ERROR && error != NULL, i, refused[i].text);
        free(text.data);
    }

    pool_destroy(pool);
}


/* What is served later depends on the stored bytes alone. */
static void
the_scanner_sees_the_same_type(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(accepted); i++) {
        reg_manifest_scan_t scan;

        reg_manifest_scan_init(&scan);
        reg_manifest_scan_feed(&scan, accepted[i].text,
                               strlen(accepted[i].text));
        assert_string_equal(reg_manifest_scan_type(&scan),
                            accepted[i].media_type);
    }
}


static void
artifact_type(void **state)
{
    static const struct {
        const char *text, *type;
    } cases[] = {
        { IMAGE(""), "c" },
        { IMAGE(",\"artifactType\":\"a\""), "a" },
        { IMAGE(",\"artifactType\":\"\""), "c" },
        { INDEX(""), "" },
        { INDEX(",\"artifactType\":\"a\""), "a" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *error;
        manifest_t manifest;

        assert_int_equal(manifest_parse(pool, reg_cstr(cases[i].text), "",
                                        &manifest, &error),
                         OK);
        check(reg_str_eq(manifest.artifact_type, reg_cstr(cases[i].type)), i,
              cases[i].text);
    }

    pool_destroy(pool);
}


static void
subject_and_nondistributable_layers(void **state)
{
    static const char text[] = IMAGE(
        ",\"subject\":" LAYER ",\"layers\":[{\"mediaType\":"
        "\"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip\","
        "\"size\":2,\"digest\":\"sha256:" HEX "\"}," LAYER "]");
    pool_t *pool = pool_create();
    const char *error;
    manifest_t manifest;

    (void)state;

    assert_int_equal(
        manifest_parse(pool, reg_cstr(text), "", &manifest, &error), OK);
    assert_true(manifest.has_subject);
    assert_true(manifest.subject.is_known);
    assert_true(reg_str_eq(manifest.subject.digest.hex, reg_str(HEX)));
    assert_false(manifest.references[0].is_optional);
    assert_true(manifest.references[1].is_optional);
    assert_false(manifest.references[2].is_optional);

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_manifests),
        cmocka_unit_test(refused_manifests),
        cmocka_unit_test(the_scanner_sees_the_same_type),
        cmocka_unit_test(artifact_type),
        cmocka_unit_test(subject_and_nondistributable_layers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
