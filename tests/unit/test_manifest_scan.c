/* test_manifest_scan.c: the media type of a stored manifest. */

#include "reg_unit.h"
#include "common/manifest_scan.h"

#define MANIFEST REG_MT_OCI_MANIFEST
#define INDEX REG_MT_OCI_INDEX
#define LIST REG_MT_DOCKER_LIST
#define DOCKER REG_MT_DOCKER_MANIFEST
#define V1 REG_MT_DOCKER_V1
#define SIGNED REG_MT_DOCKER_V1_SIGNED

static const struct {
    const char *text;
    const char *type;
} cases[] = {
    /* what there is in the wild */
    { "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER "\",\"config\":{}}",
      DOCKER },
    { "{\n   \"schemaVersion\": 2,\n   \"mediaType\": \"" LIST "\",\n"
      "   \"manifests\": [\n      {\"mediaType\": \"" DOCKER "\"}]\n}\n",
      LIST },
    { "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/vnd.oci."
      "image.config.v1+json\"},\"layers\":[{\"mediaType\":\"" LIST "\"}]}",
      MANIFEST },
    { "{\"schemaVersion\":2,\"manifests\":[]}", INDEX },
    { "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"x\"}]}", INDEX },
    { "{\"mediaType\":\"application/vnd.oci.artifact.manifest.v1+json\"}",
      "application/vnd.oci.artifact.manifest.v1+json" },
    { "{\"schemaVersion\":1,\"name\":\"a\",\"fsLayers\":[],\"signatures\":[{}]"
      "}",
      SIGNED },
    { "{\"schemaVersion\":1,\"name\":\"a\",\"fsLayers\":[]}", V1 },

    /* the key at the end, behind a lot that looks like it */
    { "{\"a\":\"mediaType\",\"b\":{\"mediaType\":\"" LIST
      "\",\"manifests\":[]},"
      "\"c\":[\"mediaType\",\"" LIST "\"],\"mediaType\":\"" DOCKER "\"}",
      DOCKER },
    { "{\"annotations\":{\"mediaType\":\"" LIST "\",\"}\":\"]}\\\"\","
      "\"\\\\\":\"{[\"},\"mediaType\":\"" DOCKER "\"}",
      DOCKER },
    { "{\"a\":\"\\\"mediaType\\\":\\\"" LIST "\\\"\"}", MANIFEST },
    { "{\"a\":\"\\\\\",\"mediaType\":\"" DOCKER "\"}", DOCKER },

    /* escapes */
    { "{\"mediaT\\u0079pe\":\"" DOCKER "\"}", DOCKER },
    { "{\"\\u006dedia\\u0054ype\":\"" DOCKER "\"}", DOCKER },
    { "{\"\\u006Dedia\\u0054ype\":\"" DOCKER "\"}", DOCKER },
    { "{\"mediaType\":\"application\\/vnd.x\\u002bjson\"}",
      "application/vnd.x+json" },
    { "{\"manif\\u0065sts\":[]}", INDEX },
    { "{\"mediaType\\u0000\":\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaType\\n\":\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaTyp\\u0165\":\"" DOCKER "\"}", MANIFEST }, /* not a 'e' */
    { "{\"mediaType\\ud83d\\udc33\":\"" DOCKER "\"}", MANIFEST },
    { "{\"\\m\":1,\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"\\u00g0\":1,\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x\\u0022+json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x\\r\\nA: b+json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x\\u000d\\u000a+json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x\\u0000+json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x\xc3\xa9+json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x\xff+json\"}", MANIFEST },

    /* keys are compared exactly */
    { "{\"MediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"MEDIATYPE\":\"" DOCKER "\",\"Manifests\":[]}", MANIFEST },
    { "{\"manife\xc5\xbfts\":[]}", MANIFEST },
    { "{\"mediaTyp\":\"" DOCKER "\",\"mediaTypes\":\"" LIST "\"}", MANIFEST },
    { "{\"\":\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaTypemediaTypemediaTypemediaTypemediaType\":\"" DOCKER "\"}",
      MANIFEST },

    /* the last member of a key counts */
    { "{\"mediaType\":\"" LIST "\",\"mediaType\":\"" DOCKER "\"}", DOCKER },
    { "{\"mediaType\":\"" LIST "\",\"mediaType\":null}", MANIFEST },
    { "{\"mediaType\":\"" LIST "\",\"mediaType\":{}}", MANIFEST },
    { "{\"mediaType\":\"" LIST "\",\"mediaType\":\"text/html\"}", MANIFEST },
    { "{\"mediaType\":\"" LIST "\",\"mediaT\\u0079pe\":\"" DOCKER "\"}",
      DOCKER },
    { "{\"manifests\":[],\"manifests\":null}", MANIFEST },
    { "{\"manifests\":null,\"manifests\":[]}", INDEX },
    { "{\"manifests\":[],\"manifests\":\"[]\"}", MANIFEST },
    { "{\"schemaVersion\":1,\"schemaVersion\":2}", MANIFEST },
    { "{\"schemaVersion\":2,\"schemaVersion\":1}", V1 },
    { "{\"schemaVersion\":1,\"signatures\":[],\"signatures\":0}", V1 },

    /* values of another kind */
    { "{\"manifests\":null}", MANIFEST },
    { "{\"manifests\":{}}", MANIFEST },
    { "{\"manifests\":\"[]\"}", MANIFEST },
    { "{\"manifests\":0}", MANIFEST },
    { "{\"manifests\":true}", MANIFEST },
    { "{\"mediaType\":null,\"manifests\":[]}", INDEX },
    { "{\"mediaType\":\"\",\"manifests\":[]}", INDEX },
    { "{\"mediaType\":2,\"manifests\":[]}", INDEX },
    { "{\"mediaType\":[\"" DOCKER "\"],\"manifests\":[]}", INDEX },
    { "{\"schemaVersion\":\"1\"}", MANIFEST },
    { "{\"schemaVersion\":1.0}", MANIFEST },
    { "{\"schemaVersion\":10}", MANIFEST },
    { "{\"schemaVersion\":-1}", MANIFEST },
    { "{\"schemaVersion\":[1]}", MANIFEST },
    { "{\"schemaVersion\":11111111111111111111111111111111111111111}",
      MANIFEST },
    { "{\"schemaVersion\" : 1 , \"x\":-1.5e+10}", V1 },
    { "{\"schemaVersion\":1}", V1 },
    { "{\"schemaVersion\":1,\"mediaType\":\"" LIST "\"}", V1 },
    { "{\"a\":[1,2,[3,{\"b\":null}]],\"c\":false,\"manifests\":[]}", INDEX },

    /* types that are not believed */
    { "{\"mediaType\":\"text/html\"}", MANIFEST },
    { "{\"mediaType\":\"application/xhtml+xml\"}", MANIFEST },
    { "{\"mediaType\":\"image/svg+xml\"}", MANIFEST },
    { "{\"mediaType\":\"application/json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.wap.xhtml+xml\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.x+json; charset=utf-8\"}", MANIFEST },
    { "{\"mediaType\":\" " DOCKER "\"}", MANIFEST },
    { "{\"mediaType\":\"" DOCKER " \"}", MANIFEST },
    { "{\"mediaType\":\"text/html,application/vnd.x+json\"}", MANIFEST },
    { "{\"mediaType\":\"application/vnd.\"}", MANIFEST },
    { "{\"mediaType\":\"+json\"}", MANIFEST },

    /* no manifest at all */
    { "", MANIFEST },
    { "   ", MANIFEST },
    { "null", MANIFEST },
    { "[]", MANIFEST },
    { "[{\"mediaType\":\"" DOCKER "\"}]", MANIFEST },
    { "\"{\\\"mediaType\\\":\\\"x\\\"}\"", MANIFEST },
    { "\xef\xbb\xbf{\"mediaType\":\"" DOCKER "\"}", MANIFEST }, /* BOM */
    { "{}", MANIFEST },
    { "{}{\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{},\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaType\"", MANIFEST },
    { "{\"mediaType\":", MANIFEST },
    { "{\"mediaType\":\"" DOCKER, MANIFEST },
    { "{\"mediaType\":\"" DOCKER "\"", DOCKER },
    { "{\"mediaType\" \"" DOCKER "\"}", MANIFEST },
    { "{\"mediaType\"::\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaType\":,\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{mediaType:\"" DOCKER "\"}", MANIFEST },
    { "{'mediaType':\"" DOCKER "\"}", MANIFEST },
    { "{,\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"a\":1 \"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"a\":1 2,\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"a\":\"b\"\"c\",\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"a\":]\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "{\"mediaType\":\"" DOCKER "\"]", DOCKER },
    { "/* */{\"mediaType\":\"" DOCKER "\"}", MANIFEST },
    { "\x1f\x8b\x08", MANIFEST }, /* gzip */
};


/* The type of a text that comes in pieces of at most step bytes, the first
 * one of first bytes. */
static const char *
scan_pieces(reg_manifest_scan_t *scan, const char *text, size_t len,
            size_t first, size_t step)
{
    size_t n = first < len ? first : len;

    reg_manifest_scan_init(scan);

    for (size_t at = 0; at < len; at += n, n = step) {
        n = n < len - at ? n : len - at;

        /* a copy, so that the sanitizer sees who keeps a pointer into it */
        reg_str_t piece = exact_n(text + at, n);

        reg_manifest_scan_feed(scan, piece.data, piece.len);
        free(piece.data);
    }

    return reg_manifest_scan_type(scan);
}


static void
types_are_found(void **state)
{
    reg_manifest_scan_t scan;

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        size_t len = strlen(cases[i].text);

        check(strcmp(scan_pieces(&scan, cases[i].text, len, len, len),
                     cases[i].type)
                  == 0,
              i, cases[i].text);
    }
}


static void
pieces_make_no_difference(void **state)
{
    reg_manifest_scan_t scan;

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        size_t len = strlen(cases[i].text);

        for (size_t step = 1; step < 8; step++) {
            check(strcmp(scan_pieces(&scan, cases[i].text, len, step, step),
                         cases[i].type)
                      == 0,
                  i, cases[i].text);
        }

        for (size_t first = 1; first < len; first++) {
            check(strcmp(scan_pieces(&scan, cases[i].text, len, first, len),
                         cases[i].type)
                      == 0,
                  i, cases[i].text);
        }
    }
}


/* The longest type that is believed, and one byte more. */
static void
long_types_are_ignored(void **state)
{
    reg_manifest_scan_t scan;
    char text[600], type[REG_MEDIA_TYPE_MAX + 2];

    (void)state;

    for (size_t len = REG_MEDIA_TYPE_MAX; len <= REG_MEDIA_TYPE_MAX + 1;
         len++) {
        memset(type, 'x', len);
        memcpy(type, "application/vnd.", 16);
        memcpy(type + len - 5, "+json", 6);
        snprintf(text, sizeof(text), "{\"mediaType\":\"%s\"}", type);
        assert_string_equal(scan_pieces(&scan, text, strlen(text), 7, 7),
                            len == REG_MEDIA_TYPE_MAX ? type
                                                      : REG_MT_OCI_MANIFEST);
    }
}


static void
feed_many(reg_manifest_scan_t *scan, const char *piece, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        reg_manifest_scan_feed(scan, piece, strlen(piece));
    }
}


#define DEPTH 4194304 /* of brackets: a manifest of the greatest size */


static void
deep_nesting_takes_no_memory(void **state)
{
    reg_manifest_scan_t scan;

    (void)state;

    reg_manifest_scan_init(&scan);
    feed_many(&scan, "{\"a\":", 1);
    feed_many(&scan, "[", DEPTH);
    feed_many(&scan, "]", DEPTH);
    feed_many(&scan, ",\"manifests\":[]}", 1);
    assert_string_equal(reg_manifest_scan_type(&scan), INDEX);

    reg_manifest_scan_init(&scan);
    feed_many(&scan, "{\"a\":", 1);
    feed_many(&scan, "{\"manifests\":[", DEPTH / 16);
    assert_string_equal(reg_manifest_scan_type(&scan), MANIFEST);
    feed_many(&scan, "]}", DEPTH / 16);
    feed_many(&scan, ",\"mediaType\":\"" LIST "\"}", 1);
    assert_string_equal(reg_manifest_scan_type(&scan), LIST);

    reg_manifest_scan_init(&scan);
    feed_many(&scan, "[", DEPTH);
    assert_string_equal(reg_manifest_scan_type(&scan), MANIFEST);
}


static void
long_strings_and_many_members(void **state)
{
    reg_manifest_scan_t scan;

    (void)state;

    reg_manifest_scan_init(&scan);
    feed_many(&scan, "{\"", 1);
    feed_many(&scan, "mediaType", DEPTH / 16);
    feed_many(&scan, "\":\"", 1);
    feed_many(&scan, "\\\"x\\\\", DEPTH / 16);
    feed_many(&scan, "\"", 1);
    feed_many(&scan, ",\"a\":-0.5e7", DEPTH / 16);
    feed_many(&scan, ",\"mediaType\":\"", 1);
    feed_many(&scan, "x", DEPTH);
    feed_many(&scan, "\",\"manifests\":[", 1);
    feed_many(&scan, "{\"a\":\"]\"},", DEPTH / 16);
    assert_string_equal(reg_manifest_scan_type(&scan), INDEX);
    feed_many(&scan, "{}],\"mediaType\":\"" LIST "\"}", 1);
    assert_string_equal(reg_manifest_scan_type(&scan), LIST);
}


static void
nothing_is_fed(void **state)
{
    reg_manifest_scan_t scan;

    (void)state;

    reg_manifest_scan_init(&scan);
    reg_manifest_scan_feed(&scan, NULL, 0);
    assert_string_equal(reg_manifest_scan_type(&scan), MANIFEST);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_found),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(long_types_are_ignored),
        cmocka_unit_test(deep_nesting_takes_no_memory),
        cmocka_unit_test(long_strings_and_many_members),
        cmocka_unit_test(nothing_is_fed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
