/* test_allocation.c: to which registries a client is sent. */

#include "reg_unit.h"
#include "fcgi_index/registry/allocation.h"

#define NOW 1000000

static const int64_t lately = NOW - 10, long_ago = NOW - 3600;

#define ROW(name_, kind_, weight_, patterns_, state_, at)                      \
    {                                                                          \
        .name = name_, .kind = kind_, .endpoint = name_ ".example",            \
        .weight = weight_, .patterns = patterns_, .check_url = "http://x/",    \
        .state = state_, .checked_at = at                                      \
    }

static const registry_row_t map[] = {
    ROW("s1", REGISTRY_SPONSOR, 100, "*", REGISTRY_UP, &lately),
    ROW("s2", REGISTRY_SPONSOR, 1, "*", REGISTRY_DOWN, &lately),
    ROW("s3", REGISTRY_SPONSOR, 1, "*", REGISTRY_DOWN, &long_ago),
    ROW("m1", REGISTRY_MIRROR, 1, "*", REGISTRY_UP, &lately),
    ROW("m2", REGISTRY_MIRROR, 1, "lib/*\nacme/public-*", REGISTRY_DOWN,
        &lately),
    ROW("off", REGISTRY_SPONSOR, 0, "*", REGISTRY_UP, &lately),
    ROW("v1", REGISTRY_VENDOR, 1, "acme/*", REGISTRY_UP, &lately),
    ROW("p1", REGISTRY_PRIVATE, 1, "acme/secret", REGISTRY_UP, &lately),
    ROW("p2", REGISTRY_PRIVATE, 0, "gone/*", REGISTRY_UP, &lately),
};


static const char *
picked(pool_t *pool, const allocation_ask_t *ask, uint64_t random)
{
    allocation_t allocation;
    const char *text = "";

    allocation_pick(pool, map, N(map), ask, NOW, random, &allocation);

    for (size_t i = 0; i < allocation.n; i++) {
        text = pool_printf(pool, "%s%s%s", text, i != 0 ? " " : "",
                           allocation.endpoints[i]);
    }

    return text;
}


static void
each_question_has_its_list(void **state)
{
    static const struct {
        allocation_ask_t ask;
        const char *list;
    } cases[] = {
        /* up, unknown, down; mirrors first */
        { { "bob/x", false, false, "" },
          "m1.example s1.example s3.example s2.example" },
        { { "bob/x", false, true, NULL }, "s1.example s3.example s2.example" },
        { { "lib/x", false, false, "" },
          "m1.example s1.example s3.example m2.example s2.example" },
        { { "acme/x", false, false, "" }, "m1.example v1.example" },
        { { "acme/public-x", false, false, "" },
          "m1.example v1.example m2.example" },
        { { "acme/x", true, false, "" }, "v1.example" },
        { { "acme", true, true, "s1" }, "s1.example s3.example s2.example" },
        /* drained, and its repositories do not go elsewhere */
        { { "gone/x", true, false, "" }, "" },
        { { "gone/x", false, true, "" }, "" },
        /* names */
        { { "bob/x", false, false, "s2, s1" }, "s1.example s2.example" },
        { { "bob/x", false, false, "v1" },
          "m1.example s1.example s3.example s2.example" },
        { { "bob/x", false, false, "nonsense,s3" }, "s3.example" },
        { { "acme/x", true, false, "s1" }, "v1.example" },
        /* endpoints */
        { { "acme/x", true, true, "a.example:5000 s1,[::1]" },
          "a.example:5000 [::1]" },
        { { "acme/x", true, true, "a.example/x b.example" }, "b.example" },
        { { "acme/x", true, false, "http://a.example" }, "v1.example" },
        { { "acme/x", true, false, "a.example\r\nX: y" }, "v1.example" },
    };
    pool_t *pool = pool_create();

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(strcmp(picked(pool, &cases[i].ask, 7), cases[i].list) == 0, i,
              picked(pool, &cases[i].ask, 7));
    }

    pool_destroy(pool);
}


static void
weights_spread_pulls(void **state)
{
    const registry_row_t rows[] = {
        ROW("a", REGISTRY_SPONSOR, 30, "*", REGISTRY_UP, &lately),
        ROW("b", REGISTRY_SPONSOR, 10, "*", REGISTRY_UP, &lately),
    };
    const allocation_ask_t ask = { .repository = "x/y" };
    pool_t *pool = pool_create();
    unsigned first = 0;

    (void)state;

    for (uint64_t i = 1; i <= 4000; i++) {
        allocation_t allocation;

        allocation_pick(pool, rows, N(rows), &ask, NOW,
                        i * 0x9E3779B97F4A7C15ULL, &allocation);
        assert_int_equal(allocation.n, 2);
        first += strcmp(allocation.endpoints[0], "a.example") == 0;
    }

    pool_destroy(pool);
    assert_in_range(first, 2800, 3200);
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_question_has_its_list),
        cmocka_unit_test(weights_spread_pulls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
