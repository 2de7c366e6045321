/* endpoint.c: where a registry is found. */

#include "registry/endpoint.h"

#include "common/name.h"

#include <arpa/inet.h>

#define LABEL_MAX 63
#define HOST_MAX 255


static bool
is_label_character(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
           || c == '_';
}


/* Dots between labels, none of which is empty or begins or ends in a dash. */
static bool
is_name(str_t text)
{
    size_t label = 0;

    for (size_t i = 0; i <= text.len; i++) {
        unsigned char c = i < text.len ? text.data[i] : '.';

        if (c == '.') {
            if (label == 0 || label > LABEL_MAX || text.data[i - 1] == '-') {
                return false;
            }

            label = 0;

        } else if (!is_label_character(c) || (label == 0 && c == '-')) {
            return false;

        } else {
            label++;
        }
    }

    return text.len <= HOST_MAX;
}


static bool
is_address6(str_t text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char bytes[16];

    if (text.len >= sizeof(copy)) {
        return false;
    }

    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';

    return inet_pton(AF_INET6, copy, bytes) == 1;
}


bool
endpoint_is_valid(str_t text)
{
    bool is_bracketed = text.len != 0 && text.data[0] == '[';
    const unsigned char *end = text.data + text.len;
    const unsigned char *stop;
    str_t host;

    if (text.len == 0 || text.len > ENDPOINT_MAX) {
        return false;
    }

    stop = memchr(text.data, is_bracketed ? ']' : ':', text.len);

    if (is_bracketed && stop == NULL) {
        return false;
    }

    host =
        (str_t){ (size_t)((stop != NULL ? stop : end) - text.data), text.data };
    stop = stop == NULL ? end : stop + is_bracketed;

    if (stop < end
        && (*stop != ':'
            || !reg_port_is_valid(
                (str_t){ (size_t)(end - stop) - 1,
                         text.data + (stop - text.data) + 1 }))) {
        return false;
    }

    return is_bracketed ? is_address6((str_t){ host.len - 1, host.data + 1 })
                        : is_name(host);
}


bool
endpoint_is_meant(str_t word)
{
    static const char localhost[] = "localhost";

    for (size_t i = 0; i < word.len; i++) {
        if (word.data[i] == '.' || word.data[i] == ':' || word.data[i] == '['
            || word.data[i] == ']') {
            return true;
        }
    }

    return word.len == sizeof(localhost) - 1
           && memcmp(word.data, localhost, word.len) == 0;
}


static bool
is_between(unsigned char c)
{
    return c == ',' || c == ' ';
}


str_t
endpoint_next(str_t *rest)
{
    str_t word;
    size_t n = 0;

    while (rest->len != 0 && is_between(*rest->data)) {
        rest->data++;
        rest->len--;
    }

    while (n < rest->len && !is_between(rest->data[n])) {
        n++;
    }

    word = (str_t){ n, rest->data };
    rest->data += n;
    rest->len -= n;

    return word;
}


bool
endpoint_is_listed(const char *list, const char *word)
{
    str_t rest = reg_cstr(list), next;

    while ((next = endpoint_next(&rest)).len != 0) {
        if (reg_str_eq(next, reg_cstr(word))) {
            return true;
        }
    }

    return false;
}
