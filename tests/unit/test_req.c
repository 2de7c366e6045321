/* test_req.c: what a request says. */

#include "reg_unit.h"
#include "fcgi_core/req.h"


static void
a_bearer_token_is_what_stands_behind_the_scheme(void **state)
{
    static const struct {
        const char *header, *token;
    } rows[] = {
        { "Bearer x", "x" },   { "BEARER x y", "x y" },
        { "bearer  x", " x" }, { "Bearer ", "" },
        { "Bearer", "" },      { "Basic xxxx", "" },
        { "Bearerxxxx", "" },  { "", "" },
    };

    (void)state;

    for (size_t i = 0; i < N(rows); i++) {
        reg_str_t header = exact(rows[i].header);

        check(reg_str_eq(req_bearer(header), reg_cstr(rows[i].token)), i,
              rows[i].header);
        free(header.data);
    }

    assert_int_equal(req_bearer((reg_str_t){ 0, NULL }).len, 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bearer_token_is_what_stands_behind_the_scheme),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
