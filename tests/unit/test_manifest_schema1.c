/* test_manifest_schema1.c: what is stored is understood, also what is no longer
 * taken. */

#include "reg_unit.h"
#include "fcgi_registry/manifest/manifest_schema1.h"

#define A "sha256:" HEX64("a")
#define B "sha256:" HEX64("b")
#define HEX64(c) HEX16(c) HEX16(c) HEX16(c) HEX16(c)
#define HEX16(c) c c c c c c c c c c c c c c c c


static int
parse(pool_t *pool, const char *text, manifest_t *manifest)
{
    const char *error = NULL;
    int rc = manifest_parse_any(pool, reg_cstr(text), manifest, &error);

    assert_true(rc == OK || error != NULL);

    return rc;
}


static void
layers_of_schema_1(void **state)
{
    static const struct {
        const char *text;
        int n; /* references; -1: refused */
    } cases[] = {
        { "{\"schemaVersion\":1,\"fsLayers\":[]}", 0 },
        { "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"" A "\"}]}", 1 },
        { "{\"fsLayers\":[{\"blobSum\":\"" A "\"},{\"blobSum\":\"" B "\"},"
          "{\"blobSum\":\"" A "\"}],\"schemaVersion\":1,\"signatures\":[{}]}",
          3 },
        { "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"md5:00\"}]}", 1 },
        { "{\"schemaVersion\":1}", -1 },
        { "{\"schemaVersion\":1,\"fsLayers\":{}}", -1 },
        { "{\"schemaVersion\":1,\"fsLayers\":[3]}", -1 },
        { "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":3}]}", -1 },
        { "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"\"}]}", -1 },
        { "{\"schemaVersion\":1,\"fsLayers\":[{}]}", -1 },
        { "{\"schemaVersion\":3,\"fsLayers\":[]}", -1 },
        { "{\"schemaVersion\":1", -1 },
        { "[1]", -1 },
        { "", -1 },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        manifest_t manifest;
        int rc = parse(pool, cases[i].text, &manifest);

        check(rc == (cases[i].n < 0 ? ERROR : OK), i, cases[i].text);
        check(rc != OK || manifest.n == (size_t)cases[i].n, i, cases[i].text);
        pool_reset(pool);
    }

    pool_destroy(pool);
}


static void
schema_1_says_no_sizes(void **state)
{
    pool_t *pool = pool_create();
    manifest_t manifest;

    (void)state;

    assert_int_equal(
        parse(pool,
              "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"" A "\"}]}",
              &manifest),
        OK);
    assert_true(manifest.references[0].is_known);
    assert_false(manifest.references[0].is_optional);
    assert_true(manifest.references[0].size == MANIFEST_SIZE_UNKNOWN);
    assert_true(reg_str_eq(manifest.references[0].text, reg_str(A)));
    assert_false(manifest.is_index);
    assert_false(manifest.has_subject);

    pool_destroy(pool);
}


static void
schema_2_is_what_it_was(void **state)
{
    pool_t *pool = pool_create();
    manifest_t manifest;

    (void)state;

    assert_int_equal(
        parse(pool,
              "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x/y\","
              "\"digest\":\"" A "\",\"size\":7},\"layers\":[]}",
              &manifest),
        OK);
    assert_int_equal(manifest.n, 1);
    assert_true(manifest.references[0].size == 7);

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_of_schema_1),
        cmocka_unit_test(schema_1_says_no_sizes),
        cmocka_unit_test(schema_2_is_what_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
