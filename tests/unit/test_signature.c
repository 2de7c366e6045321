/* test_signature.c: header lines by which a receiver knows who sends. */

#include "reg_unit.h"
#include "fcgi_index/webhook/signature.h"

#define NEW "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"


/* Published with Standard Webhooks. */
static const signature_t published = {
    .secret = NEW,
    .id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
    .timestamp = 1614265330,
    .body = { 20, (unsigned char *)"{\"test\": 2432232314}" }
};


static void
standard_webhooks_are_signed(void **state)
{
    const char *lines[SIGNATURE_LINES];
    pool_t *pool = pool_create();

    (void)state;
    assert_int_equal(signature_lines(pool, &published, lines), 5);
    assert_string_equal(lines[0], "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek");
    assert_string_equal(lines[1], "webhook-timestamp: 1614265330");
    assert_string_equal(lines[2],
                        "webhook-signature: "
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    pool_destroy(pool);
}


/* Published by GitHub. */
static void
bodies_are_signed_as_github_does(void **state)
{
    const signature_t signature = { .secret = "It's a Secret to Everybody",
                                    .id = "x",
                                    .body = reg_str("Hello, World!") };
    const char *lines[SIGNATURE_LINES];
    pool_t *pool = pool_create();

    (void)state;
    assert_int_equal(signature_lines(pool, &signature, lines), 5);
    assert_string_equal(
        lines[3], "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a"
                  "37570b6d7586c22c46f4379c8b043e17");
    assert_string_equal(lines[4],
                        "X-Signature: sha256=757107ea0eb2509fc211221cce984b8a"
                        "37570b6d7586c22c46f4379c8b043e17");
    pool_destroy(pool);
}


static void
two_secrets_are_good_during_a_rotation(void **state)
{
    signature_t signature = published;
    const char *lines[SIGNATURE_LINES], *alone[SIGNATURE_LINES];
    pool_t *pool = pool_create();

    (void)state;
    signature.secret = OLD;
    signature_lines(pool, &signature, alone);
    signature.secret = NEW;
    signature.old_secret = OLD;
    assert_int_equal(signature_lines(pool, &signature, lines), 5);
    assert_string_equal(
        lines[2], pool_printf(pool,
                              "webhook-signature: "
                              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
                              " %s",
                              strchr(alone[2], ' ') + 1));
    pool_destroy(pool);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_webhooks_are_signed),
        cmocka_unit_test(bodies_are_signed_as_github_does),
        cmocka_unit_test(two_secrets_are_good_during_a_rotation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
