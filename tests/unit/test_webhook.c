/* test_webhook.c: what may be a webhook, and what it wants to know. */

#include "reg_unit.h"
#include "fcgi_index/webhook/webhook.h"


static void
stars_stand_for_any_characters(void **state)
{
    static const struct {
        const char *pattern, *tag;
        bool matches;
    } cases[] = {
        { NULL, "latest", true },      { NULL, NULL, true },
        { "*", "latest", true },       { "*", NULL, false },
        { "", "latest", false },       { "latest", "latest", true },
        { "latest", "Latest", false }, { "latest", "latest2", false },
        { "v*", "v1.0", true },        { "v*", "v", true },
        { "v*", "1v", false },         { "*-rc*", "1.0-rc1", true },
        { "*-rc", "1.0-rc1", false },  { "*a*b", "aab", true },
        { "*a*b", "aaba", false },     { "**", "x", true },
        { "*aab", "aaaab", true },     { "a.b", "axb", false },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        check(webhook_tag_matches(cases[i].pattern, cases[i].tag)
                  == cases[i].matches,
              i, cases[i].pattern);
    }
}


static void
a_courier_may_try_it(void **state)
{
    static const char *const good[] = {
        "https://example.com",
        "http://example.com/hook?a=b&c=%20",
        "HTTPS://Example.com:8443/",
        "http://[2001:db8::1]:8080/x",
        "http://[::1]/",
        "http://127.0.0.1:1024/",
        "https://example.com:443",
        "http://example.com:80?x",
    };
    static const char *const bad[] = {
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http://",
        "http:///x",
        "http://?x",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://example.com:22/",
        "http://example.com:25/",
        "http://example.com:1023/",
        "http://example.com:65536/",
        "http://example.com:/",
        "http://example.com:8a/",
        "http://:80/",
        "http://exa mple.com/",
        "http://example.com/ x",
        "http://example.com/\r\nX: y",
        "http://example.com/#x",
        "http://example.com\\@evil.com/",
        "http://ex\xc3\xa4mple.com/",
        "http://example.com/\xc3\xa4",
        "http://[::1]:22/",
        "http://%31/",
    };

    (void)state;

    for (size_t i = 0; i < N(good); i++) {
        check(webhook_url_fault(reg_cstr(good[i])) == NULL, i, good[i]);
    }

    for (size_t i = 0; i < N(bad); i++) {
        check(webhook_url_fault(reg_cstr(bad[i])) != NULL, i, bad[i]);
    }
}


static void
forms_say_what_they_have_words_for(void **state)
{
    unsigned star = webhook_event_bit("star"), push = webhook_event_bit("push");
    webhook_form_t form;

    (void)state;
    assert_int_equal(webhook_event_bit("ping"), 0);
    assert_int_equal(webhook_event_bit("pull"), 0);
    assert_int_equal(webhook_form_parse("slack", &form), DECLINED);
    assert_int_equal(webhook_form_parse("quay", &form), OK);
    assert_int_equal(form, WEBHOOK_FORM_QUAY);
    assert_int_equal(webhook_form_lacks(form, push), 0);
    assert_int_equal(webhook_form_lacks(form, push | star), star);
    assert_int_equal(webhook_form_lacks(WEBHOOK_FORM_SLIPWAY, ~0u), 0);
}


static void
secrets_are_standard(void **state)
{
    pool_t *pool = pool_create();
    const char *secret = webhook_secret_make(pool);

    (void)state;
    assert_int_equal(strlen(secret), 50);
    assert_memory_equal(secret, "whsec_", 6);
    assert_int_equal(secret[49], '=');
    assert_string_not_equal(secret, webhook_secret_make(pool));
    pool_destroy(pool);
}


static void
header_values_split_nothing(void **state)
{
    (void)state;
    assert_true(webhook_is_header_value(reg_str("Bearer x y")));
    assert_false(webhook_is_header_value(reg_str("")));
    assert_false(webhook_is_header_value(reg_str("a\r\nb: c")));
    assert_false(webhook_is_header_value(reg_str(" a")));
    assert_false(webhook_is_header_value(reg_str("a ")));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stars_stand_for_any_characters),
        cmocka_unit_test(a_courier_may_try_it),
        cmocka_unit_test(forms_say_what_they_have_words_for),
        cmocka_unit_test(secrets_are_standard),
        cmocka_unit_test(header_values_split_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
