/* setting.c: the settings of a program, in one table. */

#include "fcgi_core/setting.h"
#include "fcgi_core/log.h"

#include <errno.h>

static int
number_set(const setting_t *setting, const char *from, const char *value,
           long *number_r)
{
    char *end;

    errno = 0;
    *number_r = strtol(value, &end, 10);

    if (errno != 0 || end == value || *end != '\0' || *number_r < setting->min
        || *number_r > setting->max) {
        log_error("%s: \"%s\" is not a number from %ld to %ld", from, value,
                  setting->min, setting->max);
        return ERROR;
    }

    return OK;
}


/* "90", "90s", "15m", "2h", "7d" */
static int
seconds_set(const setting_t *setting, const char *from, const char *value,
            long *seconds_r)
{
    static const struct {
        const char *unit;
        long seconds;
    } units[] = {
        { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }
    };
    char *end;
    long number;

    errno = 0;
    number = strtol(value, &end, 10);

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (errno == 0 && end != value && strcmp(end, units[i].unit) == 0
            && number >= 0 && number <= setting->max / units[i].seconds
            && number * units[i].seconds >= setting->min) {
            *seconds_r = number * units[i].seconds;
            return OK;
        }
    }

    log_error("%s: \"%s\" is not a time from %ld to %ld seconds, as 90s, 15m, "
              "2h or 7d",
              from, value, setting->min, setting->max);

    return ERROR;
}


static int
flag_set(const char *from, const char *value, bool *flag_r)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = { { "on", true },     { "1", true },    { "true", true },
                  { "yes", true },    { "off", false }, { "0", false },
                  { "false", false }, { "no", false } };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i].word) == 0) {
            *flag_r = words[i].value;
            return OK;
        }
    }

    log_error("%s: \"%s\" is neither on nor off", from, value);

    return ERROR;
}


int
setting_set(const setting_t *setting, void *conf, const char *from,
            const char *value)
{
    void *p = (char *)conf + setting->offset;

    switch (setting->type) {
    case SETTING_NUMBER:
        return number_set(setting, from, value, p);
    case SETTING_SECONDS:
        return seconds_set(setting, from, value, p);
    case SETTING_FLAG:
        return flag_set(from, value, p);
    case SETTING_STRING:
        *(const char **)p = value;
    }

    return OK;
}


int
setting_defaults(const setting_t *table, void *conf)
{
    for (const setting_t *s = table; s != NULL && s->name != NULL; s++) {
        const char *value = s->env == NULL ? NULL : getenv(s->env);
        const char *from = s->env;

        if (value == NULL) {
            value = s->fallback;
            from = s->name;
        }

        if (value != NULL && setting_set(s, conf, from, value) != OK) {
            return ERROR;
        }
    }

    return OK;
}


const setting_t *
setting_find(const setting_t *table, str_t name)
{
    for (const setting_t *s = table; s != NULL && s->name != NULL; s++) {
        if (reg_str_eq(name, reg_cstr(s->name))) {
            return s;
        }
    }

    return NULL;
}
