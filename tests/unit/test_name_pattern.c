/* test_name_pattern.c: patterns as people write them and as LIKE has them. */

#include "reg_unit.h"
#include "fcgi_index/access/name_pattern.h"


static void
patterns_become_likes_and_come_back(void **state)
{
    static const struct {
        const char *pattern, *like;
    } cases[] = {
        { "*", "%" },         { "team/*", "team/%" },
        { "app", "app" },     { "a_b", "a\\_b" },
        { "*_*", "%\\_%" },   { "a*b*c*d*e", "a%b%c%d%e" },
        { "x-y.z", "x-y.z" }, { "a__b/*", "a\\_\\_b/%" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *like;

        check(name_pattern_like(pool, cases[i].pattern, &like) == OK, i,
              cases[i].pattern);
        check(strcmp(like, cases[i].like) == 0, i, like);
        check(strcmp(name_pattern_print(pool, like), cases[i].pattern) == 0, i,
              cases[i].pattern);
    }

    pool_destroy(pool);
}


static void
what_no_name_is_like_is_refused(void **state)
{
    static const char *const patterns[] = {
        "",    "A",   "a b",  "%",  "a%", "\\", "a\\_",      "**",
        "/a*", "a*/", "a//*", "a?", "é*", "a'", "*a*b*c*d*",
    };
    pool_t *pool = pool_create();
    char buf[NAME_PATTERN_MAX + 2];
    const char *like;

    (void)state;

    for (size_t i = 0; i < N(patterns); i++) {
        check(name_pattern_like(pool, patterns[i], &like) == DECLINED, i,
              patterns[i]);
    }

    memset(buf, 'a', sizeof(buf));
    buf[NAME_PATTERN_MAX + 1] = '\0';
    assert_int_equal(name_pattern_like(pool, buf, &like), DECLINED);
    buf[NAME_PATTERN_MAX] = '\0';
    assert_int_equal(name_pattern_like(pool, buf, &like), OK);
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_become_likes_and_come_back),
        cmocka_unit_test(what_no_name_is_like_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
