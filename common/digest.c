/* digest.c: digests, "algorithm:hex". */

#include "digest.h"


static const struct {
    const char *name;
    size_t hex_len;
} algorithms[REG_ALGORITHM_N] = {
    [REG_SHA256] = { "sha256", 64 },
    [REG_SHA512] = { "sha512", 128 },
};


reg_str_t
reg_algorithm_name(reg_algorithm_t algorithm)
{
    return reg_cstr(algorithms[algorithm].name);
}


int
reg_algorithm_parse(reg_str_t name, reg_algorithm_t *algorithm_r)
{
    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        if (reg_str_eq(name, reg_cstr(algorithms[i].name))) {
            *algorithm_r = (reg_algorithm_t)i;
            return REG_OK;
        }
    }

    return REG_DECLINED;
}


size_t
reg_algorithm_hex_len(reg_algorithm_t algorithm)
{
    return algorithms[algorithm].hex_len;
}


static bool
is_alnum(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}


/* [a-z0-9]+([+._-][a-z0-9]+)* */
static bool
algorithm_is_wellformed(reg_str_t s)
{
    bool was_alnum = false;

    for (size_t i = 0; i < s.len; i++) {
        bool is_separator = s.data[i] == '+' || s.data[i] == '.'
                            || s.data[i] == '_' || s.data[i] == '-';

        if (!is_alnum(s.data[i]) && !(is_separator && was_alnum)) {
            return false;
        }

        was_alnum = is_alnum(s.data[i]);
    }

    return was_alnum;
}


/* [a-zA-Z0-9=_-]+ */
static bool
encoded_is_wellformed(reg_str_t s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = s.data[i];

        if (!is_alnum(c) && !(c >= 'A' && c <= 'Z') && c != '=' && c != '_'
            && c != '-') {
            return false;
        }
    }

    return s.len != 0;
}


/* Without a branch for each byte: a pull checks several digests. */
static bool
hex_is_valid(reg_str_t s)
{
    static const unsigned char is_hex[256] = {
        ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
        ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1,
        ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
    };
    unsigned char are_all = 1;

    for (size_t i = 0; i < s.len; i++) {
        are_all &= is_hex[s.data[i]];
    }

    return are_all != 0;
}


/* Splits at the first colon; false where there is none. */
static bool
digest_split(reg_str_t text, reg_str_t *algorithm_r, reg_str_t *encoded_r)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == ':') {
            *algorithm_r = (reg_str_t){ i, text.data };
            *encoded_r = (reg_str_t){ text.len - i - 1, text.data + i + 1 };
            return true;
        }
    }

    return false;
}


/* A digest of an algorithm that is known, which nearly all are. */
static bool
known_parse(reg_str_t text, reg_digest_t *digest_r)
{
    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        size_t len = strlen(algorithms[i].name);
        reg_str_t hex;

        if (text.len != len + 1 + algorithms[i].hex_len || text.data[len] != ':'
            || memcmp(text.data, algorithms[i].name, len) != 0) {
            continue;
        }

        hex = (reg_str_t){ algorithms[i].hex_len, text.data + len + 1 };

        if (hex_is_valid(hex)) {
            *digest_r = (reg_digest_t){ (reg_algorithm_t)i, hex };
            return true;
        }
    }

    return false;
}


int
reg_digest_parse(reg_str_t text, reg_digest_t *digest_r)
{
    reg_str_t name, hex;
    reg_algorithm_t algorithm;

    if (known_parse(text, digest_r)) {
        return REG_OK;
    }

    /* what is wrong with it */
    if (!digest_split(text, &name, &hex) || !algorithm_is_wellformed(name)
        || !encoded_is_wellformed(hex)) {
        return REG_ERROR;
    }

    if (reg_algorithm_parse(name, &algorithm) != REG_OK) {
        return REG_DECLINED;
    }

    return REG_ERROR;
}


size_t
reg_digest_print(const reg_digest_t *digest, char *buf)
{
    reg_str_t name = reg_algorithm_name(digest->algorithm);
    char *p = buf;

    memcpy(p, name.data, name.len);
    p += name.len;
    *p++ = ':';
    memcpy(p, digest->hex.data, digest->hex.len);
    p += digest->hex.len;
    *p = '\0';

    return (size_t)(p - buf);
}


bool
reg_digest_eq(const reg_digest_t *a, const reg_digest_t *b)
{
    return a->algorithm == b->algorithm && reg_str_eq(a->hex, b->hex);
}
