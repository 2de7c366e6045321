/* test_json_scan.c: what a text of JSON is, token by token, and its limits. */

#include "reg_unit.h"
#include "common/json_scan.h"
#include "fcgi_core/json.h"

#define DEEP (REG_JSON_DEPTH_MAX + 1)

static const struct {
    const char *text;
    const char *tokens; /* a letter for each; NULL: it is wrong */
} cases[] = {
    { "{}", "{e" },
    { "[]", "[e" },
    { " [ 1 ,\t2 ]\r\n", "[s,se" },
    { "{\"a\":{\"b\":[]},\"c\":null}", "{k{k[ee,kse" },
    { "\"x\"", "s" },
    { "-0.5e+10", "s" },
    { "[0,-0,1E5,10.25,true,false,null,\"\"]", "[s,s,s,s,s,s,s,se" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00aF\"", "s" },
    { "[\"\\u0000\",\"\\ud800\",\"\xff\"]", "[s,s,se" },
    { "[1e999,99999999999999999999999]", "[s,se" },
    { "{\"a\":1,\"a\":2}", "{ks,kse" },
    { "", NULL },
    { " ", NULL },
    { "{", NULL },
    { "[", NULL },
    { "[1", NULL },
    { "[1,", NULL },
    { "[1,]", NULL },
    { "[,1]", NULL },
    { "[1 2]", NULL },
    { "]", NULL },
    { "[}", NULL },
    { "{]", NULL },
    { "{\"a\"}", NULL },
    { "{\"a\":}", NULL },
    { "{\"a\":1,}", NULL },
    { "{\"a\" 1}", NULL },
    { "{1:1}", NULL },
    { "{a:1}", NULL },
    { "{}{}", NULL },
    { "{} x", NULL },
    { "01", NULL },
    { "-", NULL },
    { "1.", NULL },
    { ".5", NULL },
    { "1e", NULL },
    { "1e+", NULL },
    { "+1", NULL },
    { "tru", NULL },
    { "nulll", NULL },
    { "'a'", NULL },
    { "\"a", NULL },
    { "\"\\", NULL },
    { "\"\\x\"", NULL },
    { "\"\\u12\"", NULL },
    { "\"\\u12g4\"", NULL },
    { "\"a\nb\"", NULL },
    { "\xef\xbb\xbf{}", NULL },
};


static void
tokens(void **state)
{
    static const char letters[] = {
        [REG_JSON_OBJECT] = '{', [REG_JSON_ARRAY] = '[', [REG_JSON_END] = 'e',
        [REG_JSON_COMMA] = ',',  [REG_JSON_KEY] = 'k',   [REG_JSON_SCALAR] = 's'
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        str_t text = exact(cases[i].text);
        char seen[64] = "";
        reg_json_scan_t scan;
        reg_json_token_t token;
        size_t n = 0;
        int rc;

        reg_json_scan_init(&scan, text);

        while ((rc = reg_json_next(&scan, &token)) == OK) {
            check(token.from < token.to && token.to <= text.len, i,
                  cases[i].text);
            seen[n++] = letters[token.type];
        }

        check((rc == DECLINED) == (cases[i].tokens != NULL), i, cases[i].text);
        check((scan.error != NULL) == (rc == ERROR), i, cases[i].text);

        if (cases[i].tokens != NULL) {
            check(strcmp(seen, cases[i].tokens) == 0, i, seen);
        }

        free(text.data);
    }
}


/* A NUL ends no text. */
static void
nul_bytes_are_wrong(void **state)
{
    static const str_t texts[] = { reg_str("{}\0"), reg_str("[\0]"),
                                   reg_str("\"\0\""), reg_str("[1\0]") };
    const char *error;
    size_t pos;

    (void)state;

    for (size_t i = 0; i < N(texts); i++) {
        assert_int_equal(
            reg_json_measure(texts[i], &reg_json_stored, &error, &pos), ERROR);
    }
}


static const struct {
    const char *bytes;
    bool is_utf8;
} strings[] = {
    { "a", true },
    { "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\x7f", true },
    { "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", true },
    { "\x80", false },
    { "\xc0\xaf", false },
    { "\xc1\xbf", false },
    { "\xc3", false },
    { "\xe0\x80\xaf", false },
    { "\xe2\x82", false },
    { "\xed\xa0\x80", false },
    { "\xf0\x80\x80\x80", false },
    { "\xf4\x90\x80\x80", false },
    { "\xf5\x80\x80\x80", false },
    { "\xff", false },
};


static void
strings_are_utf8(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(strings); i++) {
        char buf[64];
        str_t text;
        const char *error;
        size_t pos = 0;
        int rc;

        snprintf(buf, sizeof(buf), "[\"%s\"]", strings[i].bytes);
        text = exact(buf);
        rc = reg_json_measure(text, &reg_json_entering, &error, &pos);
        check((rc == OK) == strings[i].is_utf8, i, strings[i].bytes);
        check(rc == OK || (pos >= 2 && pos < text.len), i, strings[i].bytes);
        free(text.data);
    }
}


/* [0,0,...0] of so many values, the array with them, padded to len bytes. */
static str_t
padded(size_t values, size_t len)
{
    str_t text = { len, malloc(len) };

    memset(text.data, ' ', len);
    text.data[0] = '[';

    for (size_t i = 0; i + 1 < values; i++) {
        text.data[1 + 2 * i] = '0';
        text.data[2 + 2 * i] = i + 2 < values ? ',' : ' ';
    }

    text.data[len - 1] = ']';

    return text;
}


/* To the value, whatever was parsed before. */
static void
the_number_of_values(void **state)
{
    static const size_t lens[] = { 300000, 300015, 300016, 1000000 };
    const reg_json_limit_t *limits[] = { &reg_json_entering, &reg_json_stored };
    const char *error;
    size_t pos;

    (void)state;

    for (size_t i = 0; i < N(lens) * N(limits); i++) {
        const reg_json_limit_t *limit = limits[i % N(limits)];
        size_t len = lens[i / N(limits)];
        size_t most = limit->values + len / limit->bytes;

        for (size_t more = 0; more < 2; more++) {
            str_t text = padded(most + more, len);
            int rc = reg_json_measure(text, limit, &error, &pos);

            check((rc == OK) == (more == 0), i, "values");
            free(text.data);
        }

        assert_string_equal(error, "too many small values");
    }
}


static void
what_is_stored_may_be_twice_as_much(void **state)
{
    (void)state;

    assert_true(reg_json_stored.values >= 2 * reg_json_entering.values);
    assert_true(2 * reg_json_stored.bytes <= reg_json_entering.bytes);
    assert_true(reg_json_stored.depth >= 2 * reg_json_entering.depth);
}


static void
depth(void **state)
{
    const reg_json_limit_t *limits[] = { &reg_json_entering, &reg_json_stored };
    char buf[2 * DEEP];
    const char *error;
    size_t pos;

    (void)state;

    for (size_t i = 0; i < 2 * N(limits); i++) {
        const reg_json_limit_t *limit = limits[i / 2];
        size_t n = limit->depth + i % 2;
        str_t text = { 2 * n, (unsigned char *)buf };

        memset(buf, '[', n);
        memset(buf + n, ']', n);
        assert_int_equal(reg_json_measure(text, limit, &error, &pos),
                         i % 2 == 0 ? OK : ERROR);
    }

    assert_string_equal(error, "nested too deep");
}


/* No JSON reader of ours goes deeper, so neither does a scan. */
static void
the_deepest(void **state)
{
    char buf[2 * DEEP];
    reg_json_scan_t scan;
    reg_json_token_t token;
    int rc;

    (void)state;

    for (size_t n = REG_JSON_DEPTH_MAX; n <= DEEP; n++) {
        memset(buf, '[', n);
        memset(buf + n, ']', n);
        reg_json_scan_init(&scan, (str_t){ 2 * n, (unsigned char *)buf });

        while ((rc = reg_json_next(&scan, &token)) == OK) {
        }

        assert_int_equal(rc, n == DEEP ? ERROR : DECLINED);
    }
}


static void
values_are_skipped(void **state)
{
    static const char text[] = "[{\"a\":[1,{}]},[[]],\"]\",5]";
    reg_json_scan_t scan;
    reg_json_token_t token;
    size_t n = 0;

    (void)state;

    reg_json_scan_init(&scan, reg_cstr(text));
    assert_int_equal(reg_json_next(&scan, &token), OK);

    do {
        assert_int_equal(reg_json_next(&scan, &token), OK);
        assert_int_equal(reg_json_skip(&scan, &token), OK);
        n++;
        assert_int_equal(reg_json_next(&scan, &token), OK);
    } while (token.type == REG_JSON_COMMA);

    assert_int_equal(n, 4);
    assert_int_equal(token.type, REG_JSON_END);
    assert_int_equal(reg_json_next(&scan, &token), DECLINED);
}


static void
keys(void **state)
{
    static const struct {
        const char *text, *key;
    } keys_of[] = {
        { "\"a\"", "a" },
        { "\"\"", "" },
        { "\"l\\u0061yers\"", "layers" },
        { "\"\\u004C\"", "L" },
        { "\"a\\/b\\\\\"", "a/b\\" },
        { "\"\\u017fize\"", "\xc5\xbfize" },
        { "\"\xc5\xbfize\"", "\xc5\xbfize" },
        { "\"a\\u0000\"", "a\xff" },
        { "\"a\\n\\u00e4\"", "a\xff\xff" },
        { "\"12345678\"", NULL },
        { "\"1234567\"", "1234567" },
        { "\"123456\\u017f\"", NULL },
    };

    (void)state;

    for (size_t i = 0; i < N(keys_of); i++) {
        str_t text = exact(keys_of[i].text);
        reg_json_token_t token = { REG_JSON_KEY, 0, text.len };
        char buf[8];
        int rc = reg_json_key(text, &token, buf, sizeof(buf));

        check((rc == OK) == (keys_of[i].key != NULL), i, keys_of[i].text);
        check(rc != OK || strcmp(buf, keys_of[i].key) == 0, i, keys_of[i].text);
        free(text.data);
    }
}


static void
where(void **state)
{
    size_t line, column;

    (void)state;

    reg_json_where(reg_str("ab\nc"), 0, &line, &column);
    assert_true(line == 1 && column == 1);
    reg_json_where(reg_str("ab\nc"), 3, &line, &column);
    assert_true(line == 2 && column == 1);
    reg_json_where(reg_str("ab\nc"), 100, &line, &column);
    assert_true(line == 2 && column == 2);
}


/* What jansson takes, a scan takes; and the other way round, but for what only
 * it refuses. */
static void
jansson_sees_the_same(void **state)
{
    static const char seed[] = "{\"a\":[1,-2.5e3,true,null,\"\\u00e4\\n\"],"
                               "\"b\":{\"c\":\"\xc3\xa4\"}}";
    static const char bytes[] = "{}[]\",:\\ue0-.+1atn \n\xc3\xff";
    uint32_t random = 1;

    (void)state;
    json_open();

    for (size_t i = 0; i < 200000; i++) {
        char buf[sizeof(seed)];
        size_t len = sizeof(seed) - 1;
        const char *error;
        size_t pos;
        json_error_t theirs;
        json_t *value;
        int rc;

        memcpy(buf, seed, sizeof(seed));

        for (size_t n = 0; n < 1 + i % 3; n++) {
            random = random * 1664525 + 1013904223;
            buf[(random >> 8) % len] =
                bytes[(random >> 20) % (sizeof(bytes) - 1)];
        }

        value = json_loadb(buf, len, 0, &theirs);
        rc = reg_json_measure((str_t){ len, (unsigned char *)buf },
                              &reg_json_entering, &error, &pos);
        check(value == NULL || rc == OK, i, buf);
        check(rc != OK || value != NULL
                  || json_error_code(&theirs)
                         == json_error_invalid_syntax /* half a pair */
                  || json_error_code(&theirs) == json_error_numeric_overflow,
              i, buf);
        json_decref(value);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(nul_bytes_are_wrong),
        cmocka_unit_test(strings_are_utf8),
        cmocka_unit_test(the_number_of_values),
        cmocka_unit_test(what_is_stored_may_be_twice_as_much),
        cmocka_unit_test(depth),
        cmocka_unit_test(the_deepest),
        cmocka_unit_test(values_are_skipped),
        cmocka_unit_test(keys),
        cmocka_unit_test(where),
        cmocka_unit_test(jansson_sees_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
