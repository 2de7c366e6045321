/* json.c: jansson, and the limits that we set on JSON from outside. */

#include "fcgi_core/json.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"


static void *
json_allocate(size_t size)
{
    void *p = malloc(size);

    if (p == NULL) {
        log_error("out of memory (%zu bytes of JSON): the process ends", size);
        _Exit(EXIT_FAILURE);
    }

    return p;
}


void
json_open(void)
{
    json_set_alloc_funcs(json_allocate, free);
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
json_error_at(pool_t *pool, str_t text, size_t pos, const char *error,
              const char **error_r)
{
    size_t line, column;

    reg_json_where(text, pos, &line, &column);
    *error_r =
        pool_printf(pool, "%s at line %zu, column %zu", error, line, column);

    return ERROR;
}


int
json_measure(pool_t *pool, str_t text, const reg_json_limit_t *limit,
             const char **error_r)
{
    const char *error;
    size_t pos;

    return reg_json_measure(text, limit, &error, &pos) == OK
               ? OK
               : json_error_at(pool, text, pos, error, error_r);
}


int
json_parse(pool_t *pool, str_t text, json_t **value_r, const char **error_r)
{
    json_error_t error;
    json_t *value;

    if (json_measure(pool, text, &reg_json_stored, error_r) != OK) {
        return ERROR;
    }

    value = json_loadb((const char *)text.data, text.len,
                       JSON_REJECT_DUPLICATES, &error);

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


json_t *
json_time(int64_t seconds)
{
    char text[CLOCK_TEXT_SIZE];

    return json_string(clock_print(seconds, text));
}


json_t *
json_time_or_null(const int64_t *seconds)
{
    return seconds != NULL ? json_time(*seconds) : json_null();
}


json_t *
json_number_or_null(const uint64_t *number)
{
    return number != NULL ? json_integer((json_int_t)*number) : json_null();
}


json_t *
json_text_or_null(const char *text)
{
    return text != NULL ? json_str(reg_cstr(text)) : json_null();
}


const char *
json_text(pool_t *pool, const json_t *value)
{
    size_t len = json_dumpb(value, NULL, 0, JSON_COMPACT);
    char *text = pool_alloc(pool, len + 1);

    json_dumpb(value, text, len, JSON_COMPACT);
    text[len] = '\0';

    return text;
}


void
json_print(json_t *value)
{
    json_dumpf(value, stdout, JSON_COMPACT);
    printf("\n");
    json_decref(value);
}
