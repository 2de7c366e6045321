/* fuzz_json_scan.c: a text that may be JSON. */

#include "reg_fuzz.h"
#include "common/json_scan.h"

/* Whether a piece of text is a whole value by itself, as far as it was one in
 * the text. */
static bool
is_value(reg_str_t piece)
{
    reg_json_scan_t scan;
    reg_json_token_t token;
    int rc;

    reg_json_scan_init(&scan, piece);

    while ((rc = reg_json_next(&scan, &token)) == REG_OK) {
    }

    return rc == REG_DECLINED;
}


/* Every key can be taken for a string, and be read without its escapes. */
static void
key_check(reg_str_t text, const reg_json_token_t *token)
{
    char small[4], large[64];
    int rc = reg_json_key(text, token, large, sizeof(large));

    must(is_value(
        (reg_str_t){ token->to - token->from, text.data + token->from }));
    must(reg_json_key(text, token, small, sizeof(small)) != REG_OK
         || (rc == REG_OK && strcmp(small, large) == 0));
    must(rc != REG_OK || strlen(large) < sizeof(large));
}


/* Counts the values, and reads each token on the way. */
static int
walk(reg_str_t text, size_t *values_r, size_t *depth_r)
{
    reg_json_scan_t scan;
    reg_json_token_t token;
    size_t end = 0;
    int rc;

    *values_r = *depth_r = 0;
    reg_json_scan_init(&scan, text);

    while ((rc = reg_json_next(&scan, &token)) == REG_OK) {
        must(token.from >= end && token.to > token.from
             && token.to <= text.len);
        end = token.to;
        *values_r += token.type != REG_JSON_END && token.type != REG_JSON_COMMA
                     && token.type != REG_JSON_KEY;
        *depth_r = scan.depth > *depth_r ? scan.depth : *depth_r;

        if (token.type == REG_JSON_KEY) {
            key_check(text, &token);
        }
    }

    must((rc == REG_ERROR) == (scan.error != NULL));
    must(scan.pos <= text.len + 1);

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reg_str_t text = fuzz_str(data, size);
    size_t values, depth, pos = 0, line, column;
    const char *error = NULL;
    int rc = walk(text, &values, &depth);

    for (int more = 0; more < 2; more++) {
        const reg_json_limit_t limit = { values - (size_t)more, SIZE_MAX,
                                         depth };
        int measured = values == 0
                           ? REG_ERROR
                           : reg_json_measure(text, &limit, &error, &pos);

        must(measured == REG_ERROR || (rc == REG_DECLINED && more == 0));
    }

    reg_json_where(text, pos, &line, &column);
    must(line >= 1 && column >= 1);

    return 0;
}
