/* digest_scan.c: finds the digests in any bytes. */

#include "digest_scan.h"
#include "encode.h"

#define ESCAPE_LEN 6 /* \u0061 */
#define FOREIGN 0xff /* a character that no digest has */


/* The character at *pos, which is moved behind it. */
static unsigned
character(reg_str_t text, size_t *pos)
{
    unsigned c = text.data[*pos], code = 0;

    if (c != '\\' || text.len - *pos < ESCAPE_LEN
        || text.data[*pos + 1] != 'u') {
        (*pos)++;
        return c;
    }

    for (size_t i = 2; i < ESCAPE_LEN; i++) {
        int value = reg_hex_value(text.data[*pos + i]);

        if (value < 0) {
            (*pos)++;
            return c;
        }

        code = code << 4 | (unsigned)value;
    }

    *pos += ESCAPE_LEN;

    return code < 0x80 ? code : FOREIGN;
}


static bool
word_take(reg_str_t text, size_t *pos, reg_str_t word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (*pos == text.len || character(text, pos) != word.data[i]) {
            return false;
        }
    }

    return true;
}


static bool
hex_take(reg_str_t text, size_t *pos, size_t len, char *buf)
{
    for (size_t i = 0; i < len; i++) {
        unsigned c = *pos < text.len ? character(text, pos) : FOREIGN;

        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return false;
        }

        buf[i] = (char)c;
    }

    buf[len] = '\0';

    return true;
}


/* One that begins right here. */
static bool
digest_take(reg_str_t text, size_t pos, reg_algorithm_t algorithm, char *buf,
            reg_digest_t *digest_r)
{
    size_t len = reg_algorithm_hex_len(algorithm);

    if (!word_take(text, &pos, reg_algorithm_name(algorithm))
        || !word_take(text, &pos, reg_str(":"))
        || !hex_take(text, &pos, len, buf)) {
        return false;
    }

    *digest_r = (reg_digest_t){ algorithm, { len, (unsigned char *)buf } };

    return true;
}


int
reg_digest_scan_next(reg_str_t text, size_t *pos,
                     char buf[REG_DIGEST_HEX_MAX + 1], reg_digest_t *digest_r)
{
    while (*pos < text.len) {
        size_t here = (*pos)++;

        for (int i = 0; i < REG_ALGORITHM_N; i++) {
            if (digest_take(text, here, (reg_algorithm_t)i, buf, digest_r)) {
                return REG_OK;
            }
        }
    }

    return REG_DECLINED;
}
