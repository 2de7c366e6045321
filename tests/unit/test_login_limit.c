/* test_login_limit.c: what counts as one client's network, and how often a
 * wrong password may be tried. */

#include "reg_unit.h"
#include "fcgi_index/account/login_limit.h"
#include "fcgi_index/account/password.h"


static void
networks(void **state)
{
    static const struct {
        const char *address, *network;
    } cases[] = {
        { "192.0.2.7", "192.0.2.7" },
        { "10.0.0.1", "10.0.0.1" },
        { "127.0.0.1", NULL },
        { "127.255.255.254", NULL },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
        { "2001:db8::1", "2001:db8::/64" },
        { "fe80::1", "fe80::/64" },
        { "::1", NULL },
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { "::ffff:127.0.0.1", NULL },
        { "unix:", NULL },
        { "", NULL },
        { "192.0.2", NULL },
        { "192.0.2.7 ", NULL },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *network = login_limit_network(pool, cases[i].address);

        check(cases[i].network == NULL
                  ? network == NULL
                  : network != NULL && strcmp(network, cases[i].network) == 0,
              i, cases[i].address);
    }

    pool_destroy(pool);
}


static void
count(const char *login, const char *network, int times)
{
    for (int i = 0; i < times; i++) {
        login_limit_count(reg_cstr(login), network);
    }
}


static void
limits_are_reached_one_by_one(void **state)
{
    str_t alice = reg_str("alice"), bob = reg_str("bob");

    (void)state;

    assert_int_equal(password_open(), OK);
    assert_int_equal(login_limit_open(), OK);

    count("alice", "a", 4);
    assert_int_equal(login_limit_wait(alice, "a", true), 0);
    count("alice", "a", 1);
    assert_in_range(login_limit_wait(alice, "a", true), 1, 60);
    assert_int_equal(login_limit_wait(alice, "b", false), 0);
    assert_int_equal(login_limit_wait(bob, "a", false), 0);

    count("x", "a", 45);
    assert_in_range(login_limit_wait(bob, "a", false), 1, 72);
    assert_int_equal(login_limit_wait(bob, "a", true), 0);

    for (int i = 0; i < 95; i++) {
        char network[16];

        assert_int_equal(login_limit_wait(alice, "b", false), 0);
        snprintf(network, sizeof(network), "n%d", i);
        count("alice", network, 1);
    }

    assert_in_range(login_limit_wait(alice, "b", false), 1, 36);
    assert_int_equal(login_limit_wait(alice, "b", true), 0);
    assert_int_equal(login_limit_wait(bob, "b", false), 0);
}


/* Many names of one attacker's do not push out what is near its limit. */
static void
the_table_is_bounded(void **state)
{
    char login[16];

    (void)state;

    count("carol", "c", 5);

    for (int i = 0; i < 100000; i++) {
        snprintf(login, sizeof(login), "l%d", i);
        count(login, "d", 1);
    }

    assert_in_range(login_limit_wait(reg_str("carol"), "c", true), 1, 60);
    assert_true(login_limit_wait(reg_str("other"), "d", false) > 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks),
        cmocka_unit_test(limits_are_reached_one_by_one),
        cmocka_unit_test(the_table_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
