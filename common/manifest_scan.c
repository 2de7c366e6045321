/* manifest_scan.c: finds the media type of a stored manifest in its bytes.
 *
 * A machine that eats one byte at a time.  It follows the members of the
 * outermost object; what is nested in them is skipped by counting brackets
 * outside strings.  A text that cannot be an object's ends the scan; what was
 * found before holds. */

#include "manifest_scan.h"
#include "encode.h"

enum {
    AT_START,      /* before the outermost object */
    AT_KEY,        /* before a key, or the end of the object */
    IN_KEY,        /* in a key */
    AT_COLON,      /* behind a key */
    AT_VALUE,      /* before a value */
    IN_MEDIA_TYPE, /* in the string that is one */
    IN_LITERAL,    /* in a number, true, false or null */
    IN_NESTED,     /* in an array or object, outside strings */
    IN_SKIPPED,    /* in any other string, here or nested */
    AT_COMMA,      /* behind a value */
    AT_END         /* whole, or hopeless */
};

enum {
    KEY_OTHER,
    KEY_MEDIA_TYPE,
    KEY_MANIFESTS,
    KEY_SIGNATURES,
    KEY_SCHEMA_VERSION
};

static const struct {
    const char *name;
    unsigned key;
} keys[] = {
    { "mediaType", KEY_MEDIA_TYPE },
    { "manifests", KEY_MANIFESTS },
    { "signatures", KEY_SIGNATURES },
    { "schemaVersion", KEY_SCHEMA_VERSION },
};

/* Stands for every character that no key and no media type of ours has, so
 * that one byte is enough for it. */
#define FOREIGN 0xff

/* Values of scan->escape: the hex digits still to come, or this. */
#define ESCAPE_BEGUN 5


void
reg_manifest_scan_init(reg_manifest_scan_t *scan)
{
    memset(scan, 0, sizeof(*scan));
}


static bool
is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/* Appends to the token, or to the media type when one is read.  A text that
 * is too long only grows in length, and so is known to be. */
static void
collect(reg_manifest_scan_t *scan, unsigned c)
{
    bool is_type = scan->state == IN_MEDIA_TYPE;
    char *text = is_type ? scan->media_type : scan->token;
    size_t max = is_type ? REG_MEDIA_TYPE_MAX : sizeof(scan->token);

    if (scan->token_len < max) {
        text[scan->token_len] = (char)(c > ' ' && c < 0x7f ? c : FOREIGN);
    }

    if (scan->token_len <= max) {
        scan->token_len++;
    }
}


static bool
token_is(const reg_manifest_scan_t *scan, const char *text)
{
    size_t len = strlen(text);

    return scan->token_len == len && memcmp(scan->token, text, len) == 0;
}


/* A character of RFC 6838's names, and the slash between them. */
static bool
is_type_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || (c != '\0' && strchr("!#$&-^_.+/", c) != NULL);
}


static bool
ends_in(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);

    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}


/* Clients that may push choose this string, and browsers trust headers: only
 * types that no browser renders as a page are accepted. */
static bool
media_type_is_credible(const char *type, size_t len)
{
    static const char start[] = "application/vnd.";

    for (size_t i = 0; i < len; i++) {
        if (!is_type_char((unsigned char)type[i])) {
            return false;
        }
    }

    return len > sizeof(start) && memcmp(type, start, sizeof(start) - 1) == 0
           && (ends_in(type, len, "+json") || ends_in(type, len, "+prettyjws"));
}


static bool
is_literal_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}


/* A byte behind a backslash. */
static void
escape_begin(reg_manifest_scan_t *scan, unsigned char c)
{
    scan->escape = 0;

    if (c == 'u') {
        scan->escape = 4;
        scan->code = 0;

    } else if (c == '"' || c == '\\' || c == '/') {
        collect(scan, c);

    } else if (c != '\0' && strchr("bfnrt", c) != NULL) {
        collect(scan, FOREIGN);

    } else {
        scan->state = AT_END;
    }
}


/* A digit behind "\u". */
static void
escape_digit(reg_manifest_scan_t *scan, unsigned char c)
{
    int value = reg_hex_value(c);

    if (value < 0) {
        scan->state = AT_END;
        return;
    }

    scan->code = scan->code << 4 | (unsigned)value;
    scan->escape--;

    if (scan->escape == 0) {
        collect(scan, scan->code);
    }
}


/* A byte of a string that is collected; true at its closing quote. */
static bool
string_ends(reg_manifest_scan_t *scan, unsigned char c)
{
    if (scan->escape == ESCAPE_BEGUN) {
        escape_begin(scan, c);

    } else if (scan->escape != 0) {
        escape_digit(scan, c);

    } else if (c == '\\') {
        scan->escape = ESCAPE_BEGUN;

    } else if (c == '"') {
        return true;

    } else {
        collect(scan, c);
    }

    return false;
}


static void
step_start(reg_manifest_scan_t *scan, unsigned char c)
{
    if (!is_space(c)) {
        scan->state = c == '{' ? AT_KEY : AT_END;
    }
}


static void
step_key_start(reg_manifest_scan_t *scan, unsigned char c)
{
    if (!is_space(c)) {
        scan->state = c == '"' ? IN_KEY : AT_END;
        scan->token_len = 0;
    }
}


static void
step_key(reg_manifest_scan_t *scan, unsigned char c)
{
    if (!string_ends(scan, c)) {
        return;
    }

    scan->state = AT_COLON;
    scan->key = KEY_OTHER;

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (token_is(scan, keys[i].name)) {
            scan->key = keys[i].key;
        }
    }
}


static void
step_colon(reg_manifest_scan_t *scan, unsigned char c)
{
    if (!is_space(c)) {
        scan->state = c == ':' ? AT_VALUE : AT_END;
    }
}


/* Forgets what an earlier member of the same key said: the last one wins. */
static void
forget(reg_manifest_scan_t *scan)
{
    switch (scan->key) {
    case KEY_MEDIA_TYPE:
        scan->has_media_type = false;
        break;
    case KEY_MANIFESTS:
        scan->has_manifests = false;
        break;
    case KEY_SIGNATURES:
        scan->has_signatures = false;
        break;
    case KEY_SCHEMA_VERSION:
        scan->schema_version = 0;
        break;
    }
}


static void
nested_start(reg_manifest_scan_t *scan, bool is_array)
{
    scan->state = IN_NESTED;
    scan->depth = 1;

    if (scan->key == KEY_MANIFESTS) {
        scan->has_manifests = is_array;

    } else if (scan->key == KEY_SIGNATURES) {
        scan->has_signatures = is_array;
    }
}


static void
step_value(reg_manifest_scan_t *scan, unsigned char c)
{
    if (is_space(c)) {
        return;
    }

    forget(scan);
    scan->token_len = 0;

    if (c == '"') {
        scan->state = scan->key == KEY_MEDIA_TYPE ? IN_MEDIA_TYPE : IN_SKIPPED;

    } else if (c == '[' || c == '{') {
        nested_start(scan, c == '[');

    } else if (is_literal_char(c)) {
        scan->state = IN_LITERAL;
        collect(scan, c);

    } else {
        scan->state = AT_END;
    }
}


static void
step_media_type(reg_manifest_scan_t *scan, unsigned char c)
{
    if (!string_ends(scan, c)) {
        return;
    }

    scan->state = AT_COMMA;

    if (scan->token_len <= REG_MEDIA_TYPE_MAX) {
        scan->media_type[scan->token_len] = '\0';
        scan->has_media_type =
            media_type_is_credible(scan->media_type, scan->token_len);
    }
}


static void
step_comma(reg_manifest_scan_t *scan, unsigned char c)
{
    if (!is_space(c)) {
        scan->state = c == ',' ? AT_KEY : AT_END;
    }
}


static void
step_literal(reg_manifest_scan_t *scan, unsigned char c)
{
    if (is_literal_char(c)) {
        collect(scan, c);
        return;
    }

    if (scan->key == KEY_SCHEMA_VERSION) {
        scan->schema_version = token_is(scan, "1") ? 1 : 0;
    }

    scan->state = AT_COMMA;
    step_comma(scan, c);
}


static void
step_nested(reg_manifest_scan_t *scan, unsigned char c)
{
    if (c == '"') {
        scan->state = IN_SKIPPED;

    } else if (c == '[' || c == '{') {
        scan->depth++;

    } else if (c == ']' || c == '}') {
        scan->depth--;

        if (scan->depth == 0) {
            scan->state = AT_COMMA;
        }
    }
}


static void
step_skipped(reg_manifest_scan_t *scan, unsigned char c)
{
    if (scan->escape != 0) {
        scan->escape = 0;

    } else if (c == '\\') {
        scan->escape = ESCAPE_BEGUN;

    } else if (c == '"') {
        scan->state = scan->depth == 0 ? AT_COMMA : IN_NESTED;
    }
}


void
reg_manifest_scan_feed(reg_manifest_scan_t *scan, const void *data, size_t len)
{
    static void (*const steps[])(reg_manifest_scan_t *, unsigned char) = {
        [AT_START] = step_start,     [AT_KEY] = step_key_start,
        [IN_KEY] = step_key,         [AT_COLON] = step_colon,
        [AT_VALUE] = step_value,     [IN_MEDIA_TYPE] = step_media_type,
        [IN_LITERAL] = step_literal, [IN_NESTED] = step_nested,
        [IN_SKIPPED] = step_skipped, [AT_COMMA] = step_comma,
    };
    const unsigned char *p = data;

    for (size_t i = 0; i < len && scan->state != AT_END; i++) {
        steps[scan->state](scan, p[i]);
    }
}


const char *
reg_manifest_scan_type(const reg_manifest_scan_t *scan)
{
    if (scan->schema_version == 1) {
        return scan->has_signatures ? REG_MT_DOCKER_V1_SIGNED
                                    : REG_MT_DOCKER_V1;
    }

    if (scan->has_media_type) {
        return scan->media_type;
    }

    return scan->has_manifests ? REG_MT_OCI_INDEX : REG_MT_OCI_MANIFEST;
}
