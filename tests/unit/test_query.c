/* test_query.c: arguments of a query string. */

#include "reg_unit.h"
#include "common/query.h"


static const struct {
    const char *query;
    int rc;
    const char *value;
} cases[] = {
    { "k=v", REG_OK, "v" },
    { "a=b&k=v", REG_OK, "v" },
    { "k=v&k=w", REG_OK, "v" },
    { "k=", REG_OK, "" },
    { "k", REG_OK, "" },
    { "k&k=v", REG_OK, "" },
    { "&&k=v&&", REG_OK, "v" },
    { "k=v=w", REG_OK, "v=w" },
    { "k==", REG_OK, "=" },
    { "k=a%3Aab", REG_OK, "a:ab" },
    { "k=a+b%20c", REG_OK, "a+b c" },
    { "k=a%2Bb", REG_OK, "a+b" },
    { "%6b=v", REG_OK, "v" },
    { "%6B=v", REG_OK, "v" },
    { "k=a;b", REG_OK, "a;b" },
    { "k=12345678", REG_OK, "12345678" },
    { "k=%31%32%33%34%35%36%37%38", REG_OK, "12345678" },
    { "k=%e9", REG_OK, "\xe9" },
    { "", REG_DECLINED, NULL },
    { "&", REG_DECLINED, NULL },
    { "=", REG_DECLINED, NULL },
    { "=v", REG_DECLINED, NULL },
    { "K=v", REG_DECLINED, NULL },
    { "kk=v", REG_DECLINED, NULL },
    { "k%00=v", REG_DECLINED, NULL },
    { "k%=v", REG_DECLINED, NULL },
    { "k+=v", REG_DECLINED, NULL },
    { "a=k&b=k=v", REG_DECLINED, NULL },
    { "a?k=v", REG_DECLINED, NULL },
    { "a;k=v", REG_DECLINED, NULL },
    { "k=%", REG_ERROR, NULL },
    { "k=%4", REG_ERROR, NULL },
    { "k=%zz", REG_ERROR, NULL },
    { "k=%00", REG_ERROR, NULL },
    { "k=123456789", REG_ERROR, NULL }, /* longer than the buffer */
    { "k=%&k=v", REG_ERROR, NULL },
};


static void
first_argument(void **state)
{

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t query = exact(cases[i].query), value;
        unsigned char *buf = malloc(8);
        int rc = reg_query_arg(REG_QUERY_URI, query, "k", buf, 8, &value);

        check(rc == cases[i].rc, i, cases[i].query);
        check(rc != REG_OK || reg_str_eq(value, reg_cstr(cases[i].value)), i,
              cases[i].query);
        free(buf);
        free(query.data);
    }
}


/* A bad value is passed over, and the walk goes on behind it. */
static void
all_arguments(void **state)
{
    static const struct {
        int rc;
        const char *value;
    } expected[] = {
        { REG_OK, "1" }, { REG_ERROR, NULL },    { REG_OK, "" },
        { REG_OK, "2" }, { REG_DECLINED, NULL },
    };
    reg_str_t query = exact("tag=1&x=9&tag=%zz&tag&y&t%61g=2&tags=3");
    size_t pos = 0;

    (void)state;

    for (size_t i = 0; i < N(expected); i++) {
        unsigned char buf[8];
        reg_str_t value;
        int rc = reg_query_next(REG_QUERY_URI, query, "tag", &pos, buf,
                                sizeof(buf), &value);

        assert_int_equal(rc, expected[i].rc);

        if (rc == REG_OK) {
            assert_true(reg_str_eq(value, reg_cstr(expected[i].value)));
        }
    }

    free(query.data);
}


/* The same text, in a URI and in a form. */
static void
a_plus_is_a_space_only_in_a_form(void **state)
{
    static const struct {
        reg_query_kind_t kind;
        const char *query, *value;
    } rows[] = {
        { REG_QUERY_URI, "k+y=1&k%20y=2", "1" },
        { REG_QUERY_URI, "k%2By=+%20%2B", "+ +" },
        { REG_QUERY_URI, "k+y=a+b", "a+b" },
        { REG_QUERY_FORM, "k%2By=+%20%2B", "  +" },
        { REG_QUERY_FORM, "k+y=1&k%2By=a+b", "a b" },
    };

    (void)state;

    for (size_t i = 0; i < N(rows); i++) {
        unsigned char buf[8];
        reg_str_t value;

        check(reg_query_arg(rows[i].kind, reg_cstr(rows[i].query), "k+y", buf,
                            sizeof(buf), &value)
                      == REG_OK
                  && reg_str_eq(value, reg_cstr(rows[i].value)),
              i, rows[i].query);
    }
}


static void
long_keys_are_other_keys(void **state)
{
    unsigned char buf[8], text[4096];
    reg_str_t value;

    (void)state;

    memset(text, 'k', sizeof(text));
    assert_int_equal(reg_query_arg(REG_QUERY_URI,
                                   (reg_str_t){ sizeof(text), text }, "k", buf,
                                   sizeof(buf), &value),
                     REG_DECLINED);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_argument),
        cmocka_unit_test(all_arguments),
        cmocka_unit_test(a_plus_is_a_space_only_in_a_form),
        cmocka_unit_test(long_keys_are_other_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
