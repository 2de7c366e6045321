/* test_grant.c: scopes that are asked for, and the verdict made of them. */

#include "reg_unit.h"
#include "fcgi_index/access/grant.h"
#include "fcgi_index/token/token.h"

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


/* Asks for scopes and grants all of each. */
static grant_list_t *
granted(const char *scopes)
{
    grant_list_t *list = pool_new(pool, grant_list_t);

    grant_list_add(pool, list, reg_cstr(scopes));

    for (size_t i = 0; i < list->n; i++) {
        list->grants[i].granted = grant_intersect(
            list->grants[i].scope.actions,
            list->grants[i].is_catalog ? REG_ACTION_ALL : GRANT_ACTIONS);
    }

    return list;
}


static void
scopes_are_read_joined_and_skipped(void **state)
{
    static const struct {
        const char *asked, *printed;
    } cases[] = {
        { "", "" },
        { "   ", "" },
        { "repository:a/b:pull", "repository:a/b:pull" },
        { "repository:a/b:push,pull", "repository:a/b:pull,push" },
        { "repository:a/b:pull repository:a/b:push",
          "repository:a/b:pull,push" },
        { "repository:a:pull repository:b:push repository:a:delete",
          "repository:a:pull,delete repository:b:push" },
        { "repository:a/b:*", "repository:a/b:pull,push,delete" },
        { "repository(plugin):a/b:pull", "repository(plugin):a/b:pull" },
        { "registry:catalog:*", "registry:catalog:*" },
        { "repository:a/b:", "" },
        { "repository:a/b:shout", "" },
        { "repository:a/b:pull,shout", "repository:a/b:pull" },
        { "garbage repository:a:pull", "repository:a:pull" },
        { "repository:a", "" },
        { "repository::pull", "" },
        { "repository:A/b:pull", "" },
        { "repository:../b:pull", "" },
        { "repository:a//b:pull", "" },
        { "repository:host:5000/a:pull", "" },
        { "registry:other:*", "" },
        { "artifact:a/b:pull", "" },
        { "repository(:a:pull", "" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        const char *text = grant_list_print(pool, granted(cases[i].asked));

        check(strcmp(text, cases[i].printed) == 0, i, cases[i].asked);
    }
}


static void
what_is_granted_is_asked_and_allowed(void **state)
{
    (void)state;
    assert_int_equal(
        grant_intersect(REG_ACTION_PULL | REG_ACTION_PUSH, REG_ACTION_PULL),
        REG_ACTION_PULL);
    assert_int_equal(grant_intersect(REG_ACTION_PULL, GRANT_ACTIONS),
                     REG_ACTION_PULL);
    assert_int_equal(grant_intersect(REG_ACTION_ALL, REG_ACTION_PULL),
                     REG_ACTION_PULL);
    assert_int_equal(grant_intersect(REG_ACTION_ALL, 0), 0);
    assert_int_equal(grant_intersect(0, GRANT_ACTIONS), 0);
}


static const reg_verdict_t head = { .expires = 1764000300,
                                    .service = { 1, (unsigned char *)"s" } };


static void
a_verdict_says_what_was_denied(void **state)
{
    grant_list_t *list = granted("repository(plugin):a/b:pull "
                                 "repository:c/d:pull");
    reg_verdict_t parsed;
    reg_str_t text;
    unsigned actions;

    (void)state;
    list->grants[1].granted = 0;
    assert_int_equal(grant_list_verdict(pool, list, &head, &text), OK);
    assert_int_equal(reg_verdict_parse(text, &parsed), REG_OK);
    assert_int_equal(reg_verdict_actions(&parsed, reg_str("repository"),
                                         reg_str("a/b"), &actions),
                     REG_OK);
    assert_int_equal(actions, REG_ACTION_PULL);
    assert_int_equal(reg_verdict_actions(&parsed, reg_str("repository"),
                                         reg_str("c/d"), &actions),
                     REG_OK);
    assert_int_equal(actions, 0);
    assert_int_equal(reg_verdict_actions(&parsed, reg_str("repository"),
                                         reg_str("e/f"), &actions),
                     REG_DECLINED);
}


/* n scopes with names of len bytes each. */
static grant_list_t *
many(size_t n, size_t len)
{
    const char *text = "";

    for (size_t i = 0; i < n; i++) {
        text = pool_printf(pool, "%s repository:%0*zu:pull", text, (int)len, i);
    }

    return granted(text);
}


static void
all_or_nothing_fits(void **state)
{
    static const struct {
        size_t n, len;
        bool is_over;
        int rc;
    } cases[] = {
        { 64, 8, false, OK },          { 300, 44, false, OK },
        { 1024, 8, false, OK },        { 1025, 8, true, OK },
        { 2000, 8, true, OK },         { 176, 255, false, OK },
        { 177, 255, false, DECLINED },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        grant_list_t *list = many(cases[i].n, cases[i].len);
        reg_verdict_t parsed;
        reg_str_t text;
        int rc = grant_list_verdict(pool, list, &head, &text);

        check(list->is_over == cases[i].is_over, i, "over");
        check(rc == cases[i].rc, i, "verdict");
        check(rc != OK || text.len <= REG_VERDICT_MAX, i, "length");
        check(rc != OK || reg_verdict_parse(text, &parsed) == REG_OK, i,
              "parse");
    }
}


static void
what_was_granted_is_printed(void **state)
{
    grant_list_t *list = granted("repository(plugin):a/b:pull,push "
                                 "registry:catalog:* repository:c:pull");

    (void)state;

    assert_string_equal(grant_list_print(pool, list),
                        "repository(plugin):a/b:pull,push registry:catalog:* "
                        "repository:c:pull");
    list->grants[0].granted = 0;
    list->grants[2].granted = 0;
    assert_string_equal(grant_list_print(pool, list), "registry:catalog:*");
    list->grants[1].granted = 0;
    assert_string_equal(grant_list_print(pool, list), "");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes_are_read_joined_and_skipped),
        cmocka_unit_test(what_is_granted_is_asked_and_allowed),
        cmocka_unit_test(a_verdict_says_what_was_denied),
        cmocka_unit_test(all_or_nothing_fits),
        cmocka_unit_test(what_was_granted_is_printed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
