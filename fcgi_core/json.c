/* json.c: jansson, and the limits that we set on JSON from outside. */

#include "json.h"
#include "log.h"

#include <malloc.h>

/* What a text may cost while it is parsed, for each of its bytes and beyond
 * them: values of a byte or two cost up to eighty times their text, the
 * descriptors of a manifest less than ten times. */
#define COST_FACTOR 16
#define COST_FREE (1024 * 1024)

static size_t held;             /* bytes that jansson has */
static size_t limit = SIZE_MAX; /* how many it may have */
static bool is_beyond;          /* it wanted more */


static void *
json_allocate(size_t size)
{
    void *p;

    if (held + size > limit) {
        is_beyond = true;
        return NULL;
    }

    p = malloc(size);

    if (p == NULL) {
        log_error("out of memory (%zu bytes of JSON): the process ends", size);
        _Exit(EXIT_FAILURE);
    }

    held += malloc_usable_size(p);

    return p;
}


static void
json_free(void *p)
{
    held -= malloc_usable_size(p);
    free(p);
}


void
json_open(void)
{
    json_set_alloc_funcs(json_allocate, json_free);
}


static void
json_release(void *value)
{
    json_decref(value);
}


json_t *
json_pooled(pool_t *pool, json_t *value)
{
    pool_cleanup(pool, json_release, value);

    return value;
}


int
json_parse(pool_t *pool, str_t text, json_t **value_r, const char **error_r)
{
    json_error_t error;
    json_t *value;

    /* jansson takes one between two tokens for white space */
    if (text.len != 0 && memchr(text.data, '\0', text.len) != NULL) {
        *error_r = "a NUL byte in the text";
        return ERROR;
    }

    limit = held + COST_FREE + COST_FACTOR * text.len;
    is_beyond = false;
    value = json_loadb((const char *)text.data, text.len,
                       JSON_REJECT_DUPLICATES, &error);
    limit = SIZE_MAX;

    if (is_beyond) {
        json_decref(value);
        *error_r = "too many small values";
        return ERROR;
    }

    if (value == NULL) {
        *error_r = pool_printf(pool, "%s at line %d, column %d", error.text,
                               error.line, error.column);
        return ERROR;
    }

    *value_r = json_pooled(pool, value);

    return OK;
}


int
json_member_string(json_t *object, const char *key, str_t *value_r)
{
    json_t *value = json_object_get(object, key);

    if (value == NULL || json_is_null(value)) {
        return DECLINED;
    }

    if (!json_is_string(value)) {
        return ERROR;
    }

    *value_r = (str_t){ json_string_length(value),
                        (unsigned char *)json_string_value(value) };

    return OK;
}


json_t *
json_str(str_t s)
{
    json_t *value = json_stringn((const char *)s.data, s.len);

    return value != NULL ? value : json_string("\xef\xbf\xbd");
}
