/* test_credential.c: what a token may be used for. */

#include "reg_unit.h"
#include "fcgi_index/access/credential.h"


static void
patterns(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        { "*", "", true },
        { "*", "a/b", true },
        { "a/*", "a/b", true },
        { "a/*", "a/b/c", true },
        { "a/*", "a", false },
        { "a/*", "ab/c", false },
        { "a/*", "a/", true },
        { "a/b", "a/b", true },
        { "a/b", "a/bc", false },
        { "*/b", "a/b", true },
        { "*/b", "a/b/b", true },
        { "a*b*c", "aXbYbZc", true },
        { "a*b*c", "aXbYbZ", false },
        { "**", "x", true },
        { "", "", true },
        { "", "a", false },
        { "a/*", "a/*", true },
        { "a/b*", "a/*", false },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(credential_pattern_matches(reg_cstr(cases[i].pattern),
                                         reg_cstr(cases[i].text))
                  == cases[i].matches,
              i, cases[i].pattern);
    }
}


/* Without a bound a pattern of stars would keep a process busy. */
static void
a_nasty_pattern_is_quick(void **state)
{
    char pattern[255], text[255];

    (void)state;

    for (size_t i = 0; i < sizeof(pattern); i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
        text[i] = 'a';
    }

    text[sizeof(text) - 1] = 'b';
    pattern[sizeof(pattern) - 1] = 'a';
    assert_false(credential_pattern_matches(
        (str_t){ sizeof(pattern), (unsigned char *)pattern },
        (str_t){ sizeof(text), (unsigned char *)text }));
}


static void
actions(void **state)
{
    const credential_t some = { CREDENTIAL_PULL | CREDENTIAL_PUSH,
                                "a/*\nb/one" };
    const credential_t all = { CREDENTIAL_PULL, "" };

    (void)state;

    assert_int_equal(credential_actions(&some, "a/x"),
                     CREDENTIAL_PULL | CREDENTIAL_PUSH);
    assert_int_equal(credential_actions(&some, "b/one"),
                     CREDENTIAL_PULL | CREDENTIAL_PUSH);
    assert_int_equal(credential_actions(&some, "b/two"), 0);
    assert_int_equal(credential_actions(&some, "*"), 0);
    assert_int_equal(credential_actions(&some, "a/*"),
                     CREDENTIAL_PULL | CREDENTIAL_PUSH);
    assert_int_equal(credential_actions(&all, "*"), CREDENTIAL_PULL);
    assert_int_equal(credential_actions(&credential_whole, "x"),
                     CREDENTIAL_ALL);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns),
        cmocka_unit_test(a_nasty_pattern_is_quick),
        cmocka_unit_test(actions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
