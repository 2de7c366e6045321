/* test_record.c: what a manifest says of itself in an event. */

#include "reg_unit.h"
#include "fcgi_registry/manifest/manifest_schema1.h"
#include "fcgi_registry/spool/record.h"
#include "fcgi_registry/spool/spool.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DIGEST "sha256:" HEX
#define PART(size) "{\"digest\":\"" DIGEST "\",\"size\":" #size "}"
#define IMAGE(config, layers, more)                                            \
    "{\"schemaVersion\":2,\"config\":" config ",\"layers\":[" layers "]" more  \
    "}"
#define SUBJECT(digest) ",\"subject\":{\"digest\":\"" digest "\",\"size\":1}"


static void
manifests_are_described(void **state)
{
    static const struct {
        const char *manifest;
        const char *expected;
    } cases[] = {
        { IMAGE(PART(1), PART(20) "," PART(300), ""), "{\"contentSize\":321}" },
        { IMAGE(PART(0), "", ""), "{\"contentSize\":0}" },
        { IMAGE(PART(9223372036854775807), PART(1), ""),
          "{\"contentSize\":9223372036854775807}" },
        { IMAGE(PART(1), PART(9223372036854775807) "," PART(5), ""),
          "{\"contentSize\":9223372036854775807}" },
        { IMAGE(PART(1), "", ",\"artifactType\":\"a/b\"" SUBJECT(DIGEST)),
          "{\"contentSize\":1,\"artifactType\":\"a/b\",\"subject\":\"" DIGEST
          "\"}" },
        { IMAGE(PART(1), "", SUBJECT("other:abc")), "{\"contentSize\":1}" },
        { "{\"schemaVersion\":2,\"manifests\":[" PART(1) "]}", "{}" },
        { "{\"schemaVersion\":2,\"manifests\":[]}", "{}" },
        { "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"" DIGEST "\"}]}",
          "{}" },
        { "{\"schemaVersion\":1,\"fsLayers\":[]}", "{}" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object = json_pooled(pool, json_object());
        manifest_t manifest;
        const char *error;
        char text[512] = "";

        assert_int_equal(manifest_parse_any(pool, reg_cstr(cases[i].manifest),
                                            &manifest, &error),
                         OK);
        record_manifest(object, &manifest);
        json_dumpb(object, text, sizeof(text) - 1, JSON_COMPACT);
        assert_string_equal(text, cases[i].expected);
    }

    pool_destroy(pool);
}


static void
a_line_has_its_end_and_a_limit(void **state)
{
    pool_t *pool = pool_create();
    size_t len = SPOOL_LINE_MAX - 1 - sizeof("{\"x\":\"\"}") + 1;
    char *text = pool_alloc(pool, len + 2);
    str_t line;

    (void)state;
    memset(text, 'x', len);
    assert_int_equal(record_print(pool, json_pack("{s:s}", "x", text), &line),
                     OK);
    assert_int_equal(line.len, SPOOL_LINE_MAX);
    assert_int_equal(line.data[line.len - 1], '\n');
    text[len] = 'x';
    assert_int_equal(record_print(pool, json_pack("{s:s}", "x", text), &line),
                     ERROR);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifests_are_described),
        cmocka_unit_test(a_line_has_its_end_and_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
