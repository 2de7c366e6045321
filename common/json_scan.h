/* json_scan.h: goes through a JSON text (RFC 8259) token by token, in constant
 * memory, and measures it.
 *
 * What a text costs its reader depends on the text alone: how many values it
 * has, and how deep they nest.  A program that reads JSON from outside measures
 * that first, so that a text is accepted or refused by every program alike, at
 * any time. */

#ifndef REG_JSON_SCAN_H
#define REG_JSON_SCAN_H

#include "reg.h"

/* Brackets within each other; as deep as the reader of Go goes, and so of
 * registry:2. */
#define REG_JSON_DEPTH_MAX 10000

typedef enum {
    REG_JSON_OBJECT, /* an opening bracket */
    REG_JSON_ARRAY,
    REG_JSON_END, /* a closing one */
    REG_JSON_COMMA,
    REG_JSON_KEY,   /* without its colon */
    REG_JSON_SCALAR /* a string, a number, true, false or null */
} reg_json_type_t;

/* text.data[from] up to, but not with, text.data[to]. */
typedef struct {
    reg_json_type_t type;
    size_t from, to;
} reg_json_token_t;

typedef struct {
    reg_str_t text;
    size_t pos;
    const char *error; /* a sentence, where the text is wrong at pos */

    unsigned state; /* of the machine; zero at the start */
    size_t depth;   /* open brackets; a bit for each: it is of an object */
    unsigned char objects[(REG_JSON_DEPTH_MAX + 7) / 8];
} reg_json_scan_t;

/* A limit: so many values, and one more for so many bytes of the text.  A key
 * is none. */
typedef struct {
    size_t values;
    size_t bytes;
    size_t depth;
} reg_json_limit_t;

/* For what a client sends, and for what was stored before: every program can
 * read again what was accepted once. */
extern const reg_json_limit_t reg_json_entering, reg_json_stored;

void reg_json_scan_init(reg_json_scan_t *scan, reg_str_t text);

/* REG_OK and the next token, REG_DECLINED at the end of a whole text, REG_ERROR
 * and scan->error where the text is wrong.  Strings may hold anything but
 * control characters: bytes that are no UTF-8, \u0000 and halves of surrogate
 * pairs, too. */
int reg_json_next(reg_json_scan_t *scan, reg_json_token_t *token_r);

/* Continues to the end of the value that begins with this token. */
int reg_json_skip(reg_json_scan_t *scan, const reg_json_token_t *token);

/* REG_OK where a whole text keeps to a limit and its strings are UTF-8.  Else
 * REG_ERROR, with what and where. */
int reg_json_measure(reg_str_t text, const reg_json_limit_t *limit,
                     const char **error_r, size_t *pos_r);

/* Line and column of a position, from 1 on. */
void reg_json_where(reg_str_t text, size_t pos, size_t *line_r,
                    size_t *column_r);

/* A key without its escapes, as a C string in buf; characters that no key of
 * ours has become 0xff.  REG_DECLINED where buf is too small. */
int reg_json_key(reg_str_t text, const reg_json_token_t *token, char *buf,
                 size_t size);

#endif
