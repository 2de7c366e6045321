/* basic.c: HTTP's Basic authentication. */

#include "account/basic.h"
#include "fcgi_core/base64.h"

#include <strings.h>

#define BASIC "basic"


/* The base64 behind "Basic"; ERROR for another scheme. */
static int
basic_text(str_t header, str_t *text_r)
{
    size_t skip = sizeof(BASIC) - 1;

    if (header.len < skip
        || strncasecmp((const char *)header.data, BASIC, skip) != 0) {
        return ERROR;
    }

    if (header.len > skip && header.data[skip++] != ' ') {
        return ERROR;
    }

    *text_r = (str_t){ header.len - skip, header.data + skip };

    return OK;
}


int
basic_parse(pool_t *pool, str_t header, str_t *login_r, str_t *password_r)
{
    unsigned char *pair = pool_alloc(pool, header.len + 1), *colon;
    size_t len;
    str_t text;

    if (basic_text(header, &text) != OK
        || base64_decode(BASE64_STANDARD, text, pair, &len) != OK) {
        return ERROR;
    }

    colon = memchr(pair, ':', len);

    if (len == 0 || (len == 1 && colon != NULL)) {
        return DECLINED;
    }

    if (colon == NULL) {
        return ERROR;
    }

    *login_r = (str_t){ (size_t)(colon - pair), pair };
    *password_r = (str_t){ len - login_r->len - 1, colon + 1 };

    return OK;
}
