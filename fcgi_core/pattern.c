/* pattern.c: patterns that people write, as nginx understands them. */

#include "fcgi_core/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A pattern that needs more has an explosion in it; an honest one needs some
 * steps for each byte of the text. */
#define MATCH_MAX 100000
#define DEPTH_MAX 5000
#define HEAP_MAX 1024 /* KiB */
#define NEST_MAX 32   /* parentheses in parentheses */
#define ERROR_MAX 256


/* All of PCRE2's memory comes from the pool and goes with it. */
static void *
memory_get(PCRE2_SIZE size, void *pool)
{
    return pool_alloc(pool, size);
}


static void
memory_keep(void *memory, void *pool)
{
    (void)memory;
    (void)pool;
}


static const char *
message(pool_t *pool, int code)
{
    PCRE2_UCHAR text[ERROR_MAX];

    pcre2_get_error_message(code, text, sizeof(text));

    return pool_strdup(pool, (const char *)text);
}


static pcre2_code *
compile(pool_t *pool, pcre2_general_context *general, const char *pattern,
        const char **error_r)
{
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    pcre2_code *code;
    PCRE2_SIZE at;
    int error;

    pcre2_set_max_pattern_length(context, PATTERN_MAX);
    pcre2_set_parens_nest_limit(context, NEST_MAX);
    code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                         PCRE2_NEVER_BACKSLASH_C, &error, &at, context);

    if (code == NULL) {
        *error_r = pool_printf(pool, "%s at character %zu",
                               message(pool, error), at + 1);
    }

    return code;
}


int
pattern_match(pool_t *pool, const char *pattern, str_t text,
              const char **error_r)
{
    pcre2_general_context *general =
        pcre2_general_context_create(memory_get, memory_keep, pool);
    pcre2_match_context *context = pcre2_match_context_create(general);
    pcre2_code *code = compile(pool, general, pattern, error_r);
    int rc;

    if (code == NULL) {
        return ERROR;
    }

    if (text.len > PATTERN_TEXT_MAX) {
        *error_r = "the text is too long";
        return ERROR;
    }

    pcre2_set_match_limit(context, MATCH_MAX);
    pcre2_set_depth_limit(context, DEPTH_MAX);
    pcre2_set_heap_limit(context, HEAP_MAX);
    rc = pcre2_match(code, text.data, text.len, 0, 0,
                     pcre2_match_data_create(1, general), context);

    if (rc >= 0) {
        return OK; /* 0: with more groups than were asked for */
    }

    if (rc == PCRE2_ERROR_NOMATCH) {
        return DECLINED;
    }

    *error_r = message(pool, rc);

    return ERROR;
}
