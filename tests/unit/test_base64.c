/* test_base64.c: RFC 4648, and that bytes have one text only. */

#include "reg_unit.h"
#include "fcgi_core/base64.h"


static void
what_is_encoded_decodes(void **state)
{
    unsigned char bytes[64], back[64];
    char text[BASE64_LEN(64)];
    size_t len;

    (void)state;

    for (size_t n = 0; n <= sizeof(bytes); n++) {
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (unsigned char)(i * 37 + n);
        }

        base64_url_encode((reg_str_t){ n, bytes }, text);
        assert_int_equal(
            base64_decode(BASE64_URL,
                          (reg_str_t){ BASE64_LEN(n), (unsigned char *)text },
                          back, &len),
            REG_OK);
        assert_int_equal(len, n);
        assert_memory_equal(back, bytes, n);
    }
}


static void
texts_decode_or_not(void **state)
{
    static const struct {
        base64_kind_t kind;
        const char *text;
        const char *bytes; /* NULL: refused */
    } cases[] = {
        { BASE64_STANDARD, "", "" },
        { BASE64_STANDARD, "Og==", ":" },
        { BASE64_STANDARD, "YWxpY2U6cHc=", "alice:pw" },
        { BASE64_STANDARD, "YWxpY2U6cHc", NULL }, /* no padding */
        { BASE64_STANDARD, "Oh==", NULL },        /* bits left over */
        { BASE64_STANDARD, "O===", NULL },        /* padding of three */
        { BASE64_STANDARD, "====", NULL },
        { BASE64_STANDARD, "Og==Og==", NULL }, /* padding in the middle */
        { BASE64_STANDARD, "YWxp\nY2U=", NULL },
        { BASE64_STANDARD, "Pz8_", NULL }, /* the other alphabet */
        { BASE64_STANDARD, "Pz8/", "???" },
        { BASE64_URL, "Pz8_", "???" },
        { BASE64_URL, "Pz8/", NULL },
        { BASE64_URL, "Og", ":" },
        { BASE64_URL, "Oh", NULL },
        { BASE64_URL, "Og==", NULL },
        { BASE64_URL, "O", NULL },
        { BASE64_URL, "YWxpY2U6cHc", "alice:pw" },
    };

    (void)state;

    for (size_t i = 0; i < N(cases); i++) {
        reg_str_t text = exact(cases[i].text);
        unsigned char *bytes = malloc(text.len * 3 / 4 + 1);
        size_t len;
        int rc = base64_decode(cases[i].kind, text, bytes, &len);

        check((rc == REG_OK) == (cases[i].bytes != NULL), i, cases[i].text);

        if (rc == REG_OK) {
            check(len == strlen(cases[i].bytes)
                      && memcmp(bytes, cases[i].bytes, len) == 0,
                  i, cases[i].text);
        }

        free(bytes);
        free(text.data);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_decodes),
        cmocka_unit_test(texts_decode_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
