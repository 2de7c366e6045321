/* test_setting.c: flags, environment and defaults. */

#include "reg_unit.h"
#include "fcgi_core/setting.h"

#define WORDS_MAX 8

typedef struct {
    const char *socket;
    long processes;
    bool is_verbose;
} conf_t;

static const setting_t table[] = {
    { "socket", "TEST_SOCKET", SETTING_STRING, offsetof(conf_t, socket), 0, 0,
      "/s", "A path." },
    { "processes", "TEST_PROCESSES", SETTING_NUMBER,
      offsetof(conf_t, processes), 1, 64, "4", "A number." },
    { "verbose", "TEST_VERBOSE", SETTING_FLAG, offsetof(conf_t, is_verbose), 0,
      0, NULL, "A flag." },
    { .help = "The end." },
};

static const struct {
    const char *words[WORDS_MAX]; /* behind the program's name */
    int rc, rest;
    conf_t conf;
} cases[] = {
    { { NULL }, OK, 1, { "/s", 4, false } },
    { { "--socket", "/x" }, OK, 3, { "/x", 4, false } },
    { { "--socket=/x" }, OK, 2, { "/x", 4, false } },
    { { "--socket=" }, OK, 2, { "", 4, false } },
    { { "--socket", "--verbose" }, OK, 3, { "--verbose", 4, false } },
    { { "--verbose", "--processes", "64" }, OK, 4, { "/s", 64, true } },
    { { "--verbose=off" }, OK, 2, { "/s", 4, false } },
    { { "--verbose", "word", "--socket" }, OK, 2, { "/s", 4, true } },
    { { "--verbose", "--", "--socket" }, OK, 3, { "/s", 4, true } },
    { { "--processes", "1", "--processes", "2" }, OK, 5, { "/s", 2, false } },
    { { "--processes", "0" }, ERROR, 0, { NULL, 0, false } },
    { { "--processes", "65" }, ERROR, 0, { NULL, 0, false } },
    { { "--processes", "" }, ERROR, 0, { NULL, 0, false } },
    { { "--processes", "2x" }, ERROR, 0, { NULL, 0, false } },
    { { "--processes", "99999999999999999999" }, ERROR, 0, { NULL, 0, false } },
    { { "--processes" }, ERROR, 0, { NULL, 0, false } },
    { { "--verbose=maybe" }, ERROR, 0, { NULL, 0, false } },
    { { "--sock", "/x" }, ERROR, 0, { NULL, 0, false } },
    { { "--sockets", "/x" }, ERROR, 0, { NULL, 0, false } },
    { { "-socket", "/x" }, ERROR, 0, { NULL, 0, false } },
    { { "-v" }, ERROR, 0, { NULL, 0, false } },
    { { "--=x" }, ERROR, 0, { NULL, 0, false } },
};


static int
load(const char *const *words, conf_t *conf, int *rest)
{
    char *argv[WORDS_MAX + 2] = { (char *)"program" };
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = (char *)words[argc - 1];
    }

    return setting_load(table, conf, argc, argv, rest);
}


static void
flags(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *first = cases[i].words[0];
        conf_t conf = { NULL, 0, false };
        int rest = 0;

        check(load(cases[i].words, &conf, &rest) == cases[i].rc, i, first);

        if (cases[i].rc == OK) {
            check(rest == cases[i].rest, i, first);
            check(strcmp(conf.socket, cases[i].conf.socket) == 0, i, first);
            check(conf.processes == cases[i].conf.processes, i, first);
            check(conf.is_verbose == cases[i].conf.is_verbose, i, first);
        }
    }
}


static void
flag_wins_over_environment_over_default(void **state)
{
    const char *none[] = { NULL };
    const char *flag[] = { "--socket", "/flag", NULL };
    conf_t conf = { NULL, 0, false };
    int rest;

    (void)state;

    setenv("TEST_SOCKET", "/env", 1);
    setenv("TEST_VERBOSE", "yes", 1);

    assert_int_equal(load(none, &conf, &rest), OK);
    assert_string_equal(conf.socket, "/env");
    assert_true(conf.is_verbose);

    assert_int_equal(load(flag, &conf, &rest), OK);
    assert_string_equal(conf.socket, "/flag");

    setenv("TEST_PROCESSES", "many", 1);
    assert_int_equal(load(none, &conf, &rest), ERROR);

    unsetenv("TEST_SOCKET");
    unsetenv("TEST_VERBOSE");
    unsetenv("TEST_PROCESSES");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags),
        cmocka_unit_test(flag_wins_over_environment_over_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
