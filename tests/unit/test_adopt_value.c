/* test_adopt_value.c: values of a configuration of registry:2. */

#include "reg_unit.h"
#include "fcgi_registry/adopt/adopt_value.h"


static const struct {
    const char *text;
    long seconds; /* -1: none */
} durations[] = {
    { "1s", 1 },         { "500ms", 1 },      { "1500ms", 2 },
    { "1m30s", 90 },     { "168h", 604800 },  { "1h1m1s1ms", 3662 },
    { "1.5h", 5400 },    { ".5s", 1 },        { "1000000000", 1 },
    { "1000000001", 2 }, { "0", 0 },          { "0s", 0 },
    { "100us", 1 },      { "1\xc2\xb5s", 1 }, { "", -1 },
    { "s", -1 },         { "1", 1 },          { "1d", -1 },
    { "-1s", -1 },       { "1s ", -1 },       { "1.2.3s", -1 },
    { "1e3s", -1 },      { "0x1s", -1 },      { "infs", -1 },
    { "1s1", -1 },       { ".s", -1 },        { "99999999999999h", -1 },
    { "1h\n", -1 },
};


static void
durations_of_go(void **state)
{
    (void)state;

    for (size_t i = 0; i < N(durations); i++) {
        long seconds = -1;
        int rc = value_seconds(durations[i].text, 10000000, &seconds);

        check((rc == OK) == (durations[i].seconds >= 0), i, durations[i].text);
        check(rc != OK || seconds == durations[i].seconds, i,
              durations[i].text);
    }
}


static void
switches_of_yaml(void **state)
{
    bool is_on = false;

    (void)state;

    assert_int_equal(value_switch("True", &is_on), OK);
    assert_true(is_on);
    assert_int_equal(value_switch("off", &is_on), OK);
    assert_false(is_on);
    assert_int_equal(value_switch("1", &is_on), ERROR);
    assert_int_equal(value_switch("", &is_on), ERROR);
}


static const struct {
    const char *text, *nginx, *shell;
} words[] = {
    { "/var/lib/registry", "/var/lib/registry", "/var/lib/registry" },
    { "a b", "\"a b\"", "'a b'" },
    { "", "\"\"", "''" },
    { "a\"b\\c", "\"a\\\"b\\\\c\"", "'a\"b\\c'" },
    { "a;{}#", "\"a;{}#\"", "'a;{}#'" },
    { "it's", "\"it's\"", "'it'\\''s'" },
    { "$x", NULL, "'$x'" },
    { "a\nb\x7f", NULL, "'a?b?'" },
    { "\xc3\xa9", "\"\xc3\xa9\"", "'\xc3\xa9'" },
};


static void
words_of_other_languages(void **state)
{
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(words); i++) {
        char *nginx = value_nginx(pool, words[i].text);

        check((nginx == NULL) == (words[i].nginx == NULL), i, words[i].text);
        check(nginx == NULL || strcmp(nginx, words[i].nginx) == 0, i,
              words[i].text);
        check(strcmp(value_shell(pool, words[i].text), words[i].shell) == 0, i,
              words[i].text);
    }

    assert_string_equal(value_comment(pool, "a\nserver {"), "a?server {");
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_of_go),
        cmocka_unit_test(switches_of_yaml),
        cmocka_unit_test(words_of_other_languages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
