/* ini.c: files of lines "name = value", in sections or not. */

#include "s3/ini.h"


static bool
is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}


static str_t
trim(str_t s)
{
    while (s.len != 0 && is_space(s.data[0])) {
        s.data++;
        s.len--;
    }

    while (s.len != 0 && is_space(s.data[s.len - 1])) {
        s.len--;
    }

    return s;
}


static str_t
line_take(ini_t *ini)
{
    unsigned char *end = memchr(ini->rest.data, '\n', ini->rest.len);
    str_t line = { end == NULL ? ini->rest.len : (size_t)(end - ini->rest.data),
                   ini->rest.data };
    size_t step = line.len + (end != NULL);

    ini->rest.data += step;
    ini->rest.len -= step;
    ini->line++;

    return trim(line);
}


static int
line_split(ini_t *ini, str_t line)
{
    unsigned char *equals = memchr(line.data, '=', line.len);

    if (equals == NULL || equals == line.data) {
        return ERROR;
    }

    ini->name = trim((str_t){ (size_t)(equals - line.data), line.data });
    ini->value = trim(
        (str_t){ line.len - (size_t)(equals - line.data) - 1, equals + 1 });

    return OK;
}


int
ini_next(ini_t *ini)
{
    while (ini->rest.len != 0) {
        str_t line = line_take(ini);

        if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';') {
            continue;
        }

        if (line.data[0] != '[') {
            return line_split(ini, line);
        }

        if (line.data[line.len - 1] != ']') {
            return ERROR;
        }

        ini->section = trim((str_t){ line.len - 2, line.data + 1 });
    }

    return DECLINED;
}
