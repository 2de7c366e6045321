/* fuzz_error.c: a byte that picks the room, then a text for a JSON string and
 * for a message. */

#include "reg_fuzz.h"
#include "common/error.h"


/* Plain ASCII of JSON strings: quotes only at both ends, no controls. */
static void
check_string(const char *s, size_t len)
{
    must(len >= 2 && s[0] == '"' && s[len - 1] == '"');

    for (size_t i = 1; i < len - 1; i++) {
        must((unsigned char)s[i] >= ' ' && s[i] != '"');

        if (s[i] == '\\') {
            i++;
            must(i < len - 1 && strchr("\"\\nrtu", s[i]) != NULL);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = fuzz_byte(&data, &size) * 8;
    size_t max = 6 * size + 2;
    char *buf = malloc(max), *message = malloc(size + 1);
    char *body = malloc(room);
    int len = reg_json_string(buf, max, fuzz_str(data, size));
    size_t body_len;

    must(len >= 2);
    check_string(buf, (size_t)len);
    must(reg_json_string(buf, (size_t)len - 1, fuzz_str(data, size))
         == REG_ERROR);

    memcpy(message, data, size);
    message[size] = '\0';
    body_len = reg_error_body(body, room, REG_ERR_DENIED, message,
                              reg_str("{\"a\":1}"));
    must(body_len <= room);
    must(body_len == 0 ? room < 64
                       : memcmp(body + body_len - 3, "}]}", 3) == 0);
    free(buf);
    free(message);
    free(body);

    return 0;
}
