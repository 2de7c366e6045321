/* test_record.c: an event as a line of the spool. */

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
#define REFERENCE(size) "{\"size\":" #size ",\"digest\":\"" DIGEST "\"}"
#define REFERENCES(list) "\"references\":[" list "]"
#define SUBJECT(digest) ",\"subject\":{\"digest\":\"" digest "\",\"size\":1}"


static void
manifests_are_described(void **state)
{
    static const struct {
        const char *manifest;
        const char *expected;
    } cases[] = {
        { IMAGE(PART(1), PART(20) "," PART(300), ""),
          "{\"contentSize\":321," REFERENCES(
              REFERENCE(1) "," REFERENCE(20) "," REFERENCE(300)) "}" },
        { IMAGE(PART(0), "", ""),
          "{\"contentSize\":0," REFERENCES(REFERENCE(0)) "}" },
        { IMAGE(PART(9223372036854775807), PART(1), ""),
          "{\"contentSize\":9223372036854775807," REFERENCES(
              REFERENCE(9223372036854775807) "," REFERENCE(1)) "}" },
        { IMAGE(PART(1), "", ",\"artifactType\":\"a/b\"" SUBJECT(DIGEST)),
          "{\"contentSize\":1,\"artifactType\":\"a/b\",\"subject\":\"" DIGEST
          "\"," REFERENCES(REFERENCE(1)) "}" },
        { IMAGE(PART(1), "", SUBJECT("other:abc")),
          "{\"contentSize\":1," REFERENCES(REFERENCE(1)) "}" },
        { "{\"schemaVersion\":2,\"manifests\":[" PART(1) "]}",
          "{" REFERENCES(REFERENCE(1)) "}" },
        { "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"" DIGEST
          "\",\"size\":1,\"platform\":{\"os\":\"linux\",\"architecture\":"
          "\"arm64\",\"variant\":\"v8\",\"os.version\":\"1\"}}]}",
          "{" REFERENCES(
              "{\"size\":1,\"digest\":\"" DIGEST
              "\",\"platform\":{\"os\":\"linux\","
              "\"architecture\":\"arm64\",\"variant\":\"v8\"}}") "}" },
        { "{\"schemaVersion\":2,\"manifests\":[]}", "{}" },
        { "{\"schemaVersion\":1,\"fsLayers\":[{\"blobSum\":\"" DIGEST "\"}]}",
          "{" REFERENCES("{\"digest\":\"" DIGEST "\"}") "}" },
        { "{\"schemaVersion\":1,\"fsLayers\":[]}", "{}" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object = json_pooled(pool, json_object());
        manifest_t manifest;
        const char *error;
        char text[1024] = "";

        assert_int_equal(manifest_parse_any(pool, reg_cstr(cases[i].manifest),
                                            &manifest, &error),
                         OK);
        record_manifest(object, &manifest, NULL);
        json_dumpb(object, text, sizeof(text) - 1, JSON_COMPACT);
        assert_string_equal(text, cases[i].expected);
    }

    pool_destroy(pool);
}


/* A line without what differs each time: its id, its time and its source. */
static void
line_check(str_t line, const char *expected)
{
    json_t *event =
        json_loadb((char *)line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
    char text[1024] = "";

    assert_int_equal(line.data[line.len - 1], '\n');
    assert_non_null(event);
    assert_int_equal(json_object_del(event, "id"), 0);
    assert_int_equal(json_object_del(event, "timestamp"), 0);
    assert_int_equal(json_object_del(event, "source"), 0);
    json_dumpb(event, text, sizeof(text) - 1, JSON_COMPACT);
    assert_string_equal(text, expected);
    json_decref(event);
}


static const record_request_t request = { .id = "r1",
                                          .addr = "::1",
                                          .port = "99",
                                          .method = "PUT",
                                          .host = reg_str("h"),
                                          .agent = reg_str("a\xff"),
                                          .account = reg_str("alice"),
                                          .server_port = "443",
                                          .base = "https://h" };


/* A deleted tag of no request, and a blob that was mounted. */
static void
events_say_what_happened(void **state)
{
    reg_digest_t digest;
    pool_t *pool = pool_create();
    record_t record = { .action = REG_EVENT_DELETE,
                        .repository = reg_str("a/b"),
                        .tag = reg_str("1") };
    str_t line;

    (void)state;
    assert_int_equal(record_print(pool, &record, 1, NULL, &line), OK);
    line_check(line, "{\"action\":\"delete\",\"target\":{\"repository\":"
                     "\"a/b\",\"tag\":\"1\"},\"request\":{},"
                     "\"actor\":{}}");
    assert_int_equal(reg_digest_parse(reg_str(DIGEST), &digest), OK);
    record = (record_t){ .action = REG_EVENT_MOUNT,
                         .repository = reg_str("a/b"),
                         .digest = &digest,
                         .kind = "blobs",
                         .media_type = reg_str(REG_EVENT_BLOB),
                         .from = reg_str("c") };
    assert_int_equal(record_print(pool, &record, 1, &request, &line), OK);
    line_check(
        line,
        "{\"action\":\"mount\",\"target\":{\"mediaType\":"
        "\"application/octet-stream\",\"size\":0,\"length\":0,"
        "\"digest\":\"" DIGEST "\",\"repository\":\"a/b\","
        "\"fromRepository\":\"c\",\"url\":\"https://h/v2/a/b/blobs/" DIGEST
        "\"},\"request\":{\"id\":\"r1\",\"addr\":\"[::1]:99\","
        "\"host\":\"h\",\"method\":\"PUT\",\"useragent\":"
        "\"a\xef\xbf\xbd\"},\"actor\":{\"name\":\"alice\"}}");
    pool_destroy(pool);
}


static void
a_snapshot_is_of_no_request(void **state)
{
    pool_t *pool = pool_create();
    record_t record = { .action = REG_EVENT_SNAPSHOT,
                        .snapshot = json_pack("{s:s}", "of", "end") };
    str_t line;

    (void)state;
    assert_int_equal(record_print(pool, &record, 1, NULL, &line), OK);
    line_check(line, "{\"action\":\"snapshot\",\"snapshot\":{\"of\":"
                     "\"end\"}}");
    pool_destroy(pool);
}


/* The lines of two events stand behind each other; one has at most
 * SPOOL_LINE_MAX bytes. */
static void
a_line_has_its_end_and_a_limit(void **state)
{
    pool_t *pool = pool_create();
    record_t records[2] = { { .repository = reg_str("a"), .tag = reg_str("1") },
                            { .repository = reg_str("a"),
                              .tag = reg_str("2") } };
    char *text = pool_alloc(pool, SPOOL_LINE_MAX);
    str_t line, lines;

    (void)state;
    memset(text, 'x', SPOOL_LINE_MAX);
    assert_int_equal(record_print(pool, records, 1, NULL, &line), OK);
    assert_int_equal(record_print(pool, records, 2, NULL, &lines), OK);
    assert_int_equal(lines.len, 2 * line.len);
    assert_int_equal(lines.data[line.len - 1], '\n');

    records[1].tag =
        (str_t){ SPOOL_LINE_MAX - line.len + 1, (unsigned char *)text };
    assert_int_equal(record_print(pool, records, 2, NULL, &lines), OK);
    assert_int_equal(lines.len, line.len + SPOOL_LINE_MAX);
    records[1].tag.len++;
    assert_int_equal(record_print(pool, records, 2, NULL, &lines), ERROR);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifests_are_described),
        cmocka_unit_test(events_say_what_happened),
        cmocka_unit_test(a_snapshot_is_of_no_request),
        cmocka_unit_test(a_line_has_its_end_and_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
