/* test_secret_text.c: the text of secrets that people and robots keep. */

#include "reg_unit.h"
#include "fcgi_index/token/secret_text.h"


/* A published sample of the form that others use too. */
static void
the_checksum_is_the_common_one(void **state)
{
    char check[SECRET_TEXT_CHECK];

    (void)state;

    secret_text_check(reg_str("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"), check);
    assert_memory_equal(check, "0mLq17", sizeof(check));
}


static void
what_is_made_is_valid(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (int i = 0; i < 1000; i++) {
        const char *text = secret_text_make(pool, SECRET_TEXT_PERSON);

        assert_int_equal(strlen(text), SECRET_TEXT_LEN);
        assert_true(secret_text_is_valid(reg_cstr(text), SECRET_TEXT_PERSON));
        assert_false(secret_text_is_valid(reg_cstr(text), SECRET_TEXT_ROBOT));
    }

    pool_destroy(pool);
}


static void
what_is_mistyped_is_not(void **state)
{
    static const struct {
        const char *text;
        bool is_valid;
    } cases[] = {
        { "slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17", true },
        { "slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18", false },
        { "slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkK0mLq17", false },
        { "slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq1", false },
        { "slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq177", false },
        { "SLP_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17", false },
        { "", false },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(secret_text_is_valid(reg_cstr(cases[i].text), SECRET_TEXT_PERSON)
                  == cases[i].is_valid,
              i, cases[i].text);
    }
}


static void
a_hint_names_it(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    assert_string_equal(
        secret_text_hint(pool, "slp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"),
        "slp_...Lq17");
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_the_common_one),
        cmocka_unit_test(what_is_made_is_valid),
        cmocka_unit_test(what_is_mistyped_is_not),
        cmocka_unit_test(a_hint_names_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
