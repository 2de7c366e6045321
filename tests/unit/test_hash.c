/* test_hash.c: digests and hash states, against what Go writes. */

#include "reg_unit.h"
#include "common/encode.h"
#include "common/hash.h"

#define VECTORS_N 28

typedef struct {
    char name[16];
    size_t len;
    char state[2 * REG_HASH_STATE_MAX + 1];
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_algorithm_t algorithm;
    unsigned char *message;
} vector_t;


static bool
vector_read(FILE *fp, vector_t *v)
{
    if (fscanf(fp, "%15s %zu %408s %128s", v->name, &v->len, v->state, v->hex)
        != 4) {
        return false;
    }

    assert_int_equal(reg_algorithm_parse(reg_cstr(v->name), &v->algorithm),
                     REG_OK);
    v->message = malloc(v->len);

    for (size_t i = 0; i < v->len; i++) {
        v->message[i] = (unsigned char)(7 * i + 3);
    }

    return true;
}


static void
vectors_run(void (*run)(const vector_t *v))
{
    FILE *fp = fopen("tests/vectors/hash_states.txt", "r");
    vector_t v;
    int n = 0;

    assert_non_null(fp);

    while (vector_read(fp, &v)) {
        run(&v);
        free(v.message);
        n++;
    }

    fclose(fp);
    assert_int_equal(n, VECTORS_N);
}


static void
assert_hex(const reg_hash_t *hash, const char *expected)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_str_t raw = exact(expected);

    reg_hash_hex(hash, hex);
    assert_string_equal(hex, expected);

    raw.len /= 2;
    reg_hash_raw(hash, raw.data);
    reg_hex_encode(raw.data, raw.len, hex);
    assert_string_equal(hex, expected);
    free(raw.data);
}


static void
export_one(const vector_t *v)
{
    unsigned char raw[REG_HASH_STATE_MAX];
    char state[2 * REG_HASH_STATE_MAX + 1];
    reg_hash_t hash;
    size_t len;

    reg_hash_init(&hash, v->algorithm);

    for (size_t at = 0; at < v->len; at += len) {
        len = v->len - at < 37 ? v->len - at : 37;
        reg_hash_update(&hash, v->message + at, len);
    }

    len = reg_hash_state_export(&hash, raw);
    reg_hex_encode(raw, len, state);
    state[2 * len] = '\0';
    assert_string_equal(state, v->state);
    assert_hex(&hash, v->hex);
    assert_hex(&hash, v->hex); /* was not disturbed */
}


static void
state_import(reg_hash_t *hash, const char *hex)
{
    unsigned char raw[REG_HASH_STATE_MAX];
    reg_str_t state = { 0, raw };

    assert_int_equal(
        reg_hex_decode(reg_cstr(hex), raw, sizeof(raw), &state.len), REG_OK);
    state = exact_n(raw, state.len);
    assert_int_equal(reg_hash_state_import(hash, state), REG_OK);
    free(state.data);
}


/* A state taken up goes on as if it had never been put down. */
static void
import_one(const vector_t *v)
{
    char expected[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash, taken_up;

    state_import(&taken_up, v->state);
    assert_int_equal(taken_up.algorithm, v->algorithm);
    assert_int_equal(taken_up.length, v->len);
    assert_hex(&taken_up, v->hex);

    reg_hash_init(&hash, v->algorithm);
    reg_hash_update(&hash, v->message, v->len);

    for (size_t n = 1; n < 300; n += 61) {
        unsigned char more[300];

        memset(more, (int)n, n);
        reg_hash_update(&hash, more, n);
        reg_hash_update(&taken_up, more, n);
        reg_hash_hex(&hash, expected);
        assert_hex(&taken_up, expected);
    }
}


static void
fits_one(const vector_t *v)
{
    reg_str_t content = exact_n(v->message, v->len);
    reg_digest_t digest = { v->algorithm, reg_cstr(v->hex) };

    assert_true(reg_hash_fits(content, &digest));
    assert_int_equal(reg_hash_fits(reg_str(""), &digest), v->len == 0);
    free(content.data);
}


static void
content_fits_its_digest(void **state)
{
    (void)state;

    vectors_run(fits_one);
}


static void
states_are_as_go_writes_them(void **state)
{
    (void)state;

    vectors_run(export_one);
}


static void
states_of_go_are_taken_up(void **state)
{
    (void)state;

    vectors_run(import_one);
}


/* Only the bytes of the block begun count; older servers leave others. */
static void
stale_bytes_do_not_count(void **state)
{
    unsigned char raw[REG_HASH_STATE_MAX];
    reg_hash_t hash, taken_up;
    char hex[REG_DIGEST_HEX_MAX + 1];
    size_t len;

    (void)state;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, "abc", 3);
    reg_hash_hex(&hash, hex);
    len = reg_hash_state_export(&hash, raw);
    memset(raw + 4 + 32 + 3, 0xaa, 64 - 3);
    assert_int_equal(reg_hash_state_import(&taken_up, (reg_str_t){ len, raw }),
                     REG_OK);
    assert_hex(&taken_up, hex);
}


static void
other_states_are_refused(void **state)
{
    unsigned char raw[2][REG_HASH_STATE_MAX + 1] = { 0 };
    reg_hash_t hash;
    size_t len;

    (void)state;

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        reg_hash_init(&hash, (reg_algorithm_t)i);
        len = reg_hash_state_export(&hash, raw[i]);

        for (size_t n = 0; n <= REG_HASH_STATE_MAX + 1; n++) {
            reg_str_t s = exact_n(raw[i], n);

            assert_int_equal(reg_hash_state_import(&hash, s),
                             n == len ? REG_OK : REG_ERROR);
            free(s.data);
        }

        for (int byte = 0; byte < 4; byte++) {
            raw[i][byte] ^= 1;
            assert_int_equal(
                reg_hash_state_import(&hash, (reg_str_t){ len, raw[i] }),
                REG_ERROR);
            raw[i][byte] ^= 1;
        }

        raw[i][len - 8] = 0x20; /* a length whose bits overflow */
        assert_int_equal(
            reg_hash_state_import(&hash, (reg_str_t){ len, raw[i] }),
            REG_ERROR);
    }

    /* the magic of the one in the length of the other */
    assert_int_equal(reg_hash_state_import(
                         &hash, (reg_str_t){ REG_HASH_STATE_SHA512, raw[0] }),
                     REG_ERROR);
    assert_int_equal(reg_hash_state_import(
                         &hash, (reg_str_t){ REG_HASH_STATE_SHA256, raw[1] }),
                     REG_ERROR);
}


static void
lengths_beyond_32_bits_survive(void **state)
{
    unsigned char raw[REG_HASH_STATE_MAX], again[REG_HASH_STATE_MAX];
    reg_hash_t hash;
    size_t len;

    (void)state;

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        reg_hash_init(&hash, (reg_algorithm_t)i);
        len = reg_hash_state_export(&hash, raw);
        memcpy(raw + len - 8, "\x0f\xff\x01\x02\x03\x04\x05\x00", 8);
        assert_int_equal(reg_hash_state_import(&hash, (reg_str_t){ len, raw }),
                         REG_OK);
        assert_int_equal(hash.length, 0x0fff010203040500u);
        assert_int_equal(reg_hash_state_export(&hash, again), len);
        assert_memory_equal(raw, again, len);
    }
}


static void
tokens_are_hashed(void **state)
{
    char hex[65];

    (void)state;

    reg_token_hash(reg_str("abc"), hex);
    assert_string_equal(
        hex,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    reg_token_hash((reg_str_t){ 0, NULL }, hex);
    assert_string_equal(
        hex,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}


/* RFC 4231 4.2, 4.3, 4.7 and 4.8, by the lengths of their keys; and no key. */
static void
hmacs_are_those_of_the_rfc(void **state)
{
    static unsigned char twenty[20], long_key[131];
    const struct {
        reg_str_t key, text;
        const char *mac;
    } cases[] = {
        { { 20, twenty },
          reg_str("Hi There"),
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { reg_str("Jefe"), reg_str("what do ya want for nothing?"),
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { { 131, long_key },
          reg_str("Test Using Larger Than Block-Size Key - Hash Key First"),
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
        { { 131, long_key },
          reg_str("This is a test using a larger than block-size key and a "
                  "larger than block-size data. The key needs to be hashed "
                  "before being used by the HMAC algorithm."),
          "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
        { { 0, NULL },
          { 0, NULL },
          "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
    };

    (void)state;

    memset(twenty, 0x0b, sizeof(twenty));
    memset(long_key, 0xaa, sizeof(long_key));

    for (size_t i = 0; i < N(cases); i++) {
        unsigned char mac[REG_HMAC_SIZE];
        char hex[2 * REG_HMAC_SIZE + 1] = { 0 };

        reg_hmac(cases[i].key, cases[i].text, mac);
        reg_hex_encode(mac, sizeof(mac), hex);
        assert_string_equal(hex, cases[i].mac);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_fits_its_digest),
        cmocka_unit_test(states_are_as_go_writes_them),
        cmocka_unit_test(states_of_go_are_taken_up),
        cmocka_unit_test(stale_bytes_do_not_count),
        cmocka_unit_test(other_states_are_refused),
        cmocka_unit_test(lengths_beyond_32_bits_survive),
        cmocka_unit_test(tokens_are_hashed),
        cmocka_unit_test(hmacs_are_those_of_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
