/* test_token_request.c: what clients send to the token endpoint. */

#include "reg_unit.h"
#include "fcgi_index/token/token_request.h"

static pool_t *pool;


static int
set_up(void **state)
{
    (void)state;
    pool = pool_create();

    return 0;
}


static int
tear_down(void **state)
{
    (void)state;
    pool_destroy(pool);

    return 0;
}


static void
headers_are_credentials(void **state)
{
    static const struct {
        const char *header;
        credentials_t credentials;
        const char *login, *password;
    } cases[] = {
        { "", CREDENTIALS_NONE, "", "" },
        { "Basic Og==", CREDENTIALS_NONE, "", "" },
        { "Basic ", CREDENTIALS_NONE, "", "" },
        { "Basic", CREDENTIALS_NONE, "", "" },
        { "Basic YWxpY2U6cHc=", CREDENTIALS_PASSWORD, "alice", "pw" },
        { "bAsIc YWxpY2U6cHc=", CREDENTIALS_PASSWORD, "alice", "pw" },
        { "Basic YWxpY2U6YTpi", CREDENTIALS_PASSWORD, "alice", "a:b" },
        { "Basic YWxpY2U6", CREDENTIALS_PASSWORD, "alice", "" },
        { "Basic OnB3", CREDENTIALS_PASSWORD, "", "pw" },
        /* a login that no one has */
        { "Basic YWxpY2U=", CREDENTIALS_PASSWORD, "", "" },
        { "Basic ?", CREDENTIALS_PASSWORD, "", "" },
        { "Basic  YWxpY2U6cHc=", CREDENTIALS_PASSWORD, "", "" },
        { "Basicx", CREDENTIALS_PASSWORD, "", "" },
        { "Basi", CREDENTIALS_PASSWORD, "", "" },
        { "Bearer YWxpY2U6cHc=", CREDENTIALS_PASSWORD, "", "" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t header = exact(cases[i].header);
        token_request_t r;
        token_fault_t fault;

        check(token_request_query(pool, reg_str(""), header, &r, &fault) == OK,
              i, cases[i].header);
        check(r.credentials == cases[i].credentials, i, cases[i].header);
        check(reg_str_eq(r.login, reg_cstr(cases[i].login)), i,
              cases[i].header);
        check(reg_str_eq(r.password, reg_cstr(cases[i].password)), i,
              cases[i].header);
        free(header.data);
    }
}


static void
queries_have_scopes_in_every_way(void **state)
{
    static const struct {
        const char *query;
        const char *service;
        size_t n;
        bool wants_refresh;
    } cases[] = {
        { "", "", 0, false },
        { "service=s", "s", 0, false },
        { "service=s&scope=", "s", 0, false },
        { "service=My+own%20registry%2B", "My own registry+", 0, false },
        { "scope=repository:a:pull", "", 1, false },
        { "scope=repository:a:pull&scope=repository:b:pull", "", 2, false },
        { "scope=repository:a:pull%20repository%3Ab%3Apull", "", 2, false },
        { "scope=repository:a:pull+repository:b:pull"
          "&service=s&scope=repository:c:pull",
          "s", 3, false },
        { "scope=repository:a:pull&scope=repository:a:push", "", 1, false },
        { "scope=%zz&scope=repository:a:pull", "", 1, false },
        { "scope", "", 0, false },
        { "offline_token=true&client_id=docker&account=alice", "", 0, true },
        { "offline_token=false", "", 0, false },
        { "access_type=offline", "", 0, false },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t query = exact(cases[i].query);
        token_request_t r;
        token_fault_t fault;

        check(token_request_query(pool, query, reg_str(""), &r, &fault) == OK,
              i, cases[i].query);
        check(reg_str_eq(r.service, reg_cstr(cases[i].service)), i,
              cases[i].query);
        check(r.grants.n == cases[i].n, i, cases[i].query);
        check(r.wants_refresh == cases[i].wants_refresh, i, cases[i].query);
        check(!r.is_form, i, cases[i].query);
        free(query.data);
    }
}


static void
forms_are_read_or_refused(void **state)
{
    static const struct {
        const char *body;
        const char *code; /* NULL: good */
        credentials_t credentials;
    } cases[] = {
        { "", "invalid_request", 0 },
        { "grant_type=", "invalid_request", 0 },
        { "grant_type=client_credentials", "unsupported_grant_type", 0 },
        { "grant_type=password", "invalid_request", 0 },
        { "grant_type=password&username=alice", "invalid_request", 0 },
        { "grant_type=password&username=&password=x", "invalid_request", 0 },
        { "grant_type=password&username=alice&password=x", NULL,
          CREDENTIALS_PASSWORD },
        { "grant_type=password&username=%00&password=x", "invalid_request", 0 },
        { "grant_type=refresh_token", "invalid_request", 0 },
        { "grant_type=refresh_token&refresh_token=x", NULL,
          CREDENTIALS_REFRESH },
        { "grant_type=refresh_token&refresh_token=x&service=%2",
          "invalid_request", 0 },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t body = exact(cases[i].body);
        token_request_t r;
        token_fault_t fault;
        int rc = token_request_form(pool, body, &r, &fault);

        check((rc == OK) == (cases[i].code == NULL), i, cases[i].body);

        if (rc == OK) {
            check(r.credentials == cases[i].credentials && r.is_form, i,
                  cases[i].body);
        } else {
            check(strcmp(fault.code, cases[i].code) == 0, i, cases[i].body);
        }

        free(body.data);
    }
}


static void
a_form_of_every_field(void **state)
{
    token_request_t r;
    token_fault_t fault;

    (void)state;
    assert_int_equal(
        token_request_form(
            pool,
            reg_str("grant_type=password&username=alice&password=p%20w%26"
                    "&service=reg&client_id=oras&access_type=offline"
                    "&scope=repository%3Aa%3Apull+repository%3Ab%3Apush"
                    "&unknown=1"),
            &r, &fault),
        OK);
    assert_true(reg_str_eq(r.login, reg_str("alice")));
    assert_true(reg_str_eq(r.password, reg_str("p w&")));
    assert_true(reg_str_eq(r.service, reg_str("reg")));
    assert_int_equal(r.grants.n, 2);
    assert_true(r.wants_refresh);
}


static void
fields_have_ceilings(void **state)
{
    char body[4096], x[1026];
    token_request_t r;
    token_fault_t fault;

    (void)state;
    memset(x, 'x', 1025);
    x[1025] = '\0';
    snprintf(body, sizeof(body), "grant_type=password&username=a&password=%s",
             x);
    assert_int_equal(token_request_form(pool, reg_cstr(body), &r, &fault),
                     REG_ERROR);
    snprintf(body, sizeof(body), "service=%s", x);
    assert_int_equal(
        token_request_query(pool, reg_cstr(body), reg_str(""), &r, &fault),
        REG_ERROR);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_credentials),
        cmocka_unit_test(queries_have_scopes_in_every_way),
        cmocka_unit_test(forms_are_read_or_refused),
        cmocka_unit_test(a_form_of_every_field),
        cmocka_unit_test(fields_have_ceilings),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
