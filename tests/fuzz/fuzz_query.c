/* fuzz_query.c: a query string. */

#include "reg_fuzz.h"
#include "common/encode.h"
#include "common/query.h"


/* An argument of our own behind the query is found as the last one. */
static void
check_appended(const uint8_t *data, size_t size)
{
    static const char tail[] = "&digest=sha256%3Aab";
    reg_str_t query = { size + sizeof(tail) - 1, malloc(size + sizeof(tail)) };
    unsigned char buf[64];
    reg_str_t value = { 0, NULL };
    size_t pos = 0;
    int rc, last = REG_DECLINED;

    memcpy(query.data, data, size);
    memcpy(query.data + size, tail, sizeof(tail) - 1);

    do {
        rc = reg_query_next(REG_QUERY_URI, query, "digest", &pos, buf,
                            sizeof(buf), &value);
        last = rc == REG_DECLINED ? last : rc;
    } while (rc != REG_DECLINED);

    must(last == REG_OK && reg_str_eq(value, reg_str("sha256:ab")));
    free(query.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = { "k", "digest", "n", "" };
    reg_str_t query = fuzz_str(data, size), value;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        unsigned char buf[16];
        size_t pos = 0, before = 0, n = 0;
        int rc, first = REG_DECLINED;

        while ((rc = reg_query_next(REG_QUERY_URI, query, keys[i], &pos, buf,
                                    sizeof(buf), &value))
               != REG_DECLINED) {
            must(pos > before && pos <= size);
            must(rc == REG_ERROR
                 || (value.len <= sizeof(buf) && value.data == buf));
            must(rc == REG_ERROR || memchr(buf, '\0', value.len) == NULL);
            first = n == 0 ? rc : first;
            before = pos;
            n++;
        }

        must(pos == size || size == 0);
        must(reg_query_arg(REG_QUERY_URI, query, keys[i], buf, sizeof(buf),
                           &value)
             == first);
    }

    check_appended(data, size);

    return 0;
}
