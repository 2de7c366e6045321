/* test_setting.c: values, environment and defaults of settings. */

#include "reg_unit.h"
#include "fcgi_core/setting.h"

typedef struct {
    const char *socket;
    long processes, grace;
    bool is_verbose;
} conf_t;

static const setting_t table[] = {
    { "socket", "TEST_SOCKET", SETTING_STRING, offsetof(conf_t, socket), 0, 0,
      "/s", "A path." },
    { "processes", "TEST_PROCESSES", SETTING_NUMBER,
      offsetof(conf_t, processes), 1, 64, "4", "A number." },
    { "grace", NULL, SETTING_SECONDS, offsetof(conf_t, grace), 1, 86400, NULL,
      "A time." },
    { "verbose", "TEST_VERBOSE", SETTING_FLAG, offsetof(conf_t, is_verbose), 0,
      0, NULL, "A flag." },
    { .name = NULL },
};

static const struct {
    const char *name, *value;
    int rc;
    conf_t conf;
} cases[] = {
    { "socket", "/x", OK, { "/x", 0, 0, false } },
    { "socket", "", OK, { "", 0, 0, false } },
    { "processes", "1", OK, { NULL, 1, 0, false } },
    { "processes", "64", OK, { NULL, 64, 0, false } },
    { "processes", "0", ERROR, { NULL, 0, 0, false } },
    { "processes", "65", ERROR, { NULL, 0, 0, false } },
    { "processes", "", ERROR, { NULL, 0, 0, false } },
    { "processes", "2x", ERROR, { NULL, 0, 0, false } },
    { "processes", "99999999999999999999", ERROR, { NULL, 0, 0, false } },
    { "grace", "90", OK, { NULL, 0, 90, false } },
    { "grace", "90s", OK, { NULL, 0, 90, false } },
    { "grace", "2m", OK, { NULL, 0, 120, false } },
    { "grace", "1d", OK, { NULL, 0, 86400, false } },
    { "grace", "25h", ERROR, { NULL, 0, 0, false } },
    { "grace", "0", ERROR, { NULL, 0, 0, false } },
    { "grace", "-1", ERROR, { NULL, 0, 0, false } },
    { "grace", "2 h", ERROR, { NULL, 0, 0, false } },
    { "verbose", "on", OK, { NULL, 0, 0, true } },
    { "verbose", "off", OK, { NULL, 0, 0, false } },
    { "verbose", "maybe", ERROR, { NULL, 0, 0, false } },
};


static void
values(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const setting_t *s = setting_find(table, reg_cstr(cases[i].name));
        const conf_t *wanted = &cases[i].conf;
        conf_t conf = { NULL, 0, 0, false };
        int rc = setting_set(s, &conf, "x", cases[i].value);

        check(rc == cases[i].rc, i, cases[i].value);

        if (rc == OK) {
            check(conf.processes == wanted->processes, i, cases[i].value);
            check(conf.grace == wanted->grace, i, cases[i].value);
            check(conf.is_verbose == wanted->is_verbose, i, cases[i].value);
            check(wanted->socket == NULL
                      || strcmp(conf.socket, wanted->socket) == 0,
                  i, cases[i].value);
        }
    }
}


static void
names_are_whole(void **state)
{
    (void)state;

    assert_null(setting_find(NULL, reg_cstr("socket")));
    assert_null(setting_find(table, reg_cstr("sock")));
    assert_null(setting_find(table, reg_cstr("sockets")));
    assert_null(setting_find(table, reg_cstr("")));
    assert_ptr_equal(setting_find(table, reg_cstr("socket")), &table[0]);
}


static void
the_environment_wins_over_the_default(void **state)
{
    conf_t conf = { NULL, 0, 0, false };

    (void)state;

    assert_int_equal(setting_defaults(NULL, NULL), OK);
    assert_int_equal(setting_defaults(table, &conf), OK);
    assert_string_equal(conf.socket, "/s");
    assert_int_equal(conf.processes, 4);
    assert_int_equal(conf.grace, 0);
    assert_false(conf.is_verbose);

    setenv("TEST_SOCKET", "/env", 1);
    setenv("TEST_VERBOSE", "yes", 1);

    assert_int_equal(setting_defaults(table, &conf), OK);
    assert_string_equal(conf.socket, "/env");
    assert_true(conf.is_verbose);

    setenv("TEST_PROCESSES", "many", 1);
    assert_int_equal(setting_defaults(table, &conf), ERROR);

    unsetenv("TEST_SOCKET");
    unsetenv("TEST_VERBOSE");
    unsetenv("TEST_PROCESSES");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(names_are_whole),
        cmocka_unit_test(the_environment_wins_over_the_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
