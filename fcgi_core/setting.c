/* setting.c: the settings of a program, in one table. */

#include "fcgi_core/setting.h"
#include "fcgi_core/log.h"

#include <errno.h>

typedef struct {
    const setting_t *table;
    void *conf;
    const char *program;
} loader_t;


static const char *
program_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}


static void *
field(const loader_t *loader, const setting_t *setting)
{
    return (char *)loader->conf + setting->offset;
}


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


/* from is what the operator wrote the value beside. */
static int
setting_set(const loader_t *loader, const setting_t *setting, const char *from,
            const char *value)
{
    void *p = field(loader, setting);

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


/* Defaults, then the environment. */
static int
defaults_load(const loader_t *loader)
{
    for (const setting_t *s = loader->table; s->name != NULL; s++) {
        const char *value = s->env == NULL ? NULL : getenv(s->env);
        const char *from = s->env;

        if (value == NULL) {
            value = s->fallback;
            from = s->name;
        }

        if (value != NULL && setting_set(loader, s, from, value) != OK) {
            return ERROR;
        }
    }

    return OK;
}


static void
help_print(const loader_t *loader)
{
    const setting_t *s;

    printf("usage: %s [flags]\n\n", loader->program);

    for (s = loader->table; s->name != NULL; s++) {
        printf("  --%s%s\n      %s", s->name,
               s->type == SETTING_FLAG ? "" : " VALUE", s->help);

        if (s->env != NULL) {
            printf("  [%s]", s->env);
        }

        if (s->fallback != NULL) {
            printf("  (default: %s)", s->fallback);
        }

        printf("\n");
    }

    printf("  --help, --version, --settings\n      Print this, the version, "
           "the settings as a table for documentation.\n");

    if (s->help != NULL) {
        printf("\n%s\n", s->help);
    }
}


static void
settings_print(const loader_t *loader)
{
    printf("| flag | environment | default | meaning |\n|---|---|---|---|\n");

    for (const setting_t *s = loader->table; s->name != NULL; s++) {
        const char *quote = s->env == NULL ? "" : "`";

        printf("| `--%s%s` | %s%s%s | %s | %s |\n", s->name,
               s->type == SETTING_FLAG ? "" : " VALUE", quote,
               s->env == NULL ? "" : s->env, quote,
               s->fallback == NULL ? "" : s->fallback, s->help);
    }
}


/* The flags that every program has; they end it. */
static void
common_flag(const loader_t *loader, const char *flag)
{
    if (strcmp(flag, "--help") == 0) {
        help_print(loader);

    } else if (strcmp(flag, "--version") == 0) {
        printf("%s %s\n", loader->program, SLIPWAY_VERSION);

    } else if (strcmp(flag, "--settings") == 0) {
        settings_print(loader);

    } else {
        return;
    }

    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}


/* The row of "--name" or "--name=value". */
static const setting_t *
setting_find(const loader_t *loader, const char *flag, size_t len)
{
    for (const setting_t *s = loader->table; s->name != NULL; s++) {
        if (strlen(s->name) == len && memcmp(s->name, flag, len) == 0) {
            return s;
        }
    }

    return NULL;
}


/* Takes the flag at argv[*at] and moves *at behind it and its value. */
static int
flag_load(const loader_t *loader, int argc, char **argv, int *at)
{
    const char *flag = argv[(*at)++];
    size_t len = strcspn(flag, "=");
    const char *value = flag[len] == '=' ? flag + len + 1 : NULL;
    const setting_t *setting;

    common_flag(loader, flag);
    setting = len > 2 && flag[1] == '-'
                  ? setting_find(loader, flag + 2, len - 2)
                  : NULL;

    if (setting == NULL) {
        log_error("unknown flag %s; see --help", flag);
        return ERROR;
    }

    if (value == NULL && setting->type == SETTING_FLAG) {
        value = "on";
    }

    if (value == NULL && *at < argc) {
        value = argv[(*at)++];
    }

    if (value == NULL) {
        log_error("%s wants a value", flag);
        return ERROR;
    }

    return setting_set(loader, setting, setting->name, value);
}


int
setting_load(const setting_t *table, void *conf, int argc, char **argv,
             int *rest_r)
{
    loader_t loader = { table, conf, program_name(argv[0]) };
    int at = 1;

    /* also where the environment is wrong: that is when one looks there */
    if (argc > 1) {
        common_flag(&loader, argv[1]);
    }

    if (defaults_load(&loader) != OK) {
        return ERROR;
    }

    while (at < argc && argv[at][0] == '-') {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }

        if (flag_load(&loader, argc, argv, &at) != OK) {
            return ERROR;
        }
    }

    *rest_r = at;

    return OK;
}
