/* lines.c: arrays of strings, which the database has one a line. */

#include "fcgi_core/lines.h"


json_t *
lines_json(const char *text)
{
    json_t *lines = json_array();

    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "\n");

        json_array_append_new(lines, json_stringn(text, len));
        text += len;
        text += *text == '\n';
    }

    return lines;
}


const char *
lines_join(pool_t *pool, json_t *array)
{
    const char *text = "";
    json_t *line;
    size_t i;

    if (array == NULL) {
        return NULL;
    }

    json_array_foreach(array, i, line)
    {
        text = pool_printf(pool, "%s%s%s", text, i == 0 ? "" : "\n",
                           json_string_value(line));
    }

    return text;
}
