/* test_writer.c: text put together in a buffer of a fixed size. */

#include "reg_unit.h"
#include "common/writer.h"


static void
what_fits_is_written(void **state)
{
    char *buf = malloc(12);
    reg_writer_t w = reg_writer(buf, 12);

    (void)state;

    reg_put_cstr(&w, "ab");
    reg_put(&w, reg_str("cd"));
    reg_put_char(&w, 'e');
    reg_put_number(&w, 102);
    reg_put(&w, (reg_str_t){ 0, NULL });
    assert_int_equal(reg_writer_len(&w), 8);
    assert_int_equal(reg_writer_finish(&w), 8);
    assert_string_equal(buf, "abcde102");
    free(buf);
}


static void
what_does_not_fit_ends_it(void **state)
{
    char *buf = malloc(4);
    reg_writer_t w = reg_writer(buf, 4);

    (void)state;

    reg_put_cstr(&w, "abc");
    reg_put_cstr(&w, "de");
    assert_true(w.is_full);
    reg_put_cstr(&w, "f"); /* would fit, but something is missing before it */
    assert_int_equal(w.len, 3);
    assert_int_equal(reg_writer_len(&w), REG_ERROR);
    assert_int_equal(reg_writer_finish(&w), REG_ERROR);
    free(buf);
}


static void
the_nul_needs_room(void **state)
{
    char *buf = malloc(3);
    reg_writer_t w = reg_writer(buf, 3);

    (void)state;

    reg_put_cstr(&w, "abc");
    assert_int_equal(reg_writer_len(&w), 3);
    assert_int_equal(reg_writer_finish(&w), REG_ERROR);

    w = reg_writer(buf, 0);
    assert_int_equal(reg_writer_len(&w), 0);
    assert_int_equal(reg_writer_finish(&w), REG_ERROR);
    free(buf);
}


static void
numbers_are_decimal(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 9, "9" },
        { 10, "10" },
        { 4294967296u, "4294967296" },
        { UINT64_MAX, "18446744073709551615" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        char buf[21];
        reg_writer_t w = reg_writer(buf, sizeof(buf));

        reg_put_number(&w, cases[i].number);
        check(reg_writer_finish(&w) == (int)strlen(cases[i].text), i,
              cases[i].text);
        assert_string_equal(buf, cases[i].text);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_written),
        cmocka_unit_test(what_does_not_fit_ends_it),
        cmocka_unit_test(the_nul_needs_room),
        cmocka_unit_test(numbers_are_decimal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
