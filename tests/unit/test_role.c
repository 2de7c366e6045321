/* test_role.c: the words of roles and visibilities. */

#include "reg_unit.h"
#include "fcgi_index/access/role.h"


static void
words_and_values_are_one_to_one(void **state)
{
    (void)state;

    for (unsigned i = 0; i <= ROLE_ADMIN; i++) {
        role_t role;

        assert_int_equal(role_parse(reg_cstr(role_name(i)), &role), OK);
        assert_int_equal(role, i);
    }

    for (unsigned i = 0; i <= VISIBILITY_PRIVATE; i++) {
        visibility_t visibility;

        assert_int_equal(
            visibility_parse(reg_cstr(visibility_name(i)), &visibility), OK);
        assert_int_equal(visibility, i);
    }
}


static void
other_words_are_none(void **state)
{
    static const char *const words[] = { "", "Read", "reader", "public ", "3" };
    role_t role;
    visibility_t visibility;

    (void)state;

    for (size_t i = 0; i < N(words); i++) {
        check(role_parse(reg_cstr(words[i]), &role) == DECLINED, i, words[i]);
        check(visibility_parse(reg_cstr(words[i]), &visibility) == DECLINED, i,
              words[i]);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_values_are_one_to_one),
        cmocka_unit_test(other_words_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
