/* token_v1.c: the token of the original protocol. */

#include "token_v1.h"

#define SCHEME "token"


static bool
is_space(unsigned char c)
{
    return c == ' ' || c == '\t';
}


static bool
is_word(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_';
}


static void
skip(reg_str_t *s, size_t n)
{
    s->data += n;
    s->len -= n;
}


/* Takes the scheme, and the spaces behind it, off the start of s. */
static bool
take_scheme(reg_str_t *s)
{
    const size_t len = sizeof(SCHEME) - 1;

    if (s->len < len || (s->len > len && !is_space(s->data[len]))) {
        return false;
    }

    for (size_t i = 0; i < len; i++) {
        if ((s->data[i] | 0x20) != SCHEME[i]) {
            return false;
        }
    }

    skip(s, len);

    while (s->len != 0 && is_space(s->data[0])) {
        skip(s, 1);
    }

    return true;
}


bool
reg_token_v1_is_scheme(reg_str_t header)
{
    return take_scheme(&header);
}


/* Takes a run of word characters off the start of s. */
static reg_str_t
take_word(reg_str_t *s)
{
    reg_str_t word = { 0, s->data };

    while (word.len < s->len && is_word(s->data[word.len])) {
        word.len++;
    }

    skip(s, word.len);

    return word;
}


/* Takes a value off the start of s: to the next quote or comma. */
static reg_str_t
take_value(reg_str_t *s)
{
    reg_str_t value;
    bool is_quoted = s->len != 0 && s->data[0] == '"';

    if (is_quoted) {
        skip(s, 1);
    }

    value = (reg_str_t){ 0, s->data };

    while (value.len < s->len && s->data[value.len] != '"'
           && (is_quoted || s->data[value.len] != ',')) {
        value.len++;
    }

    skip(s, value.len);

    if (s->len != 0) {
        skip(s, 1); /* the quote or the comma */
    }

    while (value.len != 0 && is_space(value.data[value.len - 1])) {
        value.len--;
    }

    return value;
}


static void
token_set(reg_token_v1_t *token, reg_str_t key, reg_str_t value)
{
    const struct {
        const char *key;
        reg_str_t *field;
    } fields[] = {
        { "signature", &token->signature },
        { "repository", &token->repository },
        { "access", &token->access },
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].field->len == 0
            && reg_str_eq(key, reg_cstr(fields[i].key))) {
            *fields[i].field = value;
        }
    }
}


int
reg_token_v1_parse(reg_str_t header, reg_token_v1_t *token_r)
{
    memset(token_r, 0, sizeof(*token_r));

    if (!take_scheme(&header)) {
        return REG_DECLINED;
    }

    while (header.len != 0) {
        reg_str_t key = take_word(&header);

        if (key.len == 0 || header.len == 0
            || (header.data[0] != '=' && header.data[0] != ':')) {

            /* a separator, the scheme again, or a key without a value */

            if (key.len == 0) {
                skip(&header, 1);
            }

            continue;
        }

        skip(&header, 1);
        token_set(token_r, key, take_value(&header));
    }

    return token_r->signature.len != 0 ? REG_OK : REG_ERROR;
}
