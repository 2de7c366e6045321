/* test_scope.c: scopes of tokens. */

#include "reg_unit.h"
#include "common/scope.h"

#define PULL REG_ACTION_PULL
#define PUSH REG_ACTION_PUSH
#define DELETE REG_ACTION_DELETE
#define ALL REG_ACTION_ALL


static bool
is_scope(reg_str_t s)
{
    reg_scope_t scope;

    return reg_scope_parse(s, &scope) == REG_OK;
}


static bool
is_no_scope(reg_str_t s)
{
    reg_scope_t scope;

    return reg_scope_parse(s, &scope) == REG_ERROR;
}


static void
vectors_hold(void **state)
{
    json_t *scopes = vectors_load("scopes.json");

    (void)state;

    vectors_each(json_object_get(scopes, "valid"), is_scope);
    vectors_each(json_object_get(scopes, "invalid"), is_no_scope);
    json_decref(scopes);
}


static void
parts_are_found(void **state)
{
    static const struct {
        const char *text;
        const char *type, *klass, *name;
        unsigned actions;
    } cases[] = {
        { "repository:a/b:pull", "repository", "", "a/b", PULL },
        { "repository:a:push,pull", "repository", "", "a", PULL | PUSH },
        { "repository:a:pull,pull", "repository", "", "a", PULL },
        { "repository:a:", "repository", "", "a", 0 },
        { "repository:a:delete,x,pull", "repository", "", "a", DELETE | PULL },
        { "repository:a:frobnicate", "repository", "", "a", 0 },
        { "repository:a:pull,,push,", "repository", "", "a", PULL | PUSH },
        { "registry:catalog:*", "registry", "", "catalog", ALL },
        { "repository:a:*,pull", "repository", "", "a", ALL | PULL },
        { "repository(plugin):a:pull", "repository", "plugin", "a", PULL },
        { "repository:h:5000/a:pull", "repository", "", "h:5000/a", PULL },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i].text);
        reg_scope_t s;

        check(reg_scope_parse(text, &s) == REG_OK, i, cases[i].text);
        check(reg_str_eq(s.type, reg_cstr(cases[i].type)), i, cases[i].text);
        check(reg_str_eq(s.klass, reg_cstr(cases[i].klass)), i, cases[i].text);
        check(reg_str_eq(s.name, reg_cstr(cases[i].name)), i, cases[i].text);
        check(s.actions == cases[i].actions, i, cases[i].text);
        free(text.data);
    }
}


/* A scope ends in a verdict's line: none of these may pass. */
static void
no_control_byte_passes(void **state)
{
    (void)state;

    for (int c = 0; c < 256; c++) {
        reg_str_t type = exact("repo_itory:a:pull");
        reg_str_t name = exact("repository:a_b:pull");
        reg_str_t action = exact("repository:a:pu_ll");
        bool is_bad = c <= ' ' || c >= 0x7f;

        type.data[4] = name.data[12] = action.data[15] = (unsigned char)c;
        assert_false(is_bad && is_scope(type));
        assert_false(is_bad && is_scope(name));
        assert_false(is_bad && is_scope(action));
        free(type.data);
        free(name.data);
        free(action.data);
    }

    assert_true(is_no_scope((reg_str_t){ 0, NULL }));
}


static void
lists_are_cut_at_spaces(void **state)
{
    static const char *const parts[] = { "a:b:c", "d", "e:f:" };
    reg_str_t text = exact("  a:b:c d   e:f: "), list = text, part;

    (void)state;

    for (size_t i = 0; i < N(parts); i++) {
        assert_int_equal(reg_scope_next(&list, &part), REG_OK);
        assert_true(reg_str_eq(part, reg_cstr(parts[i])));
    }

    assert_int_equal(reg_scope_next(&list, &part), REG_DECLINED);
    assert_int_equal(reg_scope_next(&list, &part), REG_DECLINED);
    list = (reg_str_t){ 0, NULL };
    assert_int_equal(reg_scope_next(&list, &part), REG_DECLINED);
    free(text.data);
}


static void
actions_have_names(void **state)
{
    static const struct {
        const char *name;
        unsigned action;
    } cases[] = { { "pull", PULL }, { "push", PUSH }, { "delete", DELETE },
                  { "*", ALL },     { "", 0 },        { "pul", 0 },
                  { "pulls", 0 },   { "Pull", 0 },    { "pull,push", 0 } };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t name = exact(cases[i].name);

        check(reg_action_find(name) == cases[i].action, i, cases[i].name);
        free(name.data);
    }
}


static void
actions_are_printed(void **state)
{
    static const struct {
        unsigned actions;
        const char *text;
    } cases[] = {
        { 0, "" },
        { PULL, "pull" },
        { PUSH, "push" },
        { PUSH | PULL, "pull,push" },
        { PULL | PUSH | DELETE, "pull,push,delete" },
        { PULL | DELETE, "pull,delete" },
        { ALL, "*" },
        { ALL | PULL | PUSH | DELETE, "*" },
        { ~(unsigned)(PULL | PUSH | DELETE | ALL), "" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        char buf[REG_ACTIONS_MAX + 1];

        check(reg_actions_print(cases[i].actions, buf) == strlen(cases[i].text),
              i, cases[i].text);
        assert_string_equal(buf, cases[i].text);
    }
}


static void
granted_allows_wanted(void **state)
{
    static const struct {
        unsigned granted, wanted;
        bool is_allowed;
    } cases[] = {
        { 0, 0, true },
        { 0, PULL, false },
        { PULL, PULL, true },
        { PULL, PULL | PUSH, false },
        { PULL | PUSH, PULL, true },
        { PUSH, PULL, false },
        { ALL, PULL | PUSH | DELETE, true },
        { ALL, ALL, true },
        { PULL | PUSH | DELETE, ALL, false },
        { PULL, 0, true },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(reg_actions_allow(cases[i].granted, cases[i].wanted)
                  == cases[i].is_allowed,
              i, "actions");
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(no_control_byte_passes),
        cmocka_unit_test(lists_are_cut_at_spaces),
        cmocka_unit_test(actions_have_names),
        cmocka_unit_test(actions_are_printed),
        cmocka_unit_test(granted_allows_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
