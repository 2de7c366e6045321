/* test_redirect.c: signatures of redirects to an edge. */

#include "reg_unit.h"
#include "common/redirect.h"

#define SECRET reg_str("0123456789abcdef0123456789abcdef")
#define NOW 1764000000
#define LATER (NOW + 600)

static const reg_redirect_t wanted = {
    .edge = reg_str("edge.example:5000"),
    .method = reg_str("GET"),
    .repository = reg_str("alice/app"),
    .digest = reg_str("sha256:0123"),
};


static reg_str_t
signature(char *buf, const reg_redirect_t *redirect, int64_t expires)
{
    int len =
        reg_redirect_sign(buf, REG_REDIRECT_MAX, redirect, expires, SECRET);

    assert_true(len > 0);

    return (reg_str_t){ (size_t)len, (unsigned char *)buf };
}


/* The MAC is that of Python's hmac over the text of redirect.h. */
static void
it_is_what_others_compute(void **state)
{
    char buf[REG_REDIRECT_MAX];
    reg_str_t text = signature(buf, &wanted, LATER);
    static const char expected[] =
        "1764000600.4ksi7YpixXmF_Ml8ZHiToR1N-aOG0QNHO_XrGjJ7TUQ";

    (void)state;

    assert_int_equal(text.len, sizeof(expected) - 1);
    assert_memory_equal(text.data, expected, text.len);
    assert_int_equal(reg_redirect_check(text, &wanted, NOW, SECRET), REG_OK);
}


static void
each_value_is_bound(void **state)
{
    reg_redirect_t others[] = { wanted, wanted, wanted, wanted, wanted };
    char buf[REG_REDIRECT_MAX];
    reg_str_t text = signature(buf, &wanted, LATER);

    (void)state;

    others[0].edge = reg_str("edge.example:5001");
    others[1].method = reg_str("HEAD");
    others[2].repository = reg_str("alice/ap");
    others[3].digest = reg_str("sha256:0124");
    /* a border between two values that moves */
    others[4].repository = reg_str("alice/app\ndigest");

    for (size_t i = 0; i < N(others); i++) {
        check(reg_redirect_check(text, &others[i], NOW, SECRET) == REG_ERROR, i,
              "another request");
    }

    assert_int_equal(
        reg_redirect_check(text, &wanted, NOW,
                           reg_str("0123456789abcdef0123456789abcdeF")),
        REG_ERROR);
    assert_int_equal(reg_redirect_check(text, &wanted, NOW, reg_str("")),
                     REG_ERROR);
}


static void
it_expires(void **state)
{
    char buf[REG_REDIRECT_MAX];
    reg_str_t text = signature(buf, &wanted, LATER);

    (void)state;

    assert_int_equal(reg_redirect_check(text, &wanted, LATER - 1, SECRET),
                     REG_OK);
    assert_int_equal(reg_redirect_check(text, &wanted, LATER, SECRET),
                     REG_DECLINED);
    /* a later time needs another MAC */
    buf[9]++;
    assert_int_equal(reg_redirect_check(text, &wanted, LATER, SECRET),
                     REG_ERROR);
}


static void
any_other_text_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ".",
        "1.",
        "1764000600",
        "1764000600.",
        "01764000600.",
        "-1764000600.",
        "+1764000600.",
        " 1764000600.",
        "9223372036854775808.",
        "99999999999999999999999999.",
    };
    char buf[REG_REDIRECT_MAX + 2];
    reg_str_t text = signature(buf, &wanted, LATER), copy;

    (void)state;

    for (size_t i = 0; i < N(texts); i++) {
        copy = exact(texts[i]);
        check(reg_redirect_check(copy, &wanted, NOW, SECRET) == REG_ERROR, i,
              texts[i]);
        free(copy.data);
    }

    /* cut anywhere, longer, and each bit of it */
    for (size_t n = 0; n < text.len; n++) {
        copy = exact_n(text.data, n);
        check(reg_redirect_check(copy, &wanted, NOW, SECRET) == REG_ERROR, n,
              "cut");
        free(copy.data);
        text.data[n] ^= 1;
        check(reg_redirect_check(text, &wanted, NOW, SECRET) == REG_ERROR, n,
              "a bit");
        text.data[n] ^= 1;
    }

    text.data[text.len++] = '=';
    assert_int_equal(reg_redirect_check(text, &wanted, NOW, SECRET), REG_ERROR);
}


static void
what_cannot_be_bound_is_not_signed(void **state)
{
    static const char *const bad[] = { "", "a b", "a\nb", "a\r", "\x80", "\t" };
    char buf[REG_REDIRECT_MAX], longest[REG_REDIRECT_VALUE_MAX + 2];
    reg_redirect_t redirect;

    (void)state;

    for (size_t i = 0; i < N(bad); i++) {
        reg_str_t *const values[] = { &redirect.edge, &redirect.method,
                                      &redirect.repository, &redirect.digest };

        for (size_t k = 0; k < N(values); k++) {
            redirect = wanted;
            *values[k] = reg_cstr(bad[i]);
            check(reg_redirect_sign(buf, sizeof(buf), &redirect, LATER, SECRET)
                      == REG_ERROR,
                  i, bad[i]);
        }
    }

    memset(longest, 'a', sizeof(longest));
    redirect = wanted;
    redirect.repository =
        (reg_str_t){ REG_REDIRECT_VALUE_MAX + 1, (unsigned char *)longest };
    assert_int_equal(
        reg_redirect_sign(buf, sizeof(buf), &redirect, LATER, SECRET),
        REG_ERROR);
    assert_int_equal(reg_redirect_sign(buf, 53, &wanted, LATER, SECRET),
                     REG_ERROR);
    assert_int_equal(reg_redirect_sign(buf, 54, &wanted, LATER, SECRET), 54);
    assert_int_equal(reg_redirect_sign(buf, sizeof(buf), &wanted, 0, SECRET),
                     REG_ERROR);
}


static void
an_edge_is_a_host_with_or_without_a_port(void **state)
{
    static const char *const good[] = { "edge.example", "edge.example:5000",
                                        "127.0.0.1:80", "[::1]:5000",
                                        "[::1]",        "localhost" };
    static const char *const bad[] = {
        "",     ":80", "a:",       "a:0",    "a:080",  "a:65536", "a:1:2",
        "A",    "a/b", "http://a", "a b",    "[]",     "[::1",    "::1",
        "[a]b", "u@a", "a\n",      "[::1]x", "[::1]:",
    };

    (void)state;

    for (size_t i = 0; i < N(good); i++) {
        check(reg_redirect_edge_is_valid(reg_cstr(good[i])), i, good[i]);
    }

    for (size_t i = 0; i < N(bad); i++) {
        check(!reg_redirect_edge_is_valid(reg_cstr(bad[i])), i, bad[i]);
    }
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_others_compute),
        cmocka_unit_test(each_value_is_bound),
        cmocka_unit_test(it_expires),
        cmocka_unit_test(any_other_text_is_refused),
        cmocka_unit_test(what_cannot_be_bound_is_not_signed),
        cmocka_unit_test(an_edge_is_a_host_with_or_without_a_port),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
