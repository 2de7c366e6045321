/* test_pattern.c: patterns that people write. */

#include "reg_unit.h"
#include "fcgi_core/pattern.h"


static const struct {
    const char *pattern, *text;
    int rc;
} cases[] = {
    { ":v[0-9]", "app/web:v1.0", OK },
    { ":v[0-9]", "app/web:latest", DECLINED },
    { "^app/", "app/web:latest", OK },
    { "^app/", "my/app/web:latest", DECLINED },
    { "^app/.*:release-", "app/web:release-1", OK },
    { ":stable\\z", "a:stable", OK },
    { ":stable\\z", "a:stable2", DECLINED },
    { "^(a|b)+:(v)?([0-9]+)", "abab:7", OK }, /* more groups than asked for */
    { "(?i):V1", "a:v1", OK },
    { ":v1", "a:V1", DECLINED },
    { ".*", "", OK },
    { "(", "a:b", ERROR },
    { "[z-a]", "a:b", ERROR },
    { "*", "a:b", ERROR },
    { "a\\Cb", "a:b", ERROR },
    { "((((((((((((((((((((((((((((((((((x))))))))))))))))))))))))))))))))))",
      "a:b", ERROR },
    { "^(([a-z])+.)+[A-Z]([a-z])+:",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:x", ERROR },
    { "^(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:x", DECLINED },
    { "^(a|a?)+:b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax:b", ERROR },
    { "(?R)", "a", ERROR }, /* goes round without end */
};


static void
a_pattern_matches_or_says_why_not(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        pool_t *pool = pool_create();
        reg_str_t text = exact(cases[i].text);
        const char *error = NULL;
        int rc = pattern_match(pool, cases[i].pattern, text, &error);

        check(rc == cases[i].rc, i, cases[i].pattern);
        check((rc == ERROR) == (error != NULL), i, cases[i].pattern);
        free(text.data);
        pool_destroy(pool);
    }
}


static void
a_mistake_is_located(void **state)
{
    pool_t *pool = pool_create();
    const char *error = NULL;

    (void)state;

    assert_int_equal(pattern_match(pool, "abc)", reg_str("x"), &error), ERROR);
    assert_non_null(strstr(error, "at character 4"));
    pool_destroy(pool);
}


static void
lengths_have_a_limit(void **state)
{
    static char pattern[PATTERN_MAX + 2], text[PATTERN_TEXT_MAX + 2];
    pool_t *pool = pool_create();
    const char *error = NULL;

    (void)state;

    memset(pattern, 'a', PATTERN_MAX + 1);
    memset(text, 'a', PATTERN_TEXT_MAX + 1);

    assert_int_equal(pattern_match(pool, pattern, reg_str("a"), &error), ERROR);
    assert_int_equal(pattern_match(pool, pattern + 1, reg_str("a"), &error),
                     DECLINED);
    assert_int_equal(pattern_match(pool, "a", reg_cstr(text), &error), ERROR);
    assert_int_equal(pattern_match(pool, "a", reg_cstr(text + 1), &error), OK);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_or_says_why_not),
        cmocka_unit_test(a_mistake_is_located),
        cmocka_unit_test(lengths_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
