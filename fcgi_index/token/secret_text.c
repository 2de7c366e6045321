/* secret_text.c: the text of secrets that people and robots keep. */

#include "token/secret_text.h"
#include "token/token.h"

#define BASE 62
#define FAIR (256 - 256 % BASE) /* a byte from here on would favour some */
#define BATCH 64                /* random bytes that are drawn at once */

static const char digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";


/* CRC-32 of ISO 3309, as zlib has it; bit by bit, for 30 bytes. */
static uint32_t
crc_of(str_t text)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < text.len; i++) {
        crc ^= text.data[i];

        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
        }
    }

    return ~crc;
}


void
secret_text_check(str_t random, char *dst)
{
    uint32_t crc = crc_of(random);

    for (size_t i = SECRET_TEXT_CHECK; i > 0; i--) {
        dst[i - 1] = digits[crc % BASE];
        crc /= BASE;
    }
}


static void
random_digits(char *dst, size_t n)
{
    unsigned char bytes[BATCH];
    size_t left = 0;

    while (n > 0) {
        if (left == 0) {
            token_random_bytes(bytes, sizeof(bytes));
            left = sizeof(bytes);
        }

        if (bytes[--left] < FAIR) {
            *dst++ = digits[bytes[left] % BASE];
            n--;
        }
    }
}


const char *
secret_text_make(pool_t *pool, const char *prefix)
{
    char *text = pool_alloc(pool, SECRET_TEXT_LEN + 1);
    char *random = text + SECRET_TEXT_PREFIX;

    memcpy(text, prefix, SECRET_TEXT_PREFIX);
    random_digits(random, SECRET_TEXT_RANDOM);
    secret_text_check((str_t){ SECRET_TEXT_RANDOM, (unsigned char *)random },
                      random + SECRET_TEXT_RANDOM);

    return text;
}


bool
secret_text_is_valid(str_t text, const char *prefix)
{
    char check[SECRET_TEXT_CHECK];
    str_t random;

    if (text.len != SECRET_TEXT_LEN
        || memcmp(text.data, prefix, SECRET_TEXT_PREFIX) != 0) {
        return false;
    }

    random = (str_t){ SECRET_TEXT_RANDOM, text.data + SECRET_TEXT_PREFIX };
    secret_text_check(random, check);

    return memcmp(check, random.data + SECRET_TEXT_RANDOM, sizeof(check)) == 0;
}


const char *
secret_text_hint(pool_t *pool, const char *text)
{
    return pool_printf(pool, "%.*s...%s", SECRET_TEXT_PREFIX, text,
                       text + SECRET_TEXT_LEN - 4);
}
