/* test_router.c: which row of the table a request is for. */

#include "reg_unit.h"
#include "fcgi_index/api/router.h"

static const route_t rows[] = {
    { .method = "GET", .path = "/repositories/{repository}", .id = "one" },
    { .method = "PATCH", .path = "/repositories/{repository}", .id = "edit" },
    { .method = "GET",
      .path = "/repositories/{repository}/tags",
      .id = "tags" },
    { .method = "GET",
      .path = "/repositories/{repository}/tags/{tag}",
      .id = "tag" },
    { .method = "DELETE", .path = "/sessions/{id}", .id = "end" },
};

static const route_table_t table = { rows, N(rows) };


static void
finds_rows(void **state)
{
    static const struct {
        const char *method, *uri;
        router_result_t result;
        const char *id, *first, *second;
    } cases[] = {
        { "GET", "/api/v1/repositories/a%2Ftags%2Fb", ROUTER_FOUND, "one",
          "a/tags/b", NULL },
        { "GET", "/api/v1/repositories/a%2ftags%2fb/tags", ROUTER_FOUND, "tags",
          "a/tags/b", NULL },
        { "HEAD", "/api/v1/repositories/a/tags/tags?x=/../", ROUTER_FOUND,
          "tag", "a", "tags" },
        { "GET", "/%61pi/v1/repositories/a%2Fb", ROUTER_FOUND, "one", "a/b",
          NULL },
        { "DELETE", "/api/v1/sessions/12", ROUTER_FOUND, "end", "12", NULL },
        { "GET", "/api/v1/repositories/a/tags/b/tags", ROUTER_NO_PATH, NULL,
          NULL, NULL },
        { "GET", "/api/v1/repositories/a%2F", ROUTER_NO_PATH, NULL, NULL,
          NULL },
        { "GET", "/api/v1/repositories/A", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "GET", "/api/v1/repositories//tags", ROUTER_NO_PATH, NULL, NULL,
          NULL },
        { "GET", "/api/v1/repositories/a/", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "GET", "/api/v1/repositories/a%252Fb", ROUTER_NO_PATH, NULL, NULL,
          NULL },
        { "DELETE", "/api/v1/sessions/x", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "DELETE", "/api/v1/sessions/-1", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "DELETE", "/api/v1/sessions/99999999999999999999", ROUTER_NO_PATH,
          NULL, NULL, NULL },
        { "GET", "/api/v2/repositories/a", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "GET", "/api/v1", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "GET", "/api", ROUTER_NO_PATH, NULL, NULL, NULL },
        { "GET", "/api/v1/a/b/c/d/e/f/g/h/i/j/k/l/m", ROUTER_NO_PATH, NULL,
          NULL, NULL },
        { "GET", "/api/v1/repositories/a%", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "/api/v1/repositories/a%2", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "/api/v1/repositories/a%zz", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "/api/v1/repositories/a%00", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "/api/v1/x/../repositories/a", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "/api/v1/./repositories/a", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "/api/v1/repositories/%2e%2E", ROUTER_MALFORMED, NULL, NULL,
          NULL },
        { "GET", "api/v1/repositories/a", ROUTER_MALFORMED, NULL, NULL, NULL },
        { "GET", "", ROUTER_MALFORMED, NULL, NULL, NULL },
        { "PUT", "/api/v1/repositories/a", ROUTER_NO_METHOD, NULL, NULL, NULL },
        { "TRACE", "/api/v1/repositories/a", ROUTER_NO_METHOD, NULL, NULL,
          NULL },
        { "OPTIONS", "/api/v1/repositories/a", ROUTER_OPTIONS, NULL, NULL,
          NULL },
        { "OPTIONS", "/api/v1/nothing", ROUTER_NO_PATH, NULL, NULL, NULL },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        router_match_t match;
        router_result_t result =
            router_match(pool, &table, "/api/v1", cases[i].method,
                         reg_cstr(cases[i].uri), &match);

        check(result == cases[i].result, i, cases[i].uri);

        if (result == ROUTER_FOUND) {
            check(strcmp(match.route->id, cases[i].id) == 0, i, "row");
            check(reg_str_eq(match.segments[0], reg_cstr(cases[i].first)), i,
                  "first");
        }

        if (cases[i].second != NULL) {
            check(reg_str_eq(match.segments[1], reg_cstr(cases[i].second)), i,
                  "second");
        }
    }

    pool_destroy(pool);
}


static void
says_what_is_allowed(void **state)
{
    pool_t *pool = pool_create();
    router_match_t match;

    (void)state;

    router_match(pool, &table, "/api/v1", "TRACE",
                 reg_str("/api/v1/repositories/a"), &match);
    assert_string_equal(match.allow, "GET, HEAD, PATCH, OPTIONS");
    router_match(pool, &table, "/api/v1", "GET", reg_str("/api/v1/sessions/1"),
                 &match);
    assert_string_equal(match.allow, "DELETE, OPTIONS");

    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_rows),
        cmocka_unit_test(says_what_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
