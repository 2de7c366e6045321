/* test_endpoint.c: what X-Docker-Endpoints may have. */

#include "reg_unit.h"
#include "fcgi_index/registry/endpoint.h"


static void
hosts_with_and_without_ports(void **state)
{
    static const struct {
        const char *text;
        bool is_valid;
    } cases[] = {
        { "registry.example", true },
        { "registry.example:5000", true },
        { "localhost", true },
        { "127.0.0.1:80", true },
        { "[::1]", true },
        { "[2001:db8::1]:65535", true },
        { "a-b.c_d", true },
        { "", false },
        { ":5000", false },
        { "a:", false },
        { "a:0", false },
        { "a:080", false },
        { "a:65536", false },
        { "a:123456", false },
        { "a:1x", false },
        { "a:1:2", false },
        { "a..b", false },
        { ".a", false },
        { "a.", false },
        { "-a", false },
        { "a-", false },
        { "a-.b", false },
        { "A.example", false },
        { "http://a", false },
        { "a/b", false },
        { "a b", false },
        { "a,b", false },
        { "a\r\nX: y", false },
        { "u@a", false },
        { "[::1", false },
        { "[]", false },
        { "[::g]", false },
        { "[::1]x", false },
        { "[::1]:", false },
        { "::1", false },
    };
    char longest[ENDPOINT_MAX + 8];

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(endpoint_is_valid(reg_cstr(cases[i].text)) == cases[i].is_valid,
              i, cases[i].text);
    }

    /* labels of 63 */
    memset(longest, 'a', sizeof(longest));
    longest[63] = longest[127] = longest[191] = '.';
    memcpy(longest + 255, ":65535", 7);
    assert_true(endpoint_is_valid(reg_cstr(longest)));
    memcpy(longest + 255, "a", 2);
    assert_false(endpoint_is_valid(reg_cstr(longest)));
    longest[63] = 'a';
    longest[100] = '\0';
    assert_false(endpoint_is_valid(reg_cstr(longest)));
}


static bool
is_text(str_t word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}


static void
words_have_commas_or_spaces_between_them(void **state)
{
    str_t rest = reg_cstr(" ,a.b:1 ,, eu,");

    (void)state;

    assert_true(is_text(endpoint_next(&rest), "a.b:1"));
    assert_true(is_text(endpoint_next(&rest), "eu"));
    assert_true(is_text(endpoint_next(&rest), ""));
    assert_true(is_text(endpoint_next(&rest), ""));
    assert_true(endpoint_is_meant(reg_str("a.b")));
    assert_true(endpoint_is_meant(reg_str("a:1")));
    assert_true(endpoint_is_meant(reg_str("[::1]")));
    assert_true(endpoint_is_meant(reg_str("localhost")));
    assert_false(endpoint_is_meant(reg_str("eu-1")));
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_with_and_without_ports),
        cmocka_unit_test(words_have_commas_or_spaces_between_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
