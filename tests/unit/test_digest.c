/* test_digest.c: digests, known, unknown and malformed. */

#include "reg_unit.h"
#include "common/digest.h"

#define HEX64 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


static int
parse(reg_str_t s)
{
    reg_digest_t digest;

    return reg_digest_parse(s, &digest);
}


static bool
is_unknown(reg_str_t s)
{
    return parse(s) == REG_DECLINED;
}


static bool
is_malformed(reg_str_t s)
{
    return parse(s) == REG_ERROR;
}


static bool
is_valid_and_prints_back(reg_str_t s)
{
    char buf[REG_DIGEST_MAX + 1];
    reg_digest_t digest;
    size_t len;

    if (reg_digest_parse(s, &digest) != REG_OK) {
        return false;
    }

    len = reg_digest_print(&digest, buf);

    return buf[len] == '\0' && reg_str_eq(reg_cstr(buf), s)
           && digest.hex.len == reg_algorithm_hex_len(digest.algorithm)
           && digest.hex.data + digest.hex.len == s.data + s.len;
}


static void
vectors_hold(void **state)
{
    json_t *digests = vectors_load("digests.json");

    (void)state;

    vectors_each(json_object_get(digests, "valid"), is_valid_and_prints_back);
    vectors_each(json_object_get(digests, "unknown_algorithm"), is_unknown);
    vectors_each(json_object_get(digests, "invalid"), is_malformed);
    json_decref(digests);
}


static void
every_byte_in_hex(void **state)
{
    (void)state;

    for (int c = 0; c < 256; c++) {
        reg_str_t s = exact("sha256:" HEX64);

        s.data[20] = (unsigned char)c;
        assert_int_equal(parse(s) == REG_OK,
                         (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
        free(s.data);
    }
}


static void
every_length(void **state)
{
    static const char text[] = "sha256:" HEX64;

    (void)state;

    for (size_t len = 0; len < sizeof(text); len++) {
        reg_str_t s = exact_n(text, len);

        assert_int_equal(parse(s),
                         len == sizeof(text) - 1 ? REG_OK : REG_ERROR);
        free(s.data);
    }
}


static void
algorithms_are_found_by_name(void **state)
{
    static const char *const unknown[] = { "",       "sha25",  "sha2566",
                                           "SHA256", "sha384", "sha512 " };
    reg_algorithm_t algorithm;

    (void)state;

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        reg_str_t name = reg_algorithm_name((reg_algorithm_t)i);

        assert_int_equal(reg_algorithm_parse(name, &algorithm), REG_OK);
        assert_int_equal(algorithm, i);
        assert_true(reg_algorithm_hex_len(algorithm) <= REG_DIGEST_HEX_MAX);
    }

    for (size_t i = 0; i < N(unknown); i++) {
        check(reg_algorithm_parse(reg_cstr(unknown[i]), &algorithm)
                  == REG_DECLINED,
              i, unknown[i]);
    }
}


static void
equal_are_algorithm_and_hex(void **state)
{
    reg_digest_t a = { REG_SHA256, reg_str("aa") };
    reg_digest_t b = { REG_SHA256, reg_str("aa") };
    reg_digest_t c = { REG_SHA512, reg_str("aa") };
    reg_digest_t d = { REG_SHA256, reg_str("ab") };

    (void)state;

    assert_true(reg_digest_eq(&a, &b));
    assert_false(reg_digest_eq(&a, &c));
    assert_false(reg_digest_eq(&a, &d));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(every_byte_in_hex),
        cmocka_unit_test(every_length),
        cmocka_unit_test(algorithms_are_found_by_name),
        cmocka_unit_test(equal_are_algorithm_and_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
