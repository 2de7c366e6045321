/* query.c: arguments of a query string or of a form body. */

#include "query.h"
#include "encode.h"

#define KEY_MAX 64 /* decoded; longer than any key that we ask for */


/* The argument at *pos, up to the next '&'; moves *pos behind that. */
static reg_str_t
next_argument(reg_str_t query, size_t *pos)
{
    reg_str_t argument = { 0, query.data + *pos };
    size_t left = query.len - *pos;

    while (argument.len < left && argument.data[argument.len] != '&') {
        argument.len++;
    }

    *pos += argument.len + (argument.len < left);

    return argument;
}


/* Takes the key, in the encoding of the query, off the front of an argument
 * and leaves the value. */
static reg_str_t
take_key(reg_str_t *argument)
{
    reg_str_t key = { 0, argument->data };
    bool has_value;

    while (key.len < argument->len && key.data[key.len] != '=') {
        key.len++;
    }

    has_value = key.len < argument->len;
    argument->data += key.len + has_value;
    argument->len -= key.len + has_value;

    return key;
}


static bool
key_is(reg_query_kind_t kind, reg_str_t encoded, const char *key)
{
    unsigned char buf[KEY_MAX];
    reg_str_t decoded = { 0, buf };

    return reg_percent_decode(encoded, kind == REG_QUERY_FORM, buf, sizeof(buf),
                              &decoded.len)
               == REG_OK
           && reg_str_eq(decoded, reg_cstr(key));
}


int
reg_query_next(reg_query_kind_t kind, reg_str_t query, const char *key,
               size_t *pos, unsigned char *buf, size_t size, reg_str_t *value_r)
{
    while (*pos < query.len) {
        reg_str_t argument = next_argument(query, pos);
        reg_str_t name = take_key(&argument);
        size_t len;

        if (!key_is(kind, name, key)) {
            continue;
        }

        if (reg_percent_decode(argument, kind == REG_QUERY_FORM, buf, size,
                               &len)
            != REG_OK) {
            return REG_ERROR;
        }

        *value_r = (reg_str_t){ len, buf };
        return REG_OK;
    }

    return REG_DECLINED;
}


int
reg_query_arg(reg_query_kind_t kind, reg_str_t query, const char *key,
              unsigned char *buf, size_t size, reg_str_t *value_r)
{
    size_t pos = 0;

    return reg_query_next(kind, query, key, &pos, buf, size, value_r);
}
