/* test_utc.c: moments as the store's files have them. */

#include "reg_unit.h"
#include "common/utc.h"

#include <time.h>

static const struct {
    const char *text;
    int rc;
    int64_t seconds;
} cases[] = {
    { "1970-01-01T00:00:00Z", REG_OK, 0 },
    { "1969-12-31T23:59:59Z", REG_OK, -1 },
    { "2000-02-29T00:00:00Z", REG_OK, 951782400 },
    { "2025-11-24T16:05:00.123456789Z", REG_OK, 1764000300 },
    { "2025-11-24T16:05:00", REG_OK, 1764000300 },
    { "9999-12-31T23:59:59Z", REG_OK, 253402300799 },
    { "2016-12-31T23:59:60Z", REG_OK, 1483228800 },
    { "", REG_ERROR, 0 },
    { "yesterday", REG_ERROR, 0 },
    { "2025-11-24T16:05:0", REG_ERROR, 0 },
    { "2025-11-24 16:05:00Z", REG_ERROR, 0 },
    { "0000-11-24T16:05:00Z", REG_ERROR, 0 },
    { "2025-00-24T16:05:00Z", REG_ERROR, 0 },
    { "2025-13-24T16:05:00Z", REG_ERROR, 0 },
    { "2025-11-00T16:05:00Z", REG_ERROR, 0 },
    { "2025-11-32T16:05:00Z", REG_ERROR, 0 },
    { "2025-11-24T24:05:00Z", REG_ERROR, 0 },
    { "2025-11-24T16:60:00Z", REG_ERROR, 0 },
    { "2025-11-24T16:05:61Z", REG_ERROR, 0 },
    { "+025-11-24T16:05:00Z", REG_ERROR, 0 },
    { "2025-1/-24T16:05:00Z", REG_ERROR, 0 },
    { "2025-1:-24T16:05:00Z", REG_ERROR, 0 },
};


static void
times_of_files_are_read(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        int64_t seconds = 0;
        int rc = reg_utc_parse(reg_cstr(cases[i].text), &seconds);

        check(rc == cases[i].rc && seconds == cases[i].seconds, i,
              cases[i].text);
    }
}


/* Every day of four centuries, as the C library prints it. */
static void
every_day_is_counted(void **state)
{
    (void)state;

    for (int64_t day = 0; day < 146097; day++) {
        time_t wanted = (time_t)(day * 86400 + 3661);
        int64_t seconds = -1;
        char text[REG_UTC_MAX];
        struct tm tm;

        gmtime_r(&wanted, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
        check(reg_utc_parse(reg_cstr(text), &seconds) == REG_OK
                  && seconds == wanted,
              (size_t)day, text);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_files_are_read),
        cmocka_unit_test(every_day_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
