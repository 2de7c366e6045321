/* adopt_value.c: values of a configuration of registry:2, and how they are
 * written elsewhere. */

#include "adopt/adopt_value.h"

#include <stdlib.h>
#include <strings.h>

/* What needs no quotes, in nginx.conf and in a shell. */
#define PLAIN                                                                  \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"           \
    "_./:@%+=,-"


int
value_switch(const char *text, bool *is_on_r)
{
    static const struct {
        const char *word;
        bool is_on;
    } words[] = { { "true", true }, { "yes", true },    { "on", true },
                  { "y", true },    { "false", false }, { "no", false },
                  { "off", false }, { "n", false } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *is_on_r = words[i].is_on;
            return OK;
        }
    }

    return ERROR;
}


/* --- durations ----------------------------------------------------------- */


/* The seconds of the unit that *text begins with; 0 for none. */
static double
unit_take(const char **text)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = { { "ns", 1e-9 }, { "us", 1e-6 }, { "\xc2\xb5s", 1e-6 },
                  { "ms", 1e-3 }, { "s", 1 },     { "m", 60 },
                  { "h", 3600 } };

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = strlen(units[i].name);

        if (strncmp(*text, units[i].name, len) == 0) {
            *text += len;
            return units[i].seconds;
        }
    }

    return 0;
}


/* "1.5"; negative where there is none. */
static double
number_take(const char **text)
{
    size_t len = strspn(*text, "0123456789.");
    char *end;
    double number = strtod(*text, &end);

    if (len == 0 || (size_t)(end - *text) != len) {
        return -1;
    }

    *text = end;

    return number;
}


int
value_seconds(const char *text, long max, long *seconds_r)
{
    double sum = 0;

    if (*text == '\0') {
        return ERROR;
    }

    while (*text != '\0') {
        double number = number_take(&text);
        double unit = *text == '\0' && sum == 0 ? 1e-9 : unit_take(&text);

        if (number < 0 || unit == 0) {
            return ERROR;
        }

        sum += number * unit;
    }

    if (sum > (double)max) {
        return ERROR;
    }

    *seconds_r = (long)sum;
    *seconds_r += (double)*seconds_r < sum;

    return OK;
}


/* --- words --------------------------------------------------------------- */


static bool
is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}


/* Text in quotes, with a backslash before each quote and backslash. */
static char *
quoted(pool_t *pool, const char *text)
{
    char *copy = pool_alloc(pool, 2 * strlen(text) + 3);
    char *p = copy;

    *p++ = '"';

    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            *p++ = '\\';
        }

        *p++ = *text;
    }

    *p = '"';

    return copy;
}


char *
value_nginx(pool_t *pool, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (is_control(*p) || *p == '$') {
            return NULL;
        }
    }

    return text[0] != '\0' && text[strspn(text, PLAIN)] == '\0'
               ? pool_strdup(pool, text)
               : quoted(pool, text);
}


char *
value_shell(pool_t *pool, const char *text)
{
    char *copy, *p;

    if (text[0] != '\0' && text[strspn(text, PLAIN)] == '\0') {
        return pool_strdup(pool, text);
    }

    p = copy = pool_alloc(pool, 4 * strlen(text) + 3);
    *p++ = '\'';

    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            memcpy(p, "'\\''", 4);
            p += 4;

        } else {
            *p++ = is_control(*text) ? '?' : *text;
        }
    }

    *p = '\'';

    return copy;
}


char *
value_comment(pool_t *pool, const char *text)
{
    char *copy = pool_strdup(pool, text);

    for (char *p = copy; *p != '\0'; p++) {
        if (is_control(*p)) {
            *p = '?';
        }
    }

    return copy;
}
