/* json_scan.c: goes through a JSON text token by token, and measures it. */

#include "json_scan.h"
#include "encode.h"

enum {
    AT_VALUE = 0,   /* before a value that must be there */
    AT_FIRST_VALUE, /* behind "[" */
    AT_KEY,
    AT_FIRST_KEY, /* behind "{" */
    AT_COLON,
    AT_COMMA /* behind a value */
};

/* Twice as much is read as is taken.  The costliest values, empty objects, take
 * some 216 bytes each, so that a text costs its reader at most 14 times its
 * length and 7 MiB, where it enters. */
const reg_json_limit_t reg_json_entering = { 32768, 16, 512 };
const reg_json_limit_t reg_json_stored = { 65536, 8, 1024 };


void
reg_json_scan_init(reg_json_scan_t *scan, reg_str_t text)
{
    memset(scan, 0, sizeof(*scan));
    scan->text = text;
}


static int
wrong(reg_json_scan_t *scan, const char *error)
{
    scan->error = error;

    return REG_ERROR;
}


static bool
is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


static bool
is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


/* The byte at a position; NUL, which is wrong everywhere, behind the end. */
static unsigned char
at(const reg_json_scan_t *scan, size_t pos)
{
    return pos < scan->text.len ? scan->text.data[pos] : '\0';
}


/* --- brackets ------------------------------------------------------------ */


static bool
is_in_object(const reg_json_scan_t *scan)
{
    size_t i = scan->depth - 1;

    return scan->depth != 0 && (scan->objects[i / 8] >> i % 8 & 1) != 0;
}


static int
bracket_open(reg_json_scan_t *scan, bool is_object)
{
    size_t i = scan->depth;

    if (i == REG_JSON_DEPTH_MAX) {
        return wrong(scan, "nested too deep");
    }

    scan->objects[i / 8] &= (unsigned char)~(1u << i % 8);
    scan->objects[i / 8] |= (unsigned char)((unsigned)is_object << i % 8);
    scan->depth++;
    scan->pos++;
    scan->state = is_object ? AT_FIRST_KEY : AT_FIRST_VALUE;

    return REG_OK;
}


static int
bracket_close(reg_json_scan_t *scan)
{
    scan->depth--;
    scan->pos++;
    scan->state = AT_COMMA;

    return REG_OK;
}


/* --- scalars ------------------------------------------------------------- */


/* A backslash and what it stands before. */
static int
escape_skip(reg_json_scan_t *scan)
{
    unsigned char c = at(scan, scan->pos + 1);

    if (c == '\0' || strchr("\"\\/bfnrtu", c) == NULL) {
        return wrong(scan, "invalid escape");
    }

    scan->pos += 2;

    for (int i = 0; c == 'u' && i < 4; i++) {
        if (reg_hex_value(at(scan, scan->pos)) < 0) {
            return wrong(scan, "invalid escape");
        }

        scan->pos++;
    }

    return REG_OK;
}


static int
string_skip(reg_json_scan_t *scan)
{
    scan->pos++;

    for (;;) {
        unsigned char c = at(scan, scan->pos);

        if (c == '"') {
            scan->pos++;
            return REG_OK;
        }

        if (c < ' ') {
            return wrong(scan, scan->pos < scan->text.len
                                   ? "a control character in a string"
                                   : "a string that does not end");
        }

        if (c == '\\') {
            if (escape_skip(scan) != REG_OK) {
                return REG_ERROR;
            }

        } else {
            scan->pos++;
        }
    }
}


/* At least one digit. */
static bool
digits_skip(reg_json_scan_t *scan)
{
    size_t from = scan->pos;

    while (is_digit(at(scan, scan->pos))) {
        scan->pos++;
    }

    return scan->pos != from;
}


static int
number_skip(reg_json_scan_t *scan)
{
    bool is_right;

    scan->pos += at(scan, scan->pos) == '-';

    if (at(scan, scan->pos) == '0') {
        scan->pos++;
        is_right = true;

    } else {
        is_right = digits_skip(scan);
    }

    if (is_right && at(scan, scan->pos) == '.') {
        scan->pos++;
        is_right = digits_skip(scan);
    }

    if (is_right && (at(scan, scan->pos) | 0x20) == 'e') {
        unsigned char sign = at(scan, ++scan->pos);

        scan->pos += sign == '+' || sign == '-';
        is_right = digits_skip(scan);
    }

    return is_right ? REG_OK : wrong(scan, "invalid number");
}


static int
literal_skip(reg_json_scan_t *scan)
{
    static const char *const literals[] = { "true", "false", "null" };
    size_t left = scan->text.len - scan->pos;

    for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
        size_t len = strlen(literals[i]);

        if (left >= len
            && memcmp(&scan->text.data[scan->pos], literals[i], len) == 0) {
            scan->pos += len;
            return REG_OK;
        }
    }

    return wrong(scan, "invalid token");
}


/* --- tokens -------------------------------------------------------------- */


static void
space_skip(reg_json_scan_t *scan)
{
    while (is_space(at(scan, scan->pos))) {
        scan->pos++;
    }
}


static int
value_next(reg_json_scan_t *scan, unsigned char c, reg_json_token_t *token)
{
    if (c == '{' || c == '[') {
        token->type = c == '{' ? REG_JSON_OBJECT : REG_JSON_ARRAY;
        return bracket_open(scan, c == '{');
    }

    token->type = REG_JSON_SCALAR;
    scan->state = AT_COMMA;

    return c == '"'                  ? string_skip(scan)
           : c == '-' || is_digit(c) ? number_skip(scan)
                                     : literal_skip(scan);
}


static int
key_next(reg_json_scan_t *scan, unsigned char c, reg_json_token_t *token)
{
    if (c != '"') {
        return wrong(scan, "a key is missing");
    }

    token->type = REG_JSON_KEY;
    scan->state = AT_COLON;

    return string_skip(scan);
}


/* Behind a value: a comma, or the end of what it is in. */
static int
comma_next(reg_json_scan_t *scan, unsigned char c, reg_json_token_t *token)
{
    if (c == (is_in_object(scan) ? '}' : ']')) {
        token->type = REG_JSON_END;
        return bracket_close(scan);
    }

    if (c != ',') {
        return wrong(scan, "a comma or a closing bracket is missing");
    }

    token->type = REG_JSON_COMMA;
    scan->state = is_in_object(scan) ? AT_KEY : AT_VALUE;
    scan->pos++;

    return REG_OK;
}


static int
token_next(reg_json_scan_t *scan, unsigned char c, reg_json_token_t *token)
{
    switch (scan->state) {
    case AT_FIRST_KEY:
    case AT_FIRST_VALUE:
        if (c == (scan->state == AT_FIRST_KEY ? '}' : ']')) {
            token->type = REG_JSON_END;
            return bracket_close(scan);
        }

        return scan->state == AT_FIRST_KEY ? key_next(scan, c, token)
                                           : value_next(scan, c, token);
    case AT_KEY:
        return key_next(scan, c, token);
    case AT_COMMA:
        return comma_next(scan, c, token);
    default:
        return value_next(scan, c, token);
    }
}


int
reg_json_next(reg_json_scan_t *scan, reg_json_token_t *token_r)
{
    int rc;

    space_skip(scan);

    if (scan->state == AT_COLON) {
        if (at(scan, scan->pos) != ':') {
            return wrong(scan, "a colon is missing");
        }

        scan->pos++;
        scan->state = AT_VALUE;
        space_skip(scan);
    }

    if (scan->state == AT_COMMA && scan->depth == 0) {
        return scan->pos == scan->text.len ? REG_DECLINED
                                           : wrong(scan, "data after the end");
    }

    token_r->from = scan->pos;
    rc = token_next(scan, at(scan, scan->pos), token_r);
    token_r->to = scan->pos;

    return rc;
}


int
reg_json_skip(reg_json_scan_t *scan, const reg_json_token_t *token)
{
    size_t depth = scan->depth - 1;
    reg_json_token_t next;

    if (token->type != REG_JSON_OBJECT && token->type != REG_JSON_ARRAY) {
        return REG_OK;
    }

    while (scan->depth != depth) {
        if (reg_json_next(scan, &next) != REG_OK) {
            return REG_ERROR;
        }
    }

    return REG_OK;
}


/* --- measuring ----------------------------------------------------------- */


/* The length of a character of UTF-8 (RFC 3629) at the beginning of text; 0
 * where there is none. */
static size_t
utf8_len(const unsigned char *text, size_t left)
{
    unsigned char c = text[0];
    size_t len = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

    if (len > left || c > 0xf4) {
        return 0;
    }

    for (size_t i = 1; i < len; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return (c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f)
                   || (c == 0xf0 && text[1] < 0x90)
                   || (c == 0xf4 && text[1] > 0x8f)
               ? 0
               : len;
}


static int
utf8_check(reg_str_t text, const char **error_r, size_t *pos_r)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        len = utf8_len(&text.data[i], text.len - i);

        if (len == 0) {
            *error_r = "invalid UTF-8";
            *pos_r = i;
            return REG_ERROR;
        }
    }

    return REG_OK;
}


int
reg_json_measure(reg_str_t text, const reg_json_limit_t *limit,
                 const char **error_r, size_t *pos_r)
{
    size_t left = limit->values + text.len / limit->bytes;
    reg_json_scan_t scan;
    reg_json_token_t token;
    int rc;

    reg_json_scan_init(&scan, text);

    while ((rc = reg_json_next(&scan, &token)) == REG_OK) {
        bool is_value = token.type == REG_JSON_OBJECT
                        || token.type == REG_JSON_ARRAY
                        || token.type == REG_JSON_SCALAR;

        if (is_value && left-- == 0) {
            rc = wrong(&scan, "too many small values");
            break;
        }

        if (scan.depth > limit->depth) {
            rc = wrong(&scan, "nested too deep");
            break;
        }
    }

    if (rc != REG_DECLINED) {
        *error_r = scan.error;
        *pos_r = scan.pos;
        return REG_ERROR;
    }

    return utf8_check(text, error_r, pos_r);
}


void
reg_json_where(reg_str_t text, size_t pos, size_t *line_r, size_t *column_r)
{
    *line_r = *column_r = 1;

    for (size_t i = 0; i < pos && i < text.len; i++) {
        bool is_end = text.data[i] == '\n';

        *line_r += is_end;
        *column_r = is_end ? 1 : *column_r + 1;
    }
}


/* --- keys ---------------------------------------------------------------- */


/* What is no character of ASCII but NUL, and no U+017F. */
#define FOREIGN 0xff

#define LONG_S 0x17f


/* The character of a \uXXXX whose digits begin at text. */
static unsigned
escaped_code(const unsigned char *text)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++) {
        code = code << 4 | (unsigned)reg_hex_value(text[i]);
    }

    return code;
}


int
reg_json_key(reg_str_t text, const reg_json_token_t *token, char *buf,
             size_t size)
{
    const unsigned char *p = &text.data[token->from + 1];
    const unsigned char *end = &text.data[token->to - 1];
    size_t n = 0;

    while (p < end) {
        unsigned code = *p++;

        if (code == '\\') {
            bool is_code = *p++ == 'u';

            code = is_code ? escaped_code(p)
                   : p[-1] == '"' || p[-1] == '\\' || p[-1] == '/' ? p[-1]
                                                                   : FOREIGN;
            p += is_code ? 4 : 0;

            /* as it is written without an escape */
            if (code == LONG_S && n + 1 < size) {
                buf[n++] = '\xc5';
                code = 0xbf;

            } else if (code == 0 || code >= 0x80) {
                code = FOREIGN;
            }
        }

        if (n + 1 >= size) {
            return REG_DECLINED;
        }

        buf[n++] = (char)code;
    }

    buf[n] = '\0';

    return REG_OK;
}
