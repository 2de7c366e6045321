/* encode.c: hex and percent encoding. */

#include "encode.h"


static int
hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}


int
reg_hex_value(unsigned char c)
{
    return hex_value(c >= 'A' && c <= 'F' ? (unsigned char)(c | 0x20) : c);
}


void
reg_hex_encode(const unsigned char *src, size_t len, char *dst)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *dst++ = digits[src[i] >> 4];
        *dst++ = digits[src[i] & 15];
    }
}


int
reg_hex_decode(reg_str_t src, unsigned char *dst, size_t dst_size,
               size_t *len_r)
{
    if (src.len % 2 != 0 || src.len / 2 > dst_size) {
        return REG_ERROR;
    }

    for (size_t i = 0; i < src.len; i += 2) {
        int high = hex_value(src.data[i]);
        int low = hex_value(src.data[i + 1]);

        if (high < 0 || low < 0) {
            return REG_ERROR;
        }

        dst[i / 2] = (unsigned char)(high << 4 | low);
    }

    *len_r = src.len / 2;

    return REG_OK;
}


/* The byte that %XX at the start of src stands for, or -1. */
static int
percent_value(reg_str_t src)
{
    int high, low;

    if (src.len < 3) {
        return -1;
    }

    high = reg_hex_value(src.data[1]);
    low = reg_hex_value(src.data[2]);

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}


int
reg_percent_decode(reg_str_t src, bool plus, unsigned char *dst,
                   size_t dst_size, size_t *len_r)
{
    size_t len = 0;

    while (src.len != 0) {
        size_t step = src.data[0] == '%' ? 3 : 1;
        int c = step == 3 ? percent_value(src) : src.data[0];

        if (c <= 0 || len == dst_size) {
            return REG_ERROR;
        }

        /* not an escaped plus, which is one */
        if (plus && step == 1 && c == '+') {
            c = ' ';
        }

        dst[len++] = (unsigned char)c;
        src.data += step;
        src.len -= step;
    }

    *len_r = len;

    return REG_OK;
}


static bool
is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}


size_t
reg_percent_encode(reg_str_t src, char *dst)
{
    static const char digits[] = "0123456789ABCDEF";
    char *p = dst;

    for (size_t i = 0; i < src.len; i++) {
        unsigned char c = src.data[i];

        if (is_unreserved(c)) {
            *p++ = (char)c;
            continue;
        }

        *p++ = '%';
        *p++ = digits[c >> 4];
        *p++ = digits[c & 15];
    }

    return (size_t)(p - dst);
}
