/* fuzz_redirect.c: a signature from outside, and values between NULs that are
 * signed: what is signed is good for these values, and for no others. */

#include "reg_fuzz.h"
#include "common/redirect.h"

#define SECRET reg_str("0123456789abcdef0123456789abcdef")
#define NOW 1764000000
#define VALUES 4


static size_t
values_take(reg_str_t input, reg_str_t *values)
{
    size_t n = 0;

    while (n < VALUES) {
        const unsigned char *end =
            input.len != 0 ? memchr(input.data, '\0', input.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - input.data) : input.len;

        values[n++] = (reg_str_t){ len, input.data };

        if (end == NULL) {
            break;
        }

        input.data += len + 1;
        input.len -= len + 1;
    }

    return n;
}


static void
check_signature(const reg_str_t *values)
{
    const reg_redirect_t redirect = { values[0], values[1], values[2],
                                      values[3] };
    const reg_redirect_t moved = { values[1], values[0], values[2], values[3] };
    char buf[REG_REDIRECT_MAX];
    int len = reg_redirect_sign(buf, sizeof(buf), &redirect, NOW + 1, SECRET);
    reg_str_t text = { 0, (unsigned char *)buf };

    if (len == REG_ERROR) {
        return;
    }

    text.len = (size_t)len;
    must(reg_redirect_check(text, &redirect, NOW, SECRET) == REG_OK);
    must(reg_redirect_check(text, &redirect, NOW + 1, SECRET) == REG_DECLINED);

    if (!reg_str_eq(values[0], values[1])) {
        must(reg_redirect_check(text, &moved, NOW, SECRET) == REG_ERROR);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const reg_redirect_t fixed = { reg_str("a"), reg_str("GET"),
                                          reg_str("b"), reg_str("c") };
    reg_str_t input = { size, (unsigned char *)data };
    reg_str_t values[VALUES] = { { 0 } };

    must(reg_redirect_check(input, &fixed, 0, SECRET) != REG_OK);
    reg_redirect_edge_is_valid(input);

    if (values_take(input, values) == VALUES) {
        check_signature(values);
    }

    return 0;
}
