/* error.c: errors of the protocol and their JSON. */

#include "error.h"
#include "writer.h"


static const reg_error_info_t infos[REG_ERR_N] = {
#define REG_ERR(name, status, message) { #name, status, message },
#include "errors.def"
#undef REG_ERR
};

/* UNSUPPORTED is also OCI's code for "invalid set of parameters", so it fits
 * all errors of a request other than its name, size and range. */
static const struct {
    int status;
    reg_err_t err;
} statuses[] = {
    { 401, REG_ERR_UNAUTHORIZED },  { 403, REG_ERR_DENIED },
    { 404, REG_ERR_NAME_UNKNOWN },  { 411, REG_ERR_SIZE_INVALID },
    { 413, REG_ERR_SIZE_INVALID },  { 414, REG_ERR_NAME_INVALID },
    { 416, REG_ERR_RANGE_INVALID }, { 429, REG_ERR_TOOMANYREQUESTS },
    { 502, REG_ERR_UNAVAILABLE },   { 503, REG_ERR_UNAVAILABLE },
    { 504, REG_ERR_UNAVAILABLE },
};


const reg_error_info_t *
reg_error_info(reg_err_t err)
{
    return &infos[err < REG_ERR_N ? err : REG_ERR_UNKNOWN];
}


reg_err_t
reg_error_from_status(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].status == status) {
            return statuses[i].err;
        }
    }

    return status >= 400 && status < 500 ? REG_ERR_UNSUPPORTED
                                         : REG_ERR_UNKNOWN;
}


/* Length of the UTF-8 sequence at the start of s, 0 where it is invalid
 * (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). */
static size_t
utf8_len(reg_str_t s)
{
    unsigned char c = s.data[0];
    size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

    if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || len > s.len) {
        return 0;
    }

    if (len > 1 && (s.data[1] < low || s.data[1] > high)) {
        return 0;
    }

    for (size_t i = 2; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return len;
}


static void
put_escape(reg_writer_t *w, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char from[] = "\"\\\n\r\t";
    static const char to[] = "\"\\nrt";
    const char *at = c == '\0' ? NULL : strchr(from, c);

    reg_put_char(w, '\\');

    if (at != NULL) {
        reg_put_char(w, to[at - from]);
        return;
    }

    reg_put_cstr(w, "u00");
    reg_put_char(w, digits[c >> 4]);
    reg_put_char(w, digits[c & 15]);
}


static void
put_string(reg_writer_t *w, reg_str_t s)
{
    reg_put_char(w, '"');

    while (s.len != 0 && !w->is_full) {
        size_t len = utf8_len(s);

        if (len == 0) {
            reg_put_cstr(w, "\xef\xbf\xbd"); /* U+FFFD */
            len = 1;

        } else if (s.data[0] < ' ' || s.data[0] == '"' || s.data[0] == '\\') {
            put_escape(w, s.data[0]);

        } else {
            reg_put(w, (reg_str_t){ len, s.data });
        }

        s.data += len;
        s.len -= len;
    }

    reg_put_char(w, '"');
}


int
reg_json_string(char *buf, size_t size, reg_str_t s)
{
    reg_writer_t w = reg_writer(buf, size);

    put_string(&w, s);

    return reg_writer_len(&w);
}


static int
error_print(char *buf, size_t size, const char *code, const char *message,
            reg_str_t detail)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put_cstr(&w, "{\"errors\":[{\"code\":");
    put_string(&w, reg_cstr(code));

    if (message != NULL) {
        reg_put_cstr(&w, ",\"message\":");
        put_string(&w, reg_cstr(message));
    }

    if (detail.len != 0) {
        reg_put_cstr(&w, ",\"detail\":");
        reg_put(&w, detail);
    }

    reg_put_cstr(&w, "}]}");

    return reg_writer_len(&w);
}


size_t
reg_error_body(char *buf, size_t size, reg_err_t err, const char *message,
               reg_str_t detail)
{
    const reg_error_info_t *info = reg_error_info(err);
    const reg_str_t none = { 0, NULL };
    int len;

    if (message == NULL) {
        message = info->message;
    }

    len = error_print(buf, size, info->code, message, detail);

    if (len == REG_ERROR) {
        len = error_print(buf, size, info->code, message, none);
    }

    if (len == REG_ERROR) {
        len = error_print(buf, size, info->code, NULL, none);
    }

    return len == REG_ERROR ? 0 : (size_t)len;
}


static int
flat_print(char *buf, size_t size, const char *message)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put_cstr(&w, "{\"error\":");
    put_string(&w, reg_cstr(message));
    reg_put_char(&w, '}');

    return reg_writer_len(&w);
}


size_t
reg_error_flat_body(char *buf, size_t size, reg_err_t err, const char *message)
{
    const char *own = reg_error_info(err)->message;
    int len = flat_print(buf, size, message != NULL ? message : own);

    if (len == REG_ERROR) {
        len = flat_print(buf, size, own);
    }

    return len == REG_ERROR ? 0 : (size_t)len;
}
