/* test_seal.c: secrets that must be readable again. */

#include "reg_unit.h"
#include "fcgi_core/seal.h"

#define KEY "0123456789abcdef0123456789abcdef"


static void
the_key_opens_it(void **state)
{
    static const char *const cases[] = { "", "x", "whsec_abc",
                                         "Basic YTpi \xc3\xa4" };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *sealed = seal_make(pool, reg_str(KEY), reg_cstr(cases[i]));
        str_t text;

        check(strlen(sealed) <= SEAL_LEN(strlen(cases[i])), i, sealed);
        check(seal_open(pool, reg_str(KEY), reg_cstr(sealed), &text) == OK, i,
              sealed);
        assert_string_equal((const char *)text.data, cases[i]);
        check(strcmp(sealed, seal_make(pool, reg_str(KEY), reg_cstr(cases[i])))
                  != 0,
              i, "the same twice");
    }

    pool_destroy(pool);
}


static void
nothing_else_does(void **state)
{
    pool_t *pool = pool_create();
    char *sealed =
        pool_strdup(pool, seal_make(pool, reg_str(KEY), reg_str("secret")));
    size_t len = strlen(sealed);
    str_t text;

    (void)state;
    assert_int_equal(seal_open(pool,
                               reg_str("x123456789abcdef0123456789abcdef"),
                               reg_cstr(sealed), &text),
                     DECLINED);

    for (size_t i = 0; i < len; i++) {
        char was = sealed[i];

        sealed[i] = was == 'A' ? 'B' : 'A';
        check(seal_open(pool, reg_str(KEY), reg_cstr(sealed), &text)
                  == DECLINED,
              i, sealed);
        sealed[i] = was;
        check(seal_open(pool, reg_str(KEY),
                        (str_t){ i, (unsigned char *)sealed }, &text)
                  == DECLINED,
              i, "cut");
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_opens_it),
        cmocka_unit_test(nothing_else_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
