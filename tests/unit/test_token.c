/* test_token.c: no one but the holder of the secret makes a token, and a token
 * has one text only. */

#include "reg_unit.h"
#include "fcgi_index/token/token.h"

#define SECRET reg_str("0123456789abcdef0123456789abcdef")
#define VERDICT reg_str("slipway-verdict 1\nexpires 1\nservice s\n")

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
what_is_signed_verifies(void **state)
{
    reg_str_t verdict = { TOKEN_VERDICT_MAX, malloc(TOKEN_VERDICT_MAX) };
    reg_str_t token, back;

    (void)state;
    memset(verdict.data, 'v', verdict.len);

    for (size_t len = 0; len <= TOKEN_VERDICT_MAX; len += 604) {
        reg_str_t text = { len, verdict.data };

        token = token_sign(pool, SECRET, text);
        assert_true(token.len <= TOKEN_MAX);
        assert_int_equal(token_verify(pool, SECRET, token, &back), REG_OK);
        assert_true(reg_str_eq(back, text));
    }

    token = token_sign(pool, SECRET, verdict);
    assert_true(token.len <= TOKEN_MAX);
    assert_true(token.len > TOKEN_MAX - 4); /* no room is wasted */
    assert_int_equal(token_verify(pool, SECRET, token, &back), REG_OK);

    free(verdict.data);
}


static void
two_tokens_for_the_same_differ(void **state)
{
    reg_str_t a = token_sign(pool, SECRET, VERDICT);
    reg_str_t b = token_sign(pool, SECRET, VERDICT);

    (void)state;
    assert_false(reg_str_eq(a, b));
    assert_string_not_equal(token_hash(pool, a), token_hash(pool, b));
}


static void
another_secret_does_not_verify(void **state)
{
    reg_str_t token = token_sign(pool, SECRET, VERDICT), back;

    (void)state;
    assert_int_equal(token_verify(pool,
                                  reg_str("0123456789abcdef0123456789abcdeg"),
                                  token, &back),
                     REG_DECLINED);
}


/* Else a revoked token would live on under another name. */
static void
no_other_character_anywhere_verifies(void **state)
{
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                 "qrstuvwxyz0123456789-_.=+/ ";
    reg_str_t token = token_sign(pool, SECRET, VERDICT), back;

    (void)state;

    for (size_t i = 0; i < token.len; i++) {
        unsigned char right = token.data[i];

        for (const char *p = others; *p != '\0'; p++) {
            if ((unsigned char)*p != right) {
                token.data[i] = (unsigned char)*p;
                check(token_verify(pool, SECRET, token, &back) == REG_DECLINED,
                      i, "a changed token");
            }
        }

        token.data[i] = right;
    }

    assert_int_equal(token_verify(pool, SECRET, token, &back), REG_OK);
}


static void
no_part_and_no_extension_verifies(void **state)
{
    reg_str_t token = token_sign(pool, SECRET, VERDICT), back;
    reg_str_t longer = { token.len + 1, malloc(token.len + 1) };

    (void)state;
    memcpy(longer.data, token.data, token.len);

    for (const char *p = "A=. \n"; *p != '\0'; p++) {
        longer.data[token.len] = (unsigned char)*p;
        check(token_verify(pool, SECRET, longer, &back) == REG_DECLINED, 0, p);
    }

    free(longer.data);

    for (size_t len = 0; len < token.len; len++) {
        reg_str_t part = exact_n(token.data, len);

        check(token_verify(pool, SECRET, part, &back) == REG_DECLINED, len,
              "a part of a token");
        free(part.data);
    }
}


static void
what_is_too_long_is_refused_at_once(void **state)
{
    reg_str_t text = { TOKEN_MAX + 1, malloc(TOKEN_MAX + 1) }, back;

    (void)state;
    memset(text.data, 'A', text.len);
    memcpy(text.data, TOKEN_PREFIX, 4);
    assert_int_equal(token_verify(pool, SECRET, text, &back), REG_DECLINED);
    free(text.data);
}


static void
random_strings_differ(void **state)
{
    reg_str_t a = token_random(pool, "sr1."), b = token_random(pool, "sr1.");

    (void)state;
    assert_int_equal(a.len, 4 + 43);
    assert_memory_equal(a.data, "sr1.", 4);
    assert_false(reg_str_eq(a, b));
}


static void
a_key_is_the_same_for_a_secret_and_a_purpose(void **state)
{
    reg_str_t key = token_derive(pool, SECRET, "events");

    (void)state;
    assert_int_equal(key.len, 43);
    assert_true(token_equal(key, token_derive(pool, SECRET, "events")));
    assert_false(token_equal(key, token_derive(pool, SECRET, "others")));
    assert_false(
        token_equal(key, token_derive(pool, reg_str("another"), "events")));

    for (size_t len = 0; len < key.len; len++) {
        assert_false(token_equal((reg_str_t){ len, key.data }, key));
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(two_tokens_for_the_same_differ),
        cmocka_unit_test(another_secret_does_not_verify),
        cmocka_unit_test(no_other_character_anywhere_verifies),
        cmocka_unit_test(no_part_and_no_extension_verifies),
        cmocka_unit_test(what_is_too_long_is_refused_at_once),
        cmocka_unit_test(random_strings_differ),
        cmocka_unit_test(a_key_is_the_same_for_a_secret_and_a_purpose),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
