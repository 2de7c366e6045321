/* test_encode.c: hex and percent encoding. */

#include "reg_unit.h"
#include "common/encode.h"


static void
hex_goes_round(void **state)
{
    unsigned char all[256], back[256];
    char hex[512];
    size_t len;

    (void)state;

    for (int i = 0; i < 256; i++) {
        all[i] = (unsigned char)i;
    }

    reg_hex_encode(all, sizeof(all), hex);
    assert_memory_equal(hex, "000102", 6);
    assert_memory_equal(hex + 506, "fdfeff", 6);
    assert_int_equal(reg_hex_decode((reg_str_t){ 512, (unsigned char *)hex },
                                    back, sizeof(back), &len),
                     REG_OK);
    assert_int_equal(len, 256);
    assert_memory_equal(back, all, 256);
}


static void
bad_hex_is_refused(void **state)
{
    static const struct {
        const char *hex;
        size_t size;
        int rc;
    } cases[] = {
        { "", 0, REG_OK },        { "00", 1, REG_OK },
        { "00", 0, REG_ERROR },   { "0", 1, REG_ERROR },
        { "000", 2, REG_ERROR },  { "0g", 2, REG_ERROR },
        { "g0", 2, REG_ERROR },   { "AA", 2, REG_ERROR },
        { " 0", 2, REG_ERROR },   { "0x00", 4, REG_ERROR },
        { "0000", 1, REG_ERROR }, { "-1", 2, REG_ERROR },
        { "0/", 2, REG_ERROR },   { "0:", 2, REG_ERROR },
        { "0`", 2, REG_ERROR },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t hex = exact(cases[i].hex);
        unsigned char *dst = malloc(cases[i].size);
        size_t len;

        check(reg_hex_decode(hex, dst, cases[i].size, &len) == cases[i].rc, i,
              cases[i].hex);
        free(dst);
        free(hex.data);
    }
}


static const struct {
    const char *src;
    bool plus;
    const char *dst; /* NULL: refused */
} percent_cases[] = {
    { "", false, "" },
    { "abc", false, "abc" },
    { "%41", false, "A" },
    { "%2f", false, "/" },
    { "%2F%3a", false, "/:" },
    { "a%20b", false, "a b" },
    { "a+b", false, "a+b" },
    { "a+b", true, "a b" },
    { "a%2Bb", true, "a+b" },
    { "%2541", false, "%41" },
    { "%ff%FE", false, "\xff\xfe" },
    { "\xc3\xa9", false, "\xc3\xa9" },
    { "%", false, NULL },
    { "%4", false, NULL },
    { "%%41", false, NULL },
    { "%4g", false, NULL },
    { "%g4", false, NULL },
    { "%-1", false, NULL },
    { "% 1", false, NULL },
    { "%u0041", false, NULL },
    { "%00", false, NULL },
    { "a%00b", false, NULL },
    { "abc%", false, NULL },
    { "abc%4", true, NULL },
};


static void
percent_is_decoded_once(void **state)
{

    (void)state;

    for (size_t i = 0; i < N(percent_cases); i++) {
        reg_str_t src = exact(percent_cases[i].src),
                  dst = exact(percent_cases[i].src);
        int rc = reg_percent_decode(src, percent_cases[i].plus, dst.data,
                                    dst.len, &dst.len);

        check(rc == (percent_cases[i].dst == NULL ? REG_ERROR : REG_OK), i,
              percent_cases[i].src);
        check(rc != REG_OK || reg_str_eq(dst, reg_cstr(percent_cases[i].dst)),
              i, percent_cases[i].src);
        free(src.data);
        free(dst.data);
    }
}


static void
percent_refuses_nul_and_overflow(void **state)
{
    unsigned char dst[4];
    size_t len;

    (void)state;

    assert_int_equal(
        reg_percent_decode(reg_str("a\0b"), false, dst, sizeof(dst), &len),
        REG_ERROR);
    assert_int_equal(
        reg_percent_decode(reg_str("abcd"), false, dst, sizeof(dst), &len),
        REG_OK);
    assert_int_equal(
        reg_percent_decode(reg_str("abcde"), false, dst, sizeof(dst), &len),
        REG_ERROR);
    assert_int_equal(
        reg_percent_decode(reg_str("%61%62%63%64"), false, dst, 4, &len),
        REG_OK);
    assert_int_equal(
        reg_percent_decode(reg_str("%61%62%63%64%65"), false, dst, 4, &len),
        REG_ERROR);
    assert_int_equal(reg_percent_decode(reg_str(""), false, dst, 0, &len),
                     REG_OK);
}


static void
percent_goes_round(void **state)
{
    unsigned char all[255], back[255];
    char encoded[3 * 255];
    size_t len;

    (void)state;

    for (int i = 1; i < 256; i++) {
        all[i - 1] = (unsigned char)i;
    }

    len = reg_percent_encode((reg_str_t){ 255, all }, encoded);
    assert_int_equal(len, 66 + 3 * (255 - 66)); /* 66 unreserved ones */
    assert_int_equal(
        reg_percent_decode((reg_str_t){ len, (unsigned char *)encoded }, true,
                           back, sizeof(back), &len),
        REG_OK);
    assert_int_equal(len, 255);
    assert_memory_equal(back, all, 255);

    len = reg_percent_encode(reg_str("a/b:c~d é"), encoded);
    assert_true(reg_str_eq((reg_str_t){ len, (unsigned char *)encoded },
                           reg_str("a%2Fb%3Ac~d%20%C3%A9")));
}


/* Decoding a string into its own place is allowed: it only shrinks. */
static void
percent_decodes_in_place(void **state)
{
    reg_str_t s = exact("%61/%62+%63");

    (void)state;

    assert_int_equal(reg_percent_decode(s, true, s.data, s.len, &s.len),
                     REG_OK);
    assert_true(reg_str_eq(s, reg_str("a/b c")));
    free(s.data);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_round),
        cmocka_unit_test(bad_hex_is_refused),
        cmocka_unit_test(percent_is_decoded_once),
        cmocka_unit_test(percent_refuses_nul_and_overflow),
        cmocka_unit_test(percent_goes_round),
        cmocka_unit_test(percent_decodes_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
