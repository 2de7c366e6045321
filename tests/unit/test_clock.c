/* test_clock.c: how late it is. */

#include "reg_unit.h"
#include "fcgi_core/clock.h"

static const struct {
    int64_t seconds;
    const char *text;
} cases[] = {
    { 0, "1970-01-01T00:00:00Z" },
    { 951782400, "2000-02-29T00:00:00Z" },
    { 1764000300, "2025-11-24T16:05:00Z" },
    { 253402300799, "9999-12-31T23:59:59Z" },
    { 253402300800, "" },
    { INT64_MAX, "" },
};


static void
seconds_are_printed_as_clients_read_them(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        char text[CLOCK_TEXT_SIZE];

        check(strcmp(clock_print(cases[i].seconds, text), cases[i].text) == 0,
              i, cases[i].text);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_printed_as_clients_read_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
