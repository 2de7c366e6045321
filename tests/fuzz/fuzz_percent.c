/* fuzz_percent.c: percent encoding and hex, there and back. */

#include "reg_fuzz.h"
#include "common/encode.h"


static void
check_percent(reg_str_t text, bool plus)
{
    reg_str_t decoded = { 0, malloc(text.len) };
    reg_str_t encoded = { 0, malloc(3 * text.len) };
    reg_str_t again = { 0, malloc(text.len) };

    if (reg_percent_decode(text, plus, decoded.data, text.len, &decoded.len)
        == REG_OK) {
        must(decoded.len <= text.len);
        must(decoded.len == 0
             || memchr(decoded.data, '\0', decoded.len) == NULL);
        encoded.len = reg_percent_encode(decoded, (char *)encoded.data);
        must(encoded.len <= 3 * decoded.len);
        must(reg_percent_decode(encoded, plus, again.data, decoded.len,
                                &again.len)
             == REG_OK);
        must(reg_str_eq(again, decoded));

        /* a byte less of room is not enough */
        must(decoded.len == 0
             || reg_percent_decode(text, plus, again.data, decoded.len - 1,
                                   &again.len)
                    == REG_ERROR);
    }

    free(decoded.data);
    free(encoded.data);
    free(again.data);
}


static void
check_hex(reg_str_t text)
{
    reg_str_t hex = { 2 * text.len, malloc(2 * text.len) };
    unsigned char *back = malloc(text.len);
    size_t len;

    reg_hex_encode(text.data, text.len, (char *)hex.data);
    must(reg_hex_decode(hex, back, text.len, &len) == REG_OK);
    must(len == text.len && memcmp(back, text.data, len) == 0);

    if (reg_hex_decode(text, back, text.len, &len) == REG_OK) {
        must(2 * len == text.len);
        reg_hex_encode(back, len, (char *)hex.data);
        must(memcmp(hex.data, text.data, text.len) == 0);
    }

    free(hex.data);
    free(back);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size);

    if (size == 0) {
        return 0;
    }

    check_percent(text, false);
    check_percent(text, true);
    check_hex(text);

    return 0;
}
