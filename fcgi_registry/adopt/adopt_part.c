/* adopt_part.c: what the parts of an adopted server block are made with. */

#include "adopt/adopt_part.h"

#include "fcgi_core/log.h"


json_t *
adopt_at(json_t *value, const char *path)
{
    char key[64];

    while (value != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");

        snprintf(key, sizeof(key), "%.*s", (int)len, path);
        value = json_object_get(value, key);
        path += len + (path[len] == '.');
    }

    return value;
}


const char *
adopt_text(json_t *value, const char *path, const char *fallback)
{
    json_t *found = adopt_at(value, path);

    return json_is_string(found) ? json_string_value(found) : fallback;
}


void
adopt_note(adopt_t *adopt, const char *path, const char *format, ...)
{
    const char *reason;
    va_list args;

    va_start(args, format);
    reason = pool_vprintf(adopt->pool, format, args);
    va_end(args);
    adopt->notes = pool_printf(adopt->pool, "%s# not carried over: %s: %s\n",
                               adopt->notes, value_comment(adopt->pool, path),
                               value_comment(adopt->pool, reason));
}


void
adopt_fail(adopt_t *adopt, const char *path, const char *format, ...)
{
    const char *reason;
    va_list args;

    va_start(args, format);
    reason = pool_vprintf(adopt->pool, format, args);
    va_end(args);
    log_error("%s: %s", path, value_comment(adopt->pool, reason));
    adopt->has_failed = true;
}


void
adopt_add(adopt_t *adopt, const char **text, const char *format, ...)
{
    const char *line;
    va_list args;

    va_start(args, format);
    line = pool_vprintf(adopt->pool, format, args);
    va_end(args);
    *text = pool_printf(adopt->pool, "%s%s\n", *text, line);
}


bool
adopt_switch(adopt_t *adopt, const char *path, bool fallback)
{
    const char *text = adopt_text(adopt->root, path, NULL);
    bool is_on = fallback;

    if (text != NULL && value_switch(text, &is_on) != OK) {
        adopt_note(adopt, path, "\"%s\" is neither true nor false", text);
    }

    return is_on;
}


const char *
adopt_word(adopt_t *adopt, const char *path, const char *text)
{
    const char *word = value_nginx(adopt->pool, text);

    if (word == NULL) {
        adopt_note(adopt, path, "nginx.conf cannot express its value");
    }

    return word;
}
