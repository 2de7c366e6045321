/* fuzz_digest_scan.c: bytes in which digests may stand. */

#include "reg_fuzz.h"
#include "common/digest_scan.h"


/* How many there are, each of them a digest. */
static size_t
count(reg_str_t text)
{
    char buf[REG_DIGEST_HEX_MAX + 1], printed[REG_DIGEST_MAX + 1];
    reg_digest_t digest, parsed;
    size_t n = 0, pos = 0, before = 0;

    while (reg_digest_scan_next(text, &pos, buf, &digest) == REG_OK) {
        must(pos > before && pos <= text.len);
        before = pos;
        reg_digest_print(&digest, printed);
        must(reg_digest_parse(reg_cstr(printed), &parsed) == REG_OK);
        must(reg_digest_eq(&parsed, &digest));
        n++;
    }

    must(pos == text.len);

    return n;
}


/* Every byte as \u00XX: a reader of JSON sees the same. */
static reg_str_t
escaped(reg_str_t text)
{
    reg_str_t copy = { 0, malloc(6 * text.len + 1) };

    for (size_t i = 0; i < text.len; i++) {
        copy.len += (size_t)snprintf((char *)copy.data + copy.len, 7, "\\u%04x",
                                     text.data[i]);
    }

    return copy;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size);
    reg_str_t copy = escaped(text);
    size_t n = count(text);

    /* an escape that is escaped itself is not resolved twice */
    if (size == 0 || memchr(data, '\\', size) == NULL) {
        must(count(copy) == n);
    }

    free(copy.data);

    return 0;
}
