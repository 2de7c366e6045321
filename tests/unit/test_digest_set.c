/* test_digest_set.c: what was added is there, and nothing else. */

#include "reg_unit.h"
#include "fcgi_registry/store/digest_set.h"
#include "common/hash.h"

#define MANY 50000


/* The digest of a number; hex[REG_DIGEST_HEX_MAX + 1] holds its text. */
static reg_digest_t
digest_of(size_t number, reg_algorithm_t algorithm, char *hex)
{
    reg_hash_t hash;

    reg_hash_init(&hash, algorithm);
    reg_hash_update(&hash, &number, sizeof(number));
    reg_hash_hex(&hash, hex);

    return (reg_digest_t){ algorithm, reg_cstr(hex) };
}


static reg_digest_t
digest_parse(const char *text)
{
    reg_digest_t digest;

    assert_int_equal(reg_digest_parse(reg_cstr(text), &digest), REG_OK);

    return digest;
}


static void
many_digests_are_found(void **state)
{
    digest_set_t *set = digest_set_create();
    char hex[REG_DIGEST_HEX_MAX + 1];

    (void)state;

    for (size_t i = 0; i < MANY; i++) {
        reg_digest_t digest = digest_of(i, (reg_algorithm_t)(i % 2), hex);

        assert_false(digest_set_has(set, &digest));
        assert_true(digest_set_add(set, &digest));
        assert_false(digest_set_add(set, &digest));
        assert_int_equal(digest_set_count(set), i + 1);
    }

    for (size_t i = 0; i < MANY; i++) {
        reg_digest_t digest = digest_of(i, (reg_algorithm_t)(i % 2), hex);

        assert_true(digest_set_has(set, &digest));
        digest = digest_of(i, (reg_algorithm_t)(1 - i % 2), hex);
        assert_false(digest_set_has(set, &digest));
        digest = digest_of(MANY + i, REG_SHA256, hex);
        assert_false(digest_set_has(set, &digest));
    }

    digest_set_destroy(set);
}


static void
a_digest_of_zeros_is_one_as_any_other(void **state)
{
    static const char *text = "sha256:0000000000000000000000000000000000000000"
                              "000000000000000000000000";
    reg_digest_t zero = digest_parse(text);
    digest_set_t *set = digest_set_create();

    (void)state;

    assert_false(digest_set_has(set, &zero));
    assert_true(digest_set_add(set, &zero));
    assert_false(digest_set_add(set, &zero));
    assert_true(digest_set_has(set, &zero));
    assert_int_equal(digest_set_count(set), 1);

    digest_set_clear(set);
    assert_false(digest_set_has(set, &zero));
    assert_int_equal(digest_set_count(set), 0);

    digest_set_destroy(set);
}


static void
one_bit_makes_another_digest(void **state)
{
    char text[] = "sha256:ffffffffffffffffffffffffffffffffffffffff"
                  "ffffffffffffffffffffffff";
    digest_set_t *set = digest_set_create();
    reg_digest_t digest = digest_parse(text);

    (void)state;

    digest_set_add(set, &digest);

    for (size_t i = sizeof("sha256:") - 1; i < sizeof(text) - 1; i++) {
        text[i] = 'e';
        digest = digest_parse(text);
        check(!digest_set_has(set, &digest), i, text);
        text[i] = 'f';
    }

    digest_set_destroy(set);
}


static void
a_set_is_used_again(void **state)
{
    digest_set_t *set = digest_set_create();
    char hex[REG_DIGEST_HEX_MAX + 1];

    (void)state;

    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < (round == 1 ? 10 : 5000); i++) {
            reg_digest_t digest = digest_of(i, REG_SHA256, hex);

            assert_true(digest_set_add(set, &digest));
        }

        digest_set_clear(set);
        assert_int_equal(digest_set_count(set), 0);
    }

    digest_set_destroy(set);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_digests_are_found),
        cmocka_unit_test(a_digest_of_zeros_is_one_as_any_other),
        cmocka_unit_test(one_bit_makes_another_digest),
        cmocka_unit_test(a_set_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
