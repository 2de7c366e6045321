/* test_error.c: errors of the protocol and their JSON. */

#include "reg_unit.h"
#include "common/error.h"


static void
codes_have_their_status(void **state)
{
    json_t *errors = vectors_load("errors.json");

    (void)state;

    assert_int_equal(json_object_size(errors), REG_ERR_N);

    for (int i = 0; i < REG_ERR_N; i++) {
        const reg_error_info_t *info = reg_error_info((reg_err_t)i);
        json_t *status = json_object_get(errors, info->code);

        check(json_integer_value(status) == info->status, i, info->code);
        check(info->message[0] != '\0', i, info->code);
    }

    json_decref(errors);
}


static void
statuses_have_a_code(void **state)
{
    static const struct {
        int status;
        reg_err_t err;
    } cases[] = {
        { 400, REG_ERR_UNSUPPORTED },     { 401, REG_ERR_UNAUTHORIZED },
        { 403, REG_ERR_DENIED },          { 404, REG_ERR_NAME_UNKNOWN },
        { 405, REG_ERR_UNSUPPORTED },     { 408, REG_ERR_UNSUPPORTED },
        { 411, REG_ERR_SIZE_INVALID },    { 413, REG_ERR_SIZE_INVALID },
        { 414, REG_ERR_NAME_INVALID },    { 416, REG_ERR_RANGE_INVALID },
        { 429, REG_ERR_TOOMANYREQUESTS }, { 431, REG_ERR_UNSUPPORTED },
        { 494, REG_ERR_UNSUPPORTED },     { 499, REG_ERR_UNSUPPORTED },
        { 500, REG_ERR_UNKNOWN },         { 501, REG_ERR_UNKNOWN },
        { 502, REG_ERR_UNAVAILABLE },     { 503, REG_ERR_UNAVAILABLE },
        { 504, REG_ERR_UNAVAILABLE },     { 507, REG_ERR_UNKNOWN },
        { 0, REG_ERR_UNKNOWN },           { -1, REG_ERR_UNKNOWN },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        assert_int_equal(reg_error_from_status(cases[i].status), cases[i].err);
    }
}


static void
bodies(void **state)
{
    static const struct {
        reg_err_t err;
        const char *message;
        const char *detail;
        const char *body;
    } cases[] = {
        { REG_ERR_BLOB_UNKNOWN, NULL, "",
          "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":"
          "\"blob unknown to registry\"}]}" },
        { REG_ERR_DENIED, "no \"such\" luck", "",
          "{\"errors\":[{\"code\":\"DENIED\",\"message\":"
          "\"no \\\"such\\\" luck\"}]}" },
        { REG_ERR_NAME_UNKNOWN, "x", "{\"name\":\"a\"}",
          "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"x\","
          "\"detail\":{\"name\":\"a\"}}]}" },
        { REG_ERR_N, "x", "",
          "{\"errors\":[{\"code\":\"UNKNOWN\",\"message\":\"x\"}]}" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        char buf[REG_ERROR_BODY_MAX];
        size_t len =
            reg_error_body(buf, sizeof(buf), cases[i].err, cases[i].message,
                           reg_cstr(cases[i].detail));

        check(len == strlen(cases[i].body)
                  && memcmp(buf, cases[i].body, len) == 0,
              i, cases[i].body);
    }
}


/* At every size: whole JSON with the right code, or nothing. */
static void
bodies_are_whole_at_every_size(void **state)
{
    bool had_code = false, had_message = false, had_detail = false;

    (void)state;

    for (size_t size = 0; size < 200; size++) {
        char *buf = malloc(size);
        size_t len = reg_error_body(buf, size, REG_ERR_TAG_INVALID, "a\1b",
                                    reg_str("[1,2,{\"3\":4}]"));
        json_t *json = json_loadb(buf, len, 0, NULL);
        json_t *error = json_array_get(json_object_get(json, "errors"), 0);

        assert_true(len <= size);
        assert_true(len == 0 || error != NULL);
        assert_true(len != 0 || !had_code);

        if (len != 0) {
            had_code = true;
            assert_string_equal(
                json_string_value(json_object_get(error, "code")),
                "TAG_INVALID");
            had_message |= json_object_get(error, "message") != NULL;
            had_detail |= json_object_get(error, "detail") != NULL;
        }

        json_decref(json);
        free(buf);
    }

    assert_true(had_code && had_message && had_detail);
}


static const struct {
    const char *text;
    const char *json;
} string_cases[] = {
    { "", "\"\"" },
    { "abc", "\"abc\"" },
    { "\"\\/", "\"\\\"\\\\/\"" },
    { "\n\r\t", "\"\\n\\r\\t\"" },
    { "\b\f\x1f\x7f", "\"\\u0008\\u000c\\u001f\x7f\"" },
    { "\xc3\xa9", "\"\xc3\xa9\"" },
    { "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
    { "\xf0\x9f\x90\xb3", "\"\xf0\x9f\x90\xb3\"" },
    { "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
    { "\xef\xbf\xbf", "\"\xef\xbf\xbf\"" },
    { "\x80", "\"\xef\xbf\xbd\"" },
    { "\xc3", "\"\xef\xbf\xbd\"" },
    { "\xc3\x28", "\"\xef\xbf\xbd(\"" },
    { "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" }, /* overlong */
    { "\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xf8", "\"\xef\xbf\xbd\"" },
    { "\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xf4\x90\x80\x80",
      "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};


static void
strings_are_escaped(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(string_cases); i++) {
        reg_str_t text = exact(string_cases[i].text);
        const char *json = string_cases[i].json;
        char buf[64];
        int len = reg_json_string(buf, sizeof(buf), text);

        check(len == (int)strlen(json) && memcmp(buf, json, (size_t)len) == 0,
              i, json);
        check(reg_json_string(buf, (size_t)len - 1, text) == REG_ERROR, i,
              json);
        free(text.data);
    }
}


static void
flat_bodies(void **state)
{
    char buf[REG_ERROR_BODY_MAX], text[REG_ERROR_BODY_MAX];
    size_t len = reg_error_flat_body(buf, sizeof(buf), REG_ERR_DENIED,
                                     "Image \"a\" already exists");

    (void)state;
    assert_int_equal(len,
                     strlen("{\"error\":\"Image \\\"a\\\" already exists\"}"));
    assert_memory_equal(buf, "{\"error\":\"Image \\\"a\\\" already exists\"}",
                        len);

    len = reg_error_flat_body(buf, sizeof(buf), REG_ERR_UNAVAILABLE, NULL);
    assert_memory_equal(buf, "{\"error\":\"service unavailable\"}", len);

    /* one that does not fit gives way to the code's own, or to nothing */
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    len = reg_error_flat_body(buf, sizeof(buf), REG_ERR_UNAVAILABLE, text);
    assert_memory_equal(buf, "{\"error\":\"service unavailable\"}", len);
    assert_int_equal(reg_error_flat_body(buf, 8, REG_ERR_DENIED, text), 0);
}


/* Any byte, alone and before others, gives JSON that a parser takes. */
static void
every_byte_gives_json(void **state)
{
    (void)state;

    for (int c = 0; c < 256; c++) {
        unsigned char text[3] = { (unsigned char)c, 'a', (unsigned char)c };
        char buf[64];
        int len = reg_json_string(buf, sizeof(buf), (reg_str_t){ 3, text });
        json_t *json = json_loadb(buf, (size_t)len,
                                  JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

        assert_true(json_is_string(json));
        json_decref(json);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_their_status),
        cmocka_unit_test(statuses_have_a_code),
        cmocka_unit_test(bodies),
        cmocka_unit_test(bodies_are_whole_at_every_size),
        cmocka_unit_test(flat_bodies),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(every_byte_gives_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
