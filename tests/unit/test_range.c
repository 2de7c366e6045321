/* test_range.c: numbers and the Content-Range of uploads. */

#include "reg_unit.h"
#include "common/range.h"


static const struct {
    const char *text;
    int rc;
    uint64_t number;
} number_cases[] = {
    { "0", REG_OK, 0 },
    { "1", REG_OK, 1 },
    { "007", REG_OK, 7 },
    { "9223372036854775807", REG_OK, 9223372036854775807u },
    { "0000000000000000001", REG_OK, 1 },
    { "00000000000000000001", REG_ERROR, 0 },
    { "9223372036854775808", REG_ERROR, 0 },
    { "9999999999999999999", REG_ERROR, 0 },
    { "18446744073709551616", REG_ERROR, 0 },
    { "99999999999999999999999999", REG_ERROR, 0 },
    { "", REG_ERROR, 0 },
    { "-1", REG_ERROR, 0 },
    { "+1", REG_ERROR, 0 },
    { " 1", REG_ERROR, 0 },
    { "1 ", REG_ERROR, 0 },
    { "1.0", REG_ERROR, 0 },
    { "1e3", REG_ERROR, 0 },
    { "0x1", REG_ERROR, 0 },
    { "a", REG_ERROR, 0 },
    { "1/", REG_ERROR, 0 },
    { "1:", REG_ERROR, 0 },
    { "\xd9\xa1", REG_ERROR, 0 }, /* a digit of Arabic */
};


static void
numbers(void **state)
{

    (void)state;

    for (size_t i = 0; i < N(number_cases); i++) {
        reg_str_t text = exact(number_cases[i].text);
        uint64_t number = 0;

        check(reg_number_parse(text, &number) == number_cases[i].rc, i,
              number_cases[i].text);
        check(number == number_cases[i].number, i, number_cases[i].text);
        free(text.data);
    }
}


static const struct {
    const char *text;
    int rc;
    reg_range_t range;
} range_cases[] = {
    { "0-0", REG_OK, { 0, 0 } },
    { "0-511", REG_OK, { 0, 511 } },
    { "1024-2047", REG_OK, { 1024, 2047 } },
    { "bytes 0-511", REG_OK, { 0, 511 } },
    { "bytes 0-511/512", REG_OK, { 0, 511 } },
    { "0-511/512", REG_OK, { 0, 511 } },
    { "0-511/*", REG_OK, { 0, 511 } },
    { "bytes 0-511/99999", REG_OK, { 0, 511 } },
    { "500-0", REG_OK, { 500, 0 } }, /* the caller answers 416 */
    { "0-9223372036854775807", REG_OK, { 0, 9223372036854775807u } },
    { "", REG_ERROR, { 0, 0 } },
    { "-", REG_ERROR, { 0, 0 } },
    { "0", REG_ERROR, { 0, 0 } },
    { "0-", REG_ERROR, { 0, 0 } },
    { "-0", REG_ERROR, { 0, 0 } },
    { "-511", REG_ERROR, { 0, 0 } },
    { "0--1", REG_ERROR, { 0, 0 } },
    { "0-1-2", REG_ERROR, { 0, 0 } },
    { " 0-1", REG_ERROR, { 0, 0 } },
    { "0-1 ", REG_ERROR, { 0, 0 } },
    { "0 -1", REG_ERROR, { 0, 0 } },
    { "0 - 1", REG_ERROR, { 0, 0 } },
    { "bytes=0-1", REG_ERROR, { 0, 0 } },
    { "bytes0-1", REG_ERROR, { 0, 0 } },
    { "bytes", REG_ERROR, { 0, 0 } },
    { "bytes ", REG_ERROR, { 0, 0 } },
    { "bytes  0-1", REG_ERROR, { 0, 0 } },
    { "bytes bytes 0-1", REG_ERROR, { 0, 0 } },
    { "items 0-1", REG_ERROR, { 0, 0 } },
    { "bytes */10", REG_ERROR, { 0, 0 } },
    { "0-1/", REG_ERROR, { 0, 0 } },
    { "0-1/1", REG_ERROR, { 0, 0 } }, /* does not hold the range */
    { "0-1/x", REG_ERROR, { 0, 0 } },
    { "0-1/**", REG_ERROR, { 0, 0 } },
    { "0-1/2/3", REG_ERROR, { 0, 0 } },
    { "0-1,2-3", REG_ERROR, { 0, 0 } },
    { "0/1-2", REG_ERROR, { 0, 0 } },
    { "0x0-0x1", REG_ERROR, { 0, 0 } },
    { "a-b", REG_ERROR, { 0, 0 } },
    { "0-9223372036854775808", REG_ERROR, { 0, 0 } },
    { "18446744073709551616-18446744073709551617", REG_ERROR, { 0, 0 } },
};


static void
content_ranges(void **state)
{

    (void)state;

    for (size_t i = 0; i < N(range_cases); i++) {
        reg_str_t text = exact(range_cases[i].text);
        reg_range_t range = { 0, 0 };

        check(reg_content_range_parse(text, &range) == range_cases[i].rc, i,
              range_cases[i].text);
        check(range.first == range_cases[i].range.first
                  && range.last == range_cases[i].range.last,
              i, range_cases[i].text);
        free(text.data);
    }
}


static void
an_empty_view_may_be_null(void **state)
{
    const reg_str_t empty = { 0, NULL };
    reg_range_t range;
    uint64_t number;

    (void)state;

    assert_int_equal(reg_content_range_parse(empty, &range), REG_ERROR);
    assert_int_equal(reg_number_parse(empty, &number), REG_ERROR);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(content_ranges),
        cmocka_unit_test(an_empty_view_may_be_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
