/* command_object.c: objects as commands print them, and their words. */

#include "app.h"
#include "command/commands.h"
#include "common/range.h"
#include "fcgi_core/log.h"


json_t *
command_time(const int64_t *seconds)
{
    return json_time_or_null(seconds);
}


/* A terminal may obey what is a control character: U+0080 to U+009F as well. */
static size_t
control_len(const unsigned char *c)
{
    if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f) {
        return 2;
    }

    return (c[0] < ' ' && c[0] != '\n' && c[0] != '\t') || c[0] == 0x7f;
}


static void
print_text(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    if (text == NULL || text[0] == '\0') {
        putchar('-');
        return;
    }

    while (*c != '\0') {
        size_t len = control_len(c);

        putchar(len == 0 ? *c : '?');
        c += len != 0 ? len : 1;
    }
}


static void
print_value(const json_t *value)
{
    const json_t *item;
    size_t i;

    switch (value != NULL ? json_typeof(value) : JSON_NULL) {
    case JSON_INTEGER:
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        fputs(json_is_true(value) ? "yes" : "no", stdout);
        break;
    case JSON_OBJECT:
        json_dumpf(value, stdout, JSON_COMPACT);
        break;
    case JSON_ARRAY:
        if (json_array_size(value) == 0) {
            print_text(NULL);
        }

        json_array_foreach(value, i, item)
        {
            fputs(i == 0 ? "" : ",", stdout);
            print_value(item);
        }
        break;
    default:
        print_text(json_string_value(value));
    }
}


/* A column of a line; booleans are words or nothing. */
static void
print_column(const char *name, const json_t *value, bool is_first)
{
    const char *word = strchr(name, '_');

    if (json_is_false(value)) {
        return;
    }

    fputs(is_first ? "" : " ", stdout);

    if (json_is_true(value)) {
        fputs(word != NULL ? word + 1 : name, stdout);
    } else {
        print_value(value);
    }
}


void
command_print(const call_t *call, json_t *object, const char *columns)
{
    const char *next = columns;

    if (call->is_json) {
        json_print(object);
        return;
    }

    while (*next != '\0') {
        size_t len = strcspn(next, " ");
        const char *name = pool_strndup(
            app.pool, (str_t){ len, (unsigned char *)(uintptr_t)next });

        print_column(name, json_object_get(object, name), next == columns);
        next += len;
        next += strspn(next, " ");
    }

    putchar('\n');
    json_decref(object);
}


void
command_show(const call_t *call, json_t *object)
{
    const char *name;
    json_t *value;

    if (call->is_json) {
        json_print(object);
        return;
    }

    json_object_foreach(object, name, value)
    {
        printf("%s: ", name);
        print_value(value);
        putchar('\n');
    }

    json_decref(object);
}


void
command_show_secret(const call_t *call, json_t *object, const char *secret)
{
    if (call->is_json) {
        json_object_set_new(object, "secret", json_string(secret));
        json_print(object);
    } else {
        printf("%s\n", secret);
        json_decref(object);
    }
}


json_t *
command_words(const char *text)
{
    json_t *words = text != NULL ? json_pooled(app.pool, json_array()) : NULL;

    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ",");

        json_array_append_new(
            words, json_str((str_t){ len, (unsigned char *)(uintptr_t)text }));
        text += len;
        text += *text == ',';
    }

    return words;
}


int
command_text(const call_t *call, const char *name, const char *text, size_t max)
{
    json_t *value = text != NULL ? json_string(text) : json_null();
    bool is_good = value != NULL;

    json_decref(value);

    for (const char *c = text; is_good && c != NULL && *c != '\0'; c++) {
        is_good = (unsigned char)*c >= ' ' && *c != 0x7f;
    }

    if (is_good && (text == NULL || strlen(text) <= max)) {
        return OK;
    }

    call_misused(call, "the %s is no line of at most %zu bytes", name, max);

    return ERROR;
}


int
command_number(const call_t *call, const char *word, const char *name,
               uint64_t *number_r)
{
    if (reg_number_parse(reg_cstr(word), number_r) == REG_OK
        && *number_r != 0) {
        return OK;
    }

    call_misused(call, "%s is no number of %s", word, name);

    return ERROR;
}
