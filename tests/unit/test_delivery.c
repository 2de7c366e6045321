/* test_delivery.c: when an event is sent again, and when no more. */

#include "reg_unit.h"
#include "fcgi_index/webhook/delivery.h"

#define NOW 1000000
#define MIDDLE 20 /* a random number that changes nothing */


static void
each_failure_waits_longer(void **state)
{
    static const int64_t delays[] = { 5,     300,   1800,  7200, 18000,
                                      36000, 50400, 72000, 86400 };

    (void)state;

    for (unsigned i = 0; i < N(delays); i++) {
        delivery_result_t result = { .status = 500,
                                     .attempts = i + 1,
                                     .failing_since = NOW,
                                     .now = NOW,
                                     .random = MIDDLE };
        delivery_verdict_t verdict = delivery_judge(&result);

        assert_int_equal(verdict.state, DELIVERY_DUE);
        assert_int_equal(verdict.next_at, NOW + delays[i]);
        result.random = 0;
        assert_int_equal(delivery_judge(&result).next_at,
                         NOW + delays[i] - delays[i] / 5);
        result.random = 40;
        assert_int_equal(delivery_judge(&result).next_at,
                         NOW + delays[i] + delays[i] / 5);
    }
}


static void
answers_decide(void **state)
{
    static const struct {
        int status;
        long retry_after;
        unsigned attempts;
        uint64_t failures;
        int64_t failing_for;
        delivery_state_t state;
        int64_t next, pause;
        bool is_off;
    } cases[] = {
        { 200, 0, 1, 0, 0, DELIVERY_DONE, 0, 0, false },
        { 204, 60, 10, 50, 1000000, DELIVERY_DONE, 0, 0, false },
        { 301, 0, 1, 0, 0, DELIVERY_DUE, 5, 0, false },
        { 404, 0, 1, 0, 0, DELIVERY_DUE, 5, 0, false },
        { 0, 0, 1, 0, 0, DELIVERY_DUE, 5, 0, false },
        { 500, 0, 10, 0, 0, DELIVERY_DEAD, 0, 0, false },
        { 410, 0, 1, 0, 0, DELIVERY_DEAD, 0, 0, true },
        { 429, 0, 1, 0, 0, DELIVERY_DUE, 30, 30, false },
        { 502, 0, 1, 0, 0, DELIVERY_DUE, 30, 30, false },
        { 503, 0, 1, 0, 0, DELIVERY_DUE, 30, 30, false },
        { 504, 0, 2, 0, 0, DELIVERY_DUE, 300, 30, false },
        { 429, 600, 1, 0, 0, DELIVERY_DUE, 600, 600, false },
        { 500, 600, 1, 0, 0, DELIVERY_DUE, 600, 600, false },
        { 503, 1000000, 1, 0, 0, DELIVERY_DUE, 86400, 86400, false },
        { 500, 0, 1, 3, 0, DELIVERY_DUE, 5, 0, false },
        { 500, 0, 1, 4, 0, DELIVERY_DUE, 5, 30, false },
        { 500, 0, 1, 5, 0, DELIVERY_DUE, 5, 60, false },
        { 500, 0, 1, 500, 0, DELIVERY_DUE, 5, 3600, false },
        { 500, 0, 1, 8, 432000, DELIVERY_DUE, 5, 480, false },
        { 500, 0, 1, 9, 431999, DELIVERY_DUE, 5, 960, false },
        { 500, 0, 1, 9, 432000, DELIVERY_DEAD, 0, 960, true },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        delivery_verdict_t verdict = delivery_judge(
            &(delivery_result_t){ .status = cases[i].status,
                                  .retry_after = cases[i].retry_after,
                                  .attempts = cases[i].attempts,
                                  .failures = cases[i].failures,
                                  .failing_since = NOW - cases[i].failing_for,
                                  .now = NOW,
                                  .random = MIDDLE });

        check(verdict.state == cases[i].state, i, "state");
        check(verdict.next_at == (cases[i].next ? NOW + cases[i].next : 0), i,
              "next");
        check(verdict.paused_until
                  == (cases[i].pause ? NOW + cases[i].pause : 0),
              i, "pause");
        check((verdict.off != NULL) == cases[i].is_off, i, "off");
    }
}


static void
bytes_from_outside_become_text(void **state)
{
    static const struct {
        str_t bytes;
        const char *text;
    } cases[] = {
        { { 0, (unsigned char *)"" }, "" },
        { { 6, (unsigned char *)"a\r\nb\tc" }, "a\nb\tc" },
        { { 3, (unsigned char *)"a\0b" }, "a?b" },
        { { 4, (unsigned char *)"\xc3\xa4\x1b\x7f" }, "\xc3\xa4??" },
        { { 2, (unsigned char *)"\xff\xc3" }, "??" },
        { { 4, (unsigned char *)"\xf0\x9f\x98\x80" }, "\xf0\x9f\x98\x80" },
        { { 3, (unsigned char *)"\xf0\x9f\x98" }, "???" },
        { { 2, (unsigned char *)"\xc0\x80" }, "??" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        assert_string_equal(delivery_text(pool, cases[i].bytes), cases[i].text);
    }

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_waits_longer),
        cmocka_unit_test(answers_decide),
        cmocka_unit_test(bytes_from_outside_become_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
