/* fuzz_sigv4.c: what is signed is what is sent: parameters of a query are
 * sorted and can be read back, and no buffer is too small unnoticed. */

#include "reg_fuzz.h"
#include "common/encode.h"
#include "common/sigv4.h"

#define BIG (64 * 1024)

static const reg_sigv4_key_t key = {
    .access = { 6, (unsigned char *)"AKTEST" },
    .secret = { 6, (unsigned char *)"SKTEST" },
    .region = { 9, (unsigned char *)"us-east-1" },
};


/* The text up to the next NUL, which is cut off. */
static reg_str_t
next(reg_str_t *rest)
{
    unsigned char *nul =
        rest->len == 0 ? NULL : memchr(rest->data, '\0', rest->len);
    reg_str_t text = { nul == NULL ? rest->len : (size_t)(nul - rest->data),
                       rest->data };
    size_t step = text.len + (nul != NULL);

    rest->data += step;
    rest->len -= step;

    return text;
}


static void
path_check(reg_str_t path, reg_str_t target)
{
    static unsigned char decoded[BIG];
    unsigned char *query =
        target.len == 0 ? NULL : memchr(target.data, '?', target.len);
    size_t len;

    target.len = query == NULL ? target.len : (size_t)(query - target.data);
    must(reg_percent_decode(target, false, decoded, sizeof(decoded), &len)
         == REG_OK);
    must(reg_str_eq(path, (reg_str_t){ len, decoded }));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char buf[BIG], again[BIG];
    reg_sigv4_pair_t query[REG_SIGV4_PAIRS_MAX];
    reg_str_t rest = fuzz_str(data, size);
    reg_sigv4_request_t request = { .method = reg_str("GET"),
                                    .payload = reg_str(REG_SIGV4_UNSIGNED),
                                    .query = query };
    int len;

    if (size == 0 || size > 4096) {
        return 0;
    }

    request.path = next(&rest);

    while (rest.len != 0 && request.n_query < REG_SIGV4_PAIRS_MAX) {
        query[request.n_query].name = next(&rest);
        query[request.n_query++].value = next(&rest);
    }

    len = reg_sigv4_target(&request, buf, sizeof(buf));
    must(len >= 0 && (size_t)len == strlen(buf));
    path_check(request.path, reg_cstr(buf));
    must(reg_sigv4_target(&request, again, (size_t)len + 1) == len);
    must(reg_sigv4_target(&request, again, (size_t)len) == REG_ERROR);

    /* in whatever order the parameters come */
    for (size_t i = 0; i < request.n_query / 2; i++) {
        reg_sigv4_pair_t *other = &query[request.n_query - 1 - i];
        reg_sigv4_pair_t first = query[i];

        query[i] = *other;
        *other = first;
    }

    must(reg_sigv4_target(&request, again, sizeof(again)) == len);
    must(strcmp(buf, again) == 0);
    len = reg_sigv4_presign(&request, &key, 60, buf, sizeof(buf));
    must(len == REG_ERROR || (size_t)len == strlen(buf));
    must(len != REG_ERROR || request.n_query > REG_SIGV4_PAIRS_MAX - 5);

    return 0;
}
