/* test_waiting.c: how many processes wait for the same thing. */

#include "reg_unit.h"
#include "fcgi_core/waiting.h"

#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 8

static const waiting_t a = { 1, 100 }, b = { 2, 100 }, c = { 3, 100 };
static const waiting_t other = { 4, 200 };


/* A process takes its place and ends with it; whether it got one. */
static bool
takes(long index, const waiting_t *what)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        waiting_place(index);
        _exit(waiting_begin(what, 25, 50) ? 0 : 1);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return status == 0;
}


static void
a_command_has_no_places(void **state)
{
    (void)state;
    assert_false(waiting_is_full(&a, 25, 90));
    assert_true(waiting_begin(&a, 25, 50));
    waiting_end();
}


static void
a_thing_and_its_owner_have_a_share_of_the_places(void **state)
{
    (void)state;
    assert_int_equal(waiting_open(PROCESSES), OK);
    assert_true(takes(0, &a));
    assert_true(takes(1, &a));
    assert_false(takes(2, &a));
    assert_true(takes(2, &b));
    assert_true(takes(3, &b));
    assert_false(takes(4, &c)); /* its owner has half of them */
    assert_true(takes(4, &other));
    assert_true(takes(5, &(waiting_t){ 0, 0 })); /* is not counted */

    /* the master reaps one, in whatever way it ended */
    waiting_clear(1);
    assert_true(takes(5, &a));
    assert_false(takes(6, &a));

    waiting_place(7);
    assert_true(waiting_is_full(&a, 25, 90));
    assert_false(waiting_is_full(&c, 25, 90));
    assert_true(waiting_is_full(&b, 90, 50));  /* its owner has them */
    assert_false(waiting_is_full(&c, 25, 50)); /* none waits for it */

    /* a share of none: no one gets a place, no one stands in the way */
    assert_false(waiting_begin(&c, 10, 50));
    assert_false(waiting_is_full(&c, 10, 90));
}


static void
a_key_is_of_both_parts(void **state)
{
    static const char *const parts[][2] = {
        { "", "" }, { "a", "" }, { "", "a" }, { "a", "b" }, { "ab", "" },
    };

    (void)state;

    for (size_t i = 0; i < N(parts); i++) {
        uint64_t key =
            waiting_key(reg_cstr(parts[i][0]), reg_cstr(parts[i][1]));

        assert_int_not_equal(key, 0);

        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(
                key, waiting_key(reg_cstr(parts[j][0]), reg_cstr(parts[j][1])));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_has_no_places),
        cmocka_unit_test(a_thing_and_its_owner_have_a_share_of_the_places),
        cmocka_unit_test(a_key_is_of_both_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
