/* test_name.c: grammars of repositories, tags, upload ids, logins, services. */

#include "reg_unit.h"
#include "common/name.h"

#define IS_NOT(is)                                                             \
    static bool is##_not(reg_str_t s)                                          \
    {                                                                          \
        return !is(s);                                                         \
    }

IS_NOT(reg_name_is_valid)
IS_NOT(reg_tag_is_valid)
IS_NOT(reg_upload_id_is_valid)
IS_NOT(reg_image_id_is_valid)
IS_NOT(reg_store_is_valid)
IS_NOT(reg_login_is_valid)
IS_NOT(reg_actor_is_valid)
IS_NOT(reg_service_is_valid)
IS_NOT(reg_account_is_valid)
IS_NOT(reg_realm_is_valid)


static void
vectors_hold(void **state)
{
    static const struct {
        const char *kind;
        bool (*is)(reg_str_t);
        bool (*is_not)(reg_str_t);
    } kinds[] = {
        { "repository", reg_name_is_valid, reg_name_is_valid_not },
        { "tag", reg_tag_is_valid, reg_tag_is_valid_not },
        { "upload_id", reg_upload_id_is_valid, reg_upload_id_is_valid_not },
        { "image_id", reg_image_id_is_valid, reg_image_id_is_valid_not },
        { "store", reg_store_is_valid, reg_store_is_valid_not },
        { "login", reg_login_is_valid, reg_login_is_valid_not },
        { "actor", reg_actor_is_valid, reg_actor_is_valid_not },
        { "service", reg_service_is_valid, reg_service_is_valid_not },
        { "account", reg_account_is_valid, reg_account_is_valid_not },
        { "realm", reg_realm_is_valid, reg_realm_is_valid_not },
    };
    json_t *names = vectors_load("names.json");

    (void)state;

    for (size_t i = 0; i < N(kinds); i++) {
        json_t *kind = json_object_get(names, kinds[i].kind);

        vectors_each(json_object_get(kind, "valid"), kinds[i].is);
        vectors_each(json_object_get(kind, "invalid"), kinds[i].is_not);
    }

    json_decref(names);
}


/* A string of n times c, with last at its end. */
static reg_str_t
repeated(size_t n, char c, char last)
{
    reg_str_t s = { n, malloc(n) };

    memset(s.data, c, n);
    s.data[n - 1] = (unsigned char)last;

    return s;
}


static void
longest_are_valid_and_one_more_is_not(void **state)
{
    static const struct {
        size_t max;
        bool (*is)(reg_str_t);
    } kinds[] = {
        { REG_NAME_MAX, reg_name_is_valid },
        { REG_TAG_MAX, reg_tag_is_valid },
        { REG_LOGIN_MAX, reg_login_is_valid },
        { REG_LOGIN_MAX, reg_actor_is_valid },
        { REG_SERVICE_MAX, reg_service_is_valid },
        { REG_SERVICE_MAX, reg_account_is_valid },
    };

    (void)state;

    for (size_t i = 0; i < N(kinds); i++) {
        reg_str_t longest = repeated(kinds[i].max, 'a', 'z');
        reg_str_t longer = repeated(kinds[i].max + 1, 'a', 'z');

        check(kinds[i].is(longest), i, "longest");
        check(!kinds[i].is(longer), i, "longer");
        free(longest.data);
        free(longer.data);
    }
}


/* The longest run of each separator, and one more byte of it. */
static void
long_runs(void **state)
{
    reg_str_t s = repeated(REG_NAME_MAX, '-', 'a');

    (void)state;

    assert_false(reg_name_is_valid(s));
    s.data[0] = 'a';
    assert_true(reg_name_is_valid(s));
    memset(s.data + 1, '_', s.len - 2);
    assert_false(reg_name_is_valid(s));
    memset(s.data + 1, '.', s.len - 2);
    assert_false(reg_name_is_valid(s));
    memset(s.data + 1, '/', s.len - 2);
    assert_false(reg_name_is_valid(s));
    free(s.data);
}


/* Which bytes may stand in the middle of "a?a". */
static void
every_byte(void **state)
{
    (void)state;

    for (int c = 0; c < 256; c++) {
        unsigned char text[3] = { 'a', (unsigned char)c, 'a' };
        reg_str_t s = exact_n(text, sizeof(text));
        bool lower = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool joint = c == '.' || c == '_' || c == '-';

        assert_int_equal(reg_name_is_valid(s), lower || joint || c == '/');
        assert_int_equal(reg_login_is_valid(s), lower || joint);
        assert_int_equal(reg_tag_is_valid(s),
                         lower || joint || (c >= 'A' && c <= 'Z'));
        assert_int_equal(reg_service_is_valid(s),
                         c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
        assert_int_equal(reg_account_is_valid(s),
                         c > 0x20 && c < 0x7f && c != '"' && c != '\\');
        free(s.data);
    }
}


static void
namespace_is_first_component(void **state)
{
    static const struct {
        const char *name;
        const char *namespace;
    } cases[] = {
        { "a/b/c", "a" },       { "alice/app", "alice" },
        { "ubuntu", "ubuntu" }, { "", "" },
        { "/a", "" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t name = exact(cases[i].name);
        reg_str_t namespace = reg_name_namespace(name);

        check(reg_str_eq(namespace, reg_cstr(cases[i].namespace)), i,
              cases[i].name);
        assert_ptr_equal(namespace.data, name.data);
        free(name.data);
    }
}


static void
library_is_left_out(void **state)
{
    static const struct {
        const char *text;
        const char *name;
    } cases[] = {
        { "library/solo", "solo" },       { "solo", "solo" },
        { "library", "library" },         { "library/", "library/" },
        { "library/a/b", "library/a/b" }, { "a/library", "a/library" },
        { "librarya", "librarya" },       { "a/library/b", "a/library/b" },
        { "library/library", "library" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i].text);
        reg_str_t name = reg_name_from_v1(text);

        check(reg_str_eq(name, reg_cstr(cases[i].name)), i, cases[i].text);
        assert_ptr_equal(name.data + name.len, text.data + text.len);
        free(text.data);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(longest_are_valid_and_one_more_is_not),
        cmocka_unit_test(long_runs),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(namespace_is_first_component),
        cmocka_unit_test(library_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
