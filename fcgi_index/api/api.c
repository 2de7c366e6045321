/* api.c: what a handler reads of a request. */

#include "api/api.h"
#include "common/encode.h"
#include "common/range.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"


/* The number of the parameter {name} in the row's path.  A row without one is
 * a mistake in the table, which no request may pay for with another's data. */
static size_t
param_index(const api_t *api, const char *name)
{
    size_t len = strlen(name), n = 0;

    for (const char *p = strchr(api->route->path, '{'); p != NULL;
         p = strchr(p + 1, '{'), n++) {
        if (strncmp(p + 1, name, len) == 0 && p[len + 1] == '}') {
            return n;
        }
    }

    log_error("%s has no parameter %s", api->route->id, name);
    abort();
}


const char *
api_param(const api_t *api, const char *name)
{
    return (const char *)api->segments[param_index(api, name)].data;
}


uint64_t
api_param_number(const api_t *api, const char *name)
{
    uint64_t number = 0;

    return reg_number_parse(api->segments[param_index(api, name)], &number)
                   == REG_OK
               ? number
               : 0;
}


bool
api_has(const api_t *api, const char *name)
{
    return json_object_get(api->fields, name) != NULL;
}


const char *
api_str(const api_t *api, const char *name)
{
    return json_string_value(json_object_get(api->fields, name));
}


size_t
api_choice(const api_t *api, const char *name, const char *const *words)
{
    const char *word = api_str(api, name);
    size_t i = 0;

    while (word != NULL && words[i] != NULL && strcmp(words[i], word) != 0) {
        i++;
    }

    return i;
}


str_t
api_text(const api_t *api, const char *name)
{
    const char *text = api_str(api, name);

    return text != NULL ? reg_cstr(text) : (str_t){ 0, NULL };
}


int64_t
api_integer(const api_t *api, const char *name, int64_t fallback)
{
    json_t *value = json_object_get(api->fields, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}


bool
api_boolean(const api_t *api, const char *name, bool fallback)
{
    json_t *value = json_object_get(api->fields, name);

    return json_is_boolean(value) ? json_is_true(value) : fallback;
}


json_t *
api_strings(const api_t *api, const char *name)
{
    json_t *value = json_object_get(api->fields, name);

    return json_is_array(value) ? value : NULL;
}


change_t
api_change(api_t *api)
{
    return (change_t){ .db = api->db,
                       .actor = &api->caller.account,
                       .auditor = &api->actor,
                       .revoke = &api->revoke,
                       .is_nested = true,
                       .now = api->now };
}


bool
api_has_account(const api_t *api)
{
    return api->caller.kind != CALLER_ANONYMOUS;
}


const account_t *
api_account(const api_t *api)
{
    return api_has_account(api) ? &api->caller.account : NULL;
}


const char *
api_segment(const api_t *api, const char *name)
{
    str_t text = reg_cstr(name);
    char *segment = pool_alloc(api->pool, 3 * text.len + 1);

    segment[reg_percent_encode(text, segment)] = '\0';

    return segment;
}


bool
api_is_admin(const api_t *api)
{
    return api_has_account(api) && api->caller.account.is_admin;
}


void
api_location(api_t *api, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    api->location = pool_printf(api->pool, "%s%s", API_PREFIX,
                                pool_vprintf(api->pool, format, args));
    va_end(args);
}


json_t *
api_time(int64_t seconds)
{
    return json_time(seconds);
}


json_t *
api_time_or_null(const int64_t *seconds)
{
    return json_time_or_null(seconds);
}


json_t *
api_number_or_null(const uint64_t *number)
{
    return json_number_or_null(number);
}


json_t *
api_string_or_null(const char *text)
{
    return json_text_or_null(text);
}
