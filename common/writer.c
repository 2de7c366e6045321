/* writer.c: text put together in a buffer of a fixed size. */

#include "writer.h"


reg_writer_t
reg_writer(char *buf, size_t size)
{
    return (reg_writer_t){ buf, size, 0, false };
}


void
reg_put(reg_writer_t *w, reg_str_t s)
{
    if (w->is_full || s.len > w->size - w->len) {
        w->is_full = true;
        return;
    }

    if (s.len != 0) {
        memcpy(w->buf + w->len, s.data, s.len);
        w->len += s.len;
    }
}


void
reg_put_cstr(reg_writer_t *w, const char *s)
{
    reg_put(w, reg_cstr(s));
}


void
reg_put_char(reg_writer_t *w, char c)
{
    reg_put(w, (reg_str_t){ 1, (unsigned char *)&c });
}


void
reg_put_number(reg_writer_t *w, uint64_t number)
{
    unsigned char digits[20]; /* 2^64 - 1 has 20 */
    size_t at = sizeof(digits);

    do {
        digits[--at] = (unsigned char)('0' + number % 10);
        number /= 10;
    } while (number != 0);

    reg_put(w, (reg_str_t){ sizeof(digits) - at, digits + at });
}


int
reg_writer_len(const reg_writer_t *w)
{
    return w->is_full ? REG_ERROR : (int)w->len;
}


int
reg_writer_finish(reg_writer_t *w)
{
    size_t len = w->len;

    reg_put_char(w, '\0');

    return w->is_full ? REG_ERROR : (int)len;
}
