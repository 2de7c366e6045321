/* test_health.c: when a registry counts as up or down. */

#include "reg_unit.h"
#include "fcgi_index/registry/health.h"

#define START 1000000
#define HOUR 3600


/* Results, "+" and "-", a second each; the states, "?", "u" and "d". */
static void
follows(health_t *health, int64_t at, const char *results, const char *states)
{
    for (size_t i = 0; results[i] != '\0'; i++) {
        *health = health_judge(*health, results[i] == '+', at + (int64_t)i);
        check("?ud"[health->state] == states[i], i, results);
    }
}


static void
one_result_changes_nothing(void **state)
{
    health_t health = { .state = REGISTRY_UNKNOWN };

    (void)state;

    follows(&health, START, "--+", "??u");
    assert_int_equal(health.changed_at, START + 2);
    follows(&health, START + 2 * HOUR, "--+--+---", "uuuuuuuud");
    assert_int_equal(health.changed_at, START + 2 * HOUR + 8);
    follows(&health, START + 3 * HOUR, "+-++", "dddu");
}


static void
an_unknown_one_goes_down(void **state)
{
    health_t health = { .state = REGISTRY_UNKNOWN };

    (void)state;

    follows(&health, START, "----+", "??ddd");
}


static void
one_that_flaps_stays_down_for_longer(void **state)
{
    health_t health = { .state = REGISTRY_UNKNOWN };
    int64_t at = START;

    (void)state;

    follows(&health, at, "+---", "uuud");

    /* 4, 8, 16 and 32 successes, and no more than that */
    for (unsigned n = 4; n <= 64; n *= 2, at += 100) {
        unsigned successes = n > 32 ? 32 : n;

        for (unsigned i = 1; i <= successes; i++) {
            health = health_judge(health, true, at);
            check(health.state
                      == (i == successes ? REGISTRY_UP : REGISTRY_DOWN),
                  i, "successes");
        }

        follows(&health, at, "---", "uud");
    }

    /* up for an hour */
    for (unsigned i = 0; i < 32; i++) {
        health = health_judge(health, true, at);
    }

    follows(&health, at + HOUR + 1, "---++", "uuddu");
}


static void
what_is_a_success(void **state)
{
    static const struct {
        int status;
        bool is_good;
    } cases[] = { { 200, true },  { 204, true },  { 299, true },
                  { 401, true },  { 0, false },   { 199, false },
                  { 300, false }, { 302, false }, { 403, false },
                  { 404, false }, { 500, false }, { 503, false } };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(health_is_good(cases[i].status) == cases[i].is_good, i, "status");
    }
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_result_changes_nothing),
        cmocka_unit_test(an_unknown_one_goes_down),
        cmocka_unit_test(one_that_flaps_stays_down_for_longer),
        cmocka_unit_test(what_is_a_success),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
