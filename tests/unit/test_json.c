/* test_json.c: the limits that we set on JSON from outside. */

#include "reg_unit.h"
#include "fcgi_core/json.h"

static const struct {
    const char *text;
    bool is_accepted;
} cases[] = {
    { "{}", true },
    { "[]", true },
    { " {\"a\": [1, 2.5, true, null, \"x\"]}\n", true },
    { "{\"a\": 9223372036854775807}", true },
    { "{\"\xc3\xa4\": \"\\u00e4\"}", true },
    { "", false },
    { "null", false },
    { "1", false },
    { "\"x\"", false },
    { "{", false },
    { "{}x", false },
    { "{}{}", false },
    { "{\"a\": 1, \"a\": 2}", false },
    { "{\"a\": 1, \"\\u0061\": 2}", false },
    { "{\"a\": 9223372036854775808}", false },
    { "{\"a\": 01}", false },
    { "{'a': 1}", false },
    { "{\"a\": 1,}", false },
    { "{\"a\": \"\xff\"}", false },
    { "{\"a\": \"\\ud800\"}", false },
    { "{\"a\": \"\\u0000\"}", false },
    { "\xef\xbb\xbf{}", false },
};


static void
texts(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        str_t text = exact(cases[i].text);
        const char *error = NULL;
        json_t *value;
        int rc = json_parse(pool, text, &value, &error);

        check((rc == OK) == cases[i].is_accepted, i, cases[i].text);
        check((error == NULL) == cases[i].is_accepted, i, cases[i].text);
        free(text.data);
    }

    pool_destroy(pool);
}


static void
nul_bytes_are_refused(void **state)
{
    pool_t *pool = pool_create();
    const char *error;
    json_t *value;

    (void)state;

    assert_int_equal(json_parse(pool, reg_str("{\"a\": 1\0}"), &value, &error),
                     ERROR);
    assert_int_equal(json_parse(pool, reg_str("{}\0"), &value, &error), ERROR);

    pool_destroy(pool);
}


static void
deep_nesting_is_refused(void **state)
{
    pool_t *pool = pool_create();
    str_t text = { 1000000, malloc(1000000) };
    const char *error;
    json_t *value;

    (void)state;

    memset(text.data, '[', text.len);
    assert_int_equal(json_parse(pool, text, &value, &error), ERROR);

    free(text.data);
    pool_destroy(pool);
}


/* An empty object costs some eighty times its text. */
static void
costly_texts_are_refused(void **state)
{
    static const char *const pieces[] = { "{},", "[]," };

    (void)state;

    for (size_t i = 0; i < N(pieces); i++) {
        pool_t *pool = pool_create();
        size_t len = strlen(pieces[i]);
        str_t text = { 4000001, malloc(4000001 + len) };
        const char *error;
        json_t *value;

        text.data[0] = '[';

        for (text.len = 1; text.len < 4000000; text.len += len) {
            memcpy(text.data + text.len, pieces[i], len);
        }

        text.data[text.len - 1] = ']';
        check(json_parse(pool, text, &value, &error) == ERROR, i, pieces[i]);
        assert_non_null(strstr(error, "too many small values"));
        assert_int_equal(json_parse(pool, reg_str("[{}, 0]"), &value, &error),
                         OK);

        free(text.data);
        pool_destroy(pool);
    }
}


static void
members(void **state)
{
    pool_t *pool = pool_create();
    const char *error;
    json_t *object;
    str_t value;

    (void)state;

    assert_int_equal(json_parse(pool,
                                reg_str("{\"s\": \"text\", \"e\": \"\","
                                        " \"n\": null, \"i\": 1}"),
                                &object, &error),
                     OK);
    assert_int_equal(json_member_string(object, "s", &value), OK);
    assert_true(reg_str_eq(value, reg_str("text")));
    assert_int_equal(json_member_string(object, "e", &value), OK);
    assert_int_equal(value.len, 0);
    assert_int_equal(json_member_string(object, "n", &value), DECLINED);
    assert_int_equal(json_member_string(object, "x", &value), DECLINED);
    assert_int_equal(json_member_string(object, "i", &value), ERROR);

    pool_destroy(pool);
}


static void
strings_that_are_no_utf8_are_replaced(void **state)
{
    json_t *good = json_str(reg_str("a\xc3\xa4"));
    json_t *bad = json_str(reg_str("\xff"));

    (void)state;

    assert_string_equal(json_string_value(good), "a\xc3\xa4");
    assert_string_equal(json_string_value(bad), "\xef\xbf\xbd");
    json_decref(good);
    json_decref(bad);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(costly_texts_are_refused),
        cmocka_unit_test(members),
        cmocka_unit_test(strings_that_are_no_utf8_are_replaced),
    };

    json_open();

    return cmocka_run_group_tests(tests, NULL, NULL);
}
