/* base64.c: RFC 4648. */

#include "fcgi_core/base64.h"

static const char alphabets[][65] = {
    [BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789+/",
    [BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789-_",
};


static char *
encode(base64_kind_t kind, str_t src, char *dst)
{
    const char *alphabet = alphabets[kind];
    unsigned bits = 0, n = 0;

    for (size_t i = 0; i < src.len; i++) {
        bits = bits << 8 | src.data[i];
        n += 8;

        while (n >= 6) {
            n -= 6;
            *dst++ = alphabet[bits >> n & 63];
        }
    }

    if (n > 0) {
        *dst++ = alphabet[bits << (6 - n) & 63];
    }

    return dst;
}


void
base64_url_encode(str_t src, char *dst)
{
    encode(BASE64_URL, src, dst);
}


void
base64_encode(str_t src, char *dst)
{
    char *end = encode(BASE64_STANDARD, src, dst);

    while ((end - dst) % 4 != 0) {
        *end++ = '=';
    }

    *end = '\0';
}


/* Takes the padding off; ERROR where it is not what the length wants. */
static int
strip_padding(str_t *src)
{
    size_t n = 0;

    if (src->len % 4 != 0) {
        return ERROR;
    }

    while (n < 2 && n < src->len && src->data[src->len - 1 - n] == '=') {
        n++;
    }

    src->len -= n;

    return OK;
}


int
base64_decode(base64_kind_t kind, str_t src, unsigned char *dst, size_t *len_r)
{
    unsigned bits = 0, n = 0;

    *len_r = 0;

    if (kind == BASE64_STANDARD && strip_padding(&src) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < src.len; i++) {
        const char *p = memchr(alphabets[kind], src.data[i], 64);

        if (p == NULL) {
            return ERROR;
        }

        bits = bits << 6 | (unsigned)(p - alphabets[kind]);
        n += 6;

        if (n >= 8) {
            n -= 8;
            dst[(*len_r)++] = (unsigned char)(bits >> n);
        }
    }

    /* a lone character, or bits that no byte holds */
    return n < 6 && (bits & ((1u << n) - 1)) == 0 ? OK : ERROR;
}
