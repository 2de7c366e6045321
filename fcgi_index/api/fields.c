/* fields.c: the fields of a request. */

#include "api/fields.h"
#include "api/problem.h"
#include "common/encode.h"

#include <errno.h>

#define CURSOR_MAX 1024
#define KEY_MAX 64
#define EXACT_MAX 9007199254740992.0 /* whole numbers that a double has */

const field_t fields_of_list[] = {
    { .name = "limit",
      .type = FIELD_INTEGER,
      .min = 1,
      .max = FIELDS_LIMIT_MAX,
      .help = "Items of a page at most; 25 by default." },
    { .name = "after",
      .type = FIELD_STRING,
      .min = 1,
      .max = CURSOR_MAX,
      .help = "Where the page begins: as the Link header of the one before "
              "has it." },
    { .name = NULL },
};


static const field_t *
field_find(const field_t *table, const char *name)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            return table;
        }
    }

    return NULL;
}


/* --- values --------------------------------------------------------------- */

/* Code points of valid UTF-8. */
static size_t
characters(str_t text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += (text.data[i] & 0xc0) != 0x80;
    }

    return n;
}


static bool
has_control(const field_t *field, str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if ((c < ' '
             && !(field->type == FIELD_TEXT
                  && (c == '\n' || c == '\t' || c == '\r')))
            || c == 0x7f) {
            return true;
        }
    }

    return false;
}


static bool
is_among(const char *const *values, str_t text)
{
    for (; *values != NULL; values++) {
        if (reg_str_eq(reg_cstr(*values), text)) {
            return true;
        }
    }

    return false;
}


/* "must be one of a, b, c"; in the pool. */
static const char *
values_fault(pool_t *pool, const char *const *values)
{
    const char *fault = pool_printf(pool, "must be one of %s", *values);

    while (*++values != NULL) {
        fault = pool_printf(pool, "%s, %s", fault, *values);
    }

    return fault;
}


/* The words of a grammar or of a list, without a length. */
static const char *
text_fault(pool_t *pool, const field_t *field, str_t text)
{
    if (has_control(field, text)) {
        return "has a control character";
    }

    if (field->values != NULL && !is_among(field->values, text)) {
        return values_fault(pool, field->values);
    }

    if (field->grammar != NULL && !field->grammar->is_valid(text)) {
        return pool_printf(pool, "must match %s", field->grammar->pattern);
    }

    return NULL;
}


static const char *
string_fault(pool_t *pool, const field_t *field, str_t text)
{
    size_t n = characters(text);

    if (n < (size_t)field->min || (field->max != 0 && n > (size_t)field->max)) {
        return pool_printf(pool, "must have %ld to %ld characters", field->min,
                           field->max);
    }

    return text_fault(pool, field, text);
}


static str_t
view(const json_t *value)
{
    return (str_t){ json_string_length(value),
                    (unsigned char *)json_string_value(value) };
}


static const char *
strings_fault(pool_t *pool, const field_t *field, json_t *array)
{
    size_t n = json_array_size(array);

    if (n < (size_t)field->min || n > (size_t)field->max) {
        return pool_printf(pool, "must have %ld to %ld items", field->min,
                           field->max);
    }

    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(array, i);
        const char *fault;

        if (!json_is_string(item)) {
            return "must be an array of strings";
        }

        if (view(item).len == 0 || characters(view(item)) > FIELD_ITEM_MAX) {
            return pool_printf(pool,
                               "has an item that has not 1 to %d "
                               "characters",
                               FIELD_ITEM_MAX);
        }

        fault = text_fault(pool, field, view(item));

        if (fault != NULL) {
            return pool_printf(pool, "has a wrong item: it %s", fault);
        }
    }

    return NULL;
}


/* What is wrong with a value, in words; NULL for nothing. */
static const char *
value_fault(pool_t *pool, const field_t *field, json_t *value)
{
    if (json_is_null(value)) {
        return (field->flags & FIELD_NULLABLE) != 0 ? NULL : "must not be null";
    }

    switch (field->type) {
    case FIELD_STRING:
    case FIELD_TEXT:
        return json_is_string(value) ? string_fault(pool, field, view(value))
                                     : "must be a string";
    case FIELD_INTEGER:
        if (!json_is_integer(value)) {
            return "must be an integer";
        }
        return json_integer_value(value) < field->min
                       || json_integer_value(value) > field->max
                   ? pool_printf(pool, "must be from %ld to %ld", field->min,
                                 field->max)
                   : NULL;
    case FIELD_BOOLEAN:
        return json_is_boolean(value) ? NULL : "must be true or false";
    case FIELD_STRINGS:
        return json_is_array(value) ? strings_fault(pool, field, value)
                                    : "must be an array of strings";
    case FIELD_TIME:
    case FIELD_OBJECT:
    case FIELD_OBJECTS:
        break;
    }

    return "is for answers only";
}


/* --- query ---------------------------------------------------------------- */

static json_t *
number_of(const char *text)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);

    /* strtoll() skips spaces and takes a plus */
    if (errno != 0 || *end != '\0' || end == text
        || !(text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
        return json_string("");
    }

    return json_integer(number);
}


/* The text of an argument, as its field's type has it; where it cannot be, an
 * empty text, which value_fault() refuses for that type. */
static json_t *
query_value(const field_t *field, str_t text)
{
    json_t *value;

    switch (field->type) {
    case FIELD_INTEGER:
        return number_of((const char *)text.data);
    case FIELD_BOOLEAN:
        return reg_str_eq(text, reg_str("true"))    ? json_true()
               : reg_str_eq(text, reg_str("false")) ? json_false()
                                                    : json_string("");
    default:
        value = json_stringn((const char *)text.data, text.len);
        return value != NULL ? value : json_null();
    }
}


static const char *
argument_decode(pool_t *pool, str_t text, size_t *len_r)
{
    unsigned char *buf = pool_alloc(pool, text.len + 1);

    return reg_percent_decode(text, true, buf, text.len, len_r) == REG_OK
               ? (const char *)buf
               : NULL;
}


/* An array takes its argument once for each item; others once. */
static int
query_set(api_t *api, const field_t *field, str_t text)
{
    json_t *value = query_value(field, text);
    json_t *old = json_object_get(api->fields, field->name);

    if (field->type == FIELD_STRINGS) {
        if (old == NULL) {
            old = json_array();
            json_object_set_new(api->fields, field->name, old);
        }

        json_array_append_new(old, value);
        return OK;
    }

    if (old != NULL) {
        json_decref(value);
        return problem_fail(api, PROBLEM_QUERY, field->name, "%s appears twice",
                            field->name);
    }

    json_object_set_new(api->fields, field->name, value);

    return OK;
}


/* A parameter that the route does not have.  Its name is a stranger's: it is
 * repeated where it is short and plain. */
static int
query_unknown(api_t *api, const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz_");

    return problem_fail(api, PROBLEM_QUERY,
                        name[len] == '\0' && len < KEY_MAX ? name : NULL,
                        "there is no such parameter");
}


static int
query_argument(api_t *api, str_t argument)
{
    str_t key = { 0, argument.data }, text;
    const char *name, *value;
    const field_t *field;
    size_t len;

    while (key.len < argument.len && key.data[key.len] != '=') {
        key.len++;
    }

    text = (str_t){ argument.len - key.len, argument.data + key.len };

    if (text.len != 0) {
        text.len--;
        text.data++;
    }

    name = argument_decode(api->pool, key, &len);
    value = argument_decode(api->pool, text, &text.len);

    if (name == NULL || value == NULL) {
        return problem_fail(api, PROBLEM_MALFORMED, NULL,
                            "the query is badly encoded");
    }

    field = field_find(api->route->query, name);

    if (field == NULL && (api->route->flags & ROUTE_LIST) != 0) {
        field = field_find(fields_of_list, name);
    }

    if (field == NULL) {
        return query_unknown(api, name);
    }

    return query_set(api, field, (str_t){ text.len, (unsigned char *)value });
}


static int
query_parse(api_t *api)
{
    const char *p = api->rq->query;

    while (*p != '\0') {
        str_t argument = { strcspn(p, "&"), (unsigned char *)p };

        if (argument.len != 0 && query_argument(api, argument) != OK) {
            return ERROR;
        }

        p += argument.len;
        p += *p == '&';
    }

    return OK;
}


/* --- tables --------------------------------------------------------------- */

/* Whether each field of a table that is there is as it should be, and all that
 * must be there are. */
static int
table_check(api_t *api, const field_t *table, problem_t problem)
{
    for (; table != NULL && table->name != NULL; table++) {
        json_t *value = json_object_get(api->fields, table->name);
        const char *fault = NULL;

        if (value != NULL) {
            fault = value_fault(api->pool, table, value);
        } else if ((table->flags & FIELD_REQUIRED) != 0) {
            fault = "is missing";
        }

        if (fault != NULL) {
            return problem_fail(api, problem, table->name, "%s %s", table->name,
                                fault);
        }
    }

    return OK;
}


static int
query_read(api_t *api)
{
    if (query_parse(api) != OK
        || table_check(api, api->route->query, PROBLEM_QUERY) != OK) {
        return ERROR;
    }

    return (api->route->flags & ROUTE_LIST) != 0
               ? table_check(api, fields_of_list, PROBLEM_QUERY)
               : OK;
}


/* --- body ----------------------------------------------------------------- */

static int
body_parse(api_t *api, json_t **object_r)
{
    const char *error;

    if (strcmp(api->rq->content_type, "application/json") != 0) {
        return problem_fail(api, PROBLEM_CONTENT_TYPE, NULL, NULL);
    }

    if (json_parse(api->pool, api->body, object_r, &error) != OK) {
        return problem_fail(api, PROBLEM_MALFORMED, NULL,
                            "the body is no JSON that we read: %s", error);
    }

    if (!json_is_object(*object_r)) {
        return problem_fail(api, PROBLEM_FIELD, NULL,
                            "the body must be an object");
    }

    return OK;
}


/* JSON knows one kind of numbers: 1.0 is an integer. */
static json_t *
whole_number(json_t *value)
{
    double real = json_real_value(value);

    return json_is_real(value) && real >= -EXACT_MAX && real <= EXACT_MAX
                   && real == (double)(json_int_t)real
               ? json_integer((json_int_t)real)
               : json_incref(value);
}


static int
body_take(api_t *api, json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        const field_t *field = field_find(api->route->body, name);

        if (field == NULL) {
            return problem_fail(api, PROBLEM_FIELD,
                                strlen(name) < KEY_MAX ? name : NULL,
                                "there is no such field");
        }

        json_object_set_new(api->fields, field->name,
                            field->type == FIELD_INTEGER ? whole_number(value)
                                                         : json_incref(value));
    }

    return table_check(api, api->route->body, PROBLEM_FIELD);
}


static int
body_read(api_t *api)
{
    json_t *object;

    if (req_body(api->rq, API_BODY_MAX, &api->body) != OK) {
        return ERROR;
    }

    if (api->route->body == NULL) {
        return api->body.len == 0 ? OK
                                  : problem_fail(api, PROBLEM_MALFORMED, NULL,
                                                 "the request takes no body");
    }

    return body_parse(api, &object) == OK ? body_take(api, object) : ERROR;
}


int
fields_read(api_t *api)
{
    api->fields = json_pooled(api->pool, json_object());

    return query_read(api) == OK ? body_read(api) : ERROR;
}
