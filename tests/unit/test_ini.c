/* test_ini.c: files of lines "name = value". */

#include "reg_unit.h"
#include "fcgi_registry/s3/ini.h"

#define FILE_TEXT                                                              \
    "# a comment\n; another\n\n a = 1\r\nb=x = y #z\n[ one ]\n\tc\t=\n"        \
    "[two]\nd = 4"


static void
every_line_is_read(void **state)
{
    static const struct {
        const char *section, *name, *value;
        int line;
    } wanted[] = { { "", "a", "1", 4 },
                   { "", "b", "x = y #z", 5 },
                   { "one", "c", "", 7 },
                   { "two", "d", "4", 9 } };
    ini_t ini = { .rest = exact(FILE_TEXT) };
    unsigned char *text = ini.rest.data;

    (void)state;

    for (size_t i = 0; i < N(wanted); i++) {
        check(ini_next(&ini) == OK, i, wanted[i].name);
        check(reg_str_eq(ini.section, reg_cstr(wanted[i].section)), i, "");
        check(reg_str_eq(ini.name, reg_cstr(wanted[i].name)), i, "");
        check(reg_str_eq(ini.value, reg_cstr(wanted[i].value)), i, "");
        assert_int_equal(ini.line, wanted[i].line);
    }

    assert_int_equal(ini_next(&ini), DECLINED);
    assert_int_equal(ini_next(&ini), DECLINED);
    free(text);
}


static void
other_lines_are_refused(void **state)
{
    static const char *const cases[] = { "a\n", "=\n", "= 1", "[a\nb = 1",
                                         "[" };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        ini_t ini = { .rest = exact(cases[i]) };
        unsigned char *text = ini.rest.data;

        check(ini_next(&ini) == ERROR, i, cases[i]);
        free(text);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_read),
        cmocka_unit_test(other_lines_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
