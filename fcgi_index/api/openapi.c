/* openapi.c: the table of routes as an OpenAPI 3.1 document. */

#include "api/cursor.h"
#include "api/openapi.h"
#include "api/fields.h"
#include "api/idempotency.h"
#include "api/param.h"
#include "api/problem.h"

#include <strings.h>

#define INTEGER_MAX 0x7fffffffffffffffLL

static const char *const right_words[RIGHT_N] = {
    [RIGHT_NONE] = "none",
    [RIGHT_ACCOUNT] = "account",
    [RIGHT_ADMIN] = "admin",
    [RIGHT_REPOSITORY_READ] = "repository:read",
    [RIGHT_REPOSITORY_WRITE] = "repository:write",
    [RIGHT_REPOSITORY_ADMIN] = "repository:admin",
    [RIGHT_NAMESPACE_READ] = "namespace:read",
    [RIGHT_NAMESPACE_WRITE] = "namespace:write",
    [RIGHT_NAMESPACE_ADMIN] = "namespace:admin",
    [RIGHT_NAMESPACE_OWNER] = "namespace:owner",
};


/* --- schemas -------------------------------------------------------------- */

static json_t *
ref_of(const char *name)
{
    return json_pack("{s:s+}", "$ref", "#/components/schemas/", name);
}


static void
put_values(json_t *schema, const char *const *values)
{
    json_t *array = json_array();

    for (; *values != NULL; values++) {
        json_array_append_new(array, json_string(*values));
    }

    json_object_set_new(schema, "enum", array);
}


static void
put_bound(json_t *schema, const char *key, long value, bool is_set)
{
    if (is_set) {
        json_object_set_new(schema, key, json_integer(value));
    }
}


/* What stands in the way of null, which an enum is as well. */
static void
put_null(json_t *schema)
{
    json_t *type = json_object_get(schema, "type");
    json_t *values = json_object_get(schema, "enum");

    json_object_set_new(schema, "type", json_pack("[O, s]", type, "null"));

    if (values != NULL) {
        json_array_append_new(values, json_null());
    }
}


static json_t *
string_schema(const field_t *field, long min, long max)
{
    json_t *schema = json_pack("{s:s}", "type", "string");

    put_bound(schema, "minLength", min, min > 0);
    put_bound(schema, "maxLength", max, max > 0);

    if (field->values != NULL) {
        put_values(schema, field->values);
    }

    if (field->grammar != NULL) {
        json_object_set_new(schema, "pattern",
                            json_string(field->grammar->pattern));
    } else if (field->type == FIELD_STRING && field->values == NULL
               && max > 0) {
        json_object_set_new(schema, "pattern",
                            json_string("^[^\\u0000-\\u001f\\u007f]*$"));
    } else if (field->type == FIELD_TEXT && max > 0) {
        json_object_set_new(
            schema, "pattern",
            json_string("^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f"
                        "\\u007f]*$"));
    }

    if ((field->flags & FIELD_SECRET) != 0) {
        json_object_set_new(schema, "format", json_string("password"));
        json_object_set_new(schema, "writeOnly", json_true());
    }

    return schema;
}


static json_t *
object_schema(const field_t *field)
{
    return field->model != NULL ? ref_of(field->model->name)
                                : json_pack("{s:s}", "type", "object");
}


static json_t *
array_schema(const field_t *field, json_t *items)
{
    json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items", items);

    put_bound(schema, "minItems", field->min, field->min > 0);
    put_bound(schema, "maxItems", field->max, field->max > 0);

    return schema;
}


static json_t *
integer_schema(const field_t *field)
{
    json_t *schema =
        json_pack("{s:s, s:s}", "type", "integer", "format", "int64");

    put_bound(schema, "minimum", field->min, field->max != 0);
    put_bound(schema, "maximum", field->max, field->max != 0);

    return schema;
}


static json_t *
type_schema(const field_t *field)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_TEXT:
        return string_schema(field, field->min, field->max);
    case FIELD_INTEGER:
        return integer_schema(field);
    case FIELD_BOOLEAN:
        return json_pack("{s:s}", "type", "boolean");
    case FIELD_TIME:
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    case FIELD_STRINGS:
        return array_schema(field, string_schema(field, 1, FIELD_ITEM_MAX));
    case FIELD_OBJECT:
        return object_schema(field);
    case FIELD_OBJECTS:
        return array_schema(field, object_schema(field));
    }

    return json_object();
}


static json_t *
field_schema(const field_t *field)
{
    json_t *schema = type_schema(field);

    if ((field->flags & FIELD_NULLABLE) != 0) {
        if (json_object_get(schema, "$ref") != NULL) {
            schema =
                json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
        } else {
            put_null(schema);
        }
    }

    if (field->help != NULL) {
        json_object_set_new(schema, "description", json_string(field->help));
    }

    return schema;
}


/* Of an answer all fields are there; of a request those that must be. */
static json_t *
table_schema(const field_t *table, bool is_answer)
{
    json_t *properties = json_object(), *required = json_array(), *schema;

    for (; table->name != NULL; table++) {
        json_object_set_new(properties, table->name, field_schema(table));

        if (is_answer || (table->flags & FIELD_REQUIRED) != 0) {
            json_array_append_new(required, json_string(table->name));
        }
    }

    schema = json_pack("{s:s, s:o, s:b}", "type", "object", "properties",
                       properties, "additionalProperties", 0);

    if (json_array_size(required) != 0) {
        json_object_set(schema, "required", required);
    }

    json_decref(required);

    return schema;
}


static void
put_model(json_t *schemas, const model_t *model)
{
    if (json_object_get(schemas, model->name) != NULL) {
        return;
    }

    if (model->fields == NULL) {
        json_object_set_new(schemas, model->name,
                            json_pack("{s:s}", "type", "object"));
        return;
    }

    json_object_set_new(schemas, model->name,
                        table_schema(model->fields, true));

    for (const field_t *f = model->fields; f->name != NULL; f++) {
        if (f->model != NULL) {
            put_model(schemas, f->model);
        }
    }
}


/* --- parameters ----------------------------------------------------------- */

static json_t *
parameter(const char *place, const field_t *field)
{
    return json_pack(
        "{s:s, s:s, s:b, s:o}", "name", field->name, "in", place, "required",
        strcmp(place, "path") == 0 || (field->flags & FIELD_REQUIRED) != 0,
        "schema", field_schema(field));
}


static void
put_path_parameters(json_t *parameters, const char *path)
{
    for (const char *p = strchr(path, '{'); p != NULL; p = strchr(p + 1, '{')) {
        str_t name = { strcspn(p + 1, "}"), (unsigned char *)p + 1 };
        const path_param_t *param = path_param_find(name);
        field_t field = { .name = param->name,
                          .type = param->type,
                          .min = param->type == FIELD_STRING,
                          .max = param->type == FIELD_STRING
                                     ? param->max
                                     : (long)INTEGER_MAX,
                          .grammar = param->grammar,
                          .help = param->help };

        json_array_append_new(parameters, parameter("path", &field));
    }
}


static void
put_table_parameters(json_t *parameters, const field_t *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        json_array_append_new(parameters, parameter("query", table));
    }
}


/* For the document alone: idempotency.c checks it. */
static const grammar_t grammar_key = { "^[ -~]*$", NULL };


static void
put_header_parameters(json_t *parameters, const route_t *route)
{
    static const field_t if_match = { .name = "If-Match",
                                      .type = FIELD_STRING,
                                      .help = "The ETag that GET answered." };
    static const field_t key = { .name = "Idempotency-Key",
                                 .type = FIELD_STRING,
                                 .max = IDEMPOTENCY_KEY_MAX,
                                 .grammar = &grammar_key,
                                 .help = "Of the client's making: a request "
                                         "that is sent again is done once." };

    if ((route->flags & ROUTE_IF_MATCH) != 0) {
        json_array_append_new(parameters, parameter("header", &if_match));
    }

    if ((route->flags & ROUTE_ONCE) != 0) {
        json_array_append_new(parameters, parameter("header", &key));
    }
}


static json_t *
parameters_of(const route_t *route)
{
    json_t *parameters = json_array();

    put_path_parameters(parameters, route->path);
    put_table_parameters(parameters, route->query);

    if ((route->flags & ROUTE_LIST) != 0) {
        put_table_parameters(parameters, fields_of_list);
    }

    put_header_parameters(parameters, route);

    return parameters;
}


/* --- answers -------------------------------------------------------------- */

static json_t *
content_of(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}


static void
put_header(json_t *headers, const char *name, const char *help)
{
    json_object_set_new(headers, name,
                        json_pack("{s:s, s:{s:s}}", "description", help,
                                  "schema", "type", "string"));
}


static json_t *
success_of(const route_t *route)
{
    json_t *answer = json_pack("{s:s}", "description", "Done.");
    json_t *headers = json_object();

    if (route->model != NULL) {
        json_t *schema = ref_of(route->model->name);

        if ((route->flags & ROUTE_LIST) != 0) {
            schema = json_pack("{s:s, s:{s:{s:s, s:o}}, s:[s], s:b}", "type",
                               "object", "properties", "items", "type", "array",
                               "items", schema, "required", "items",
                               "additionalProperties", 0);
        }

        schema = content_of("application/json", schema);

        if ((route->flags & ROUTE_LINES) != 0) {
            json_object_update_new(
                schema, content_of(CURSOR_LINES,
                                   json_pack("{s:s, s:s}", "type", "string",
                                             "description",
                                             "An item of the page a line.")));
        }

        json_object_set_new(answer, "content", schema);
    }

    if ((route->flags & ROUTE_ETAG) != 0) {
        put_header(headers, "ETag", "The edition, for If-Match.");
    }

    if ((route->flags & ROUTE_LIST) != 0) {
        put_header(headers, "Link",
                   "The next page, with rel=\"next\", where there is one.");
    }

    if (route->status == 201) {
        put_header(headers, "Location", "The address of what was made.");
    }

    if (json_object_size(headers) != 0) {
        json_object_set(answer, "headers", headers);
    }

    json_decref(headers);

    return answer;
}


/* Bits stand for the statuses from 400 on. */
typedef struct {
    bool has[200];
} statuses_t;


static void
status_add(statuses_t *statuses, int status, bool is_possible)
{
    if (is_possible) {
        statuses->has[status - 400] = true;
    }
}


/* What the door answers, known from the row. */
static statuses_t
failures_of(const route_t *route)
{
    bool is_raw = (route->flags & ROUTE_RAW) != 0;
    bool is_change = strcmp(route->method, "GET") != 0;
    bool is_once = (route->flags & ROUTE_ONCE) != 0;
    bool has_match = (route->flags & ROUTE_IF_MATCH) != 0;
    bool has_target = route->right >= RIGHT_REPOSITORY_READ
                      || strchr(route->path, '{') != NULL;
    statuses_t s = { 0 };

    status_add(&s, 400, true);
    status_add(&s, 404, is_raw || has_target);
    status_add(&s, 413, is_raw || is_change);
    status_add(&s, 429, true);
    status_add(&s, 503, true);

    if (is_raw) {
        return s;
    }

    status_add(&s, 401, true); /* for credentials that are no good */
    status_add(&s, 403,
               route->right != RIGHT_NONE || is_change || route->action != 0);
    status_add(&s, 409, is_once);
    status_add(&s, 412, has_match);
    status_add(&s, 415, route->body != NULL);
    status_add(&s, 422, route->body != NULL || is_once);
    status_add(&s, 428, has_match);

    for (size_t i = 0; i < ROUTE_STATUSES_MAX && route->failures[i] != 0; i++) {
        status_add(&s, route->failures[i], true);
    }

    return s;
}


static void
put_status(json_t *responses, int status, json_t *answer)
{
    char key[16];

    snprintf(key, sizeof(key), "%d", status);
    json_object_set_new(responses, key, answer);
}


static json_t *
responses_of(const route_t *route)
{
    json_t *responses = json_object();
    statuses_t failures = failures_of(route);

    put_status(responses, route->status, success_of(route));

    if ((route->flags & ROUTE_ETAG) != 0 && strcmp(route->method, "GET") == 0) {
        put_status(responses, 304,
                   json_pack("{s:s}", "description", "Not modified."));
    }

    for (int i = 0; i < 200; i++) {
        if (failures.has[i]) {
            put_status(responses, 400 + i,
                       json_pack("{s:s+}", "$ref", "#/components/responses/",
                                 problem_model.name));
        }
    }

    return responses;
}


/* --- operations ----------------------------------------------------------- */

/* An empty object: no account is needed. */
static json_t *
security_of(const route_t *route)
{
    json_t *security;

    if ((route->flags & ROUTE_RAW) != 0) {
        return json_pack("[{}]");
    }

    security =
        json_pack("[{s:[]}, {s:[]}, {s:[]}]", "session", "bearer", "basic");

    if (route->right == RIGHT_NONE || route->right == RIGHT_REPOSITORY_READ
        || route->right == RIGHT_NAMESPACE_READ) {
        json_array_append_new(security, json_object());
    }

    return security;
}


static json_t *
operation_of(const route_t *route)
{
    json_t *operation =
        json_pack("{s:s, s:s, s:[s], s:s, s:o, s:o}", "operationId", route->id,
                  "summary", route->summary, "tags", route->noun,
                  "x-slipway-right", right_words[route->right], "security",
                  security_of(route), "parameters", parameters_of(route));

    if (route->body != NULL) {
        json_t *schema = table_schema(route->body, false);

        if ((route->flags & ROUTE_RAW) != 0) {
            json_object_del(schema, "additionalProperties");
        }

        json_object_set_new(operation, "requestBody",
                            json_pack("{s:b, s:o}", "required", 1, "content",
                                      content_of("application/json", schema)));
    }

    json_object_set_new(operation, "responses", responses_of(route));

    return operation;
}


static void
put_operation(json_t *paths, const route_t *route)
{
    json_t *path = json_object_get(paths, route->path);
    char method[16];
    size_t i;

    if (path == NULL) {
        path = json_object();
        json_object_set_new(paths, route->path, path);
    }

    for (i = 0; route->method[i] != '\0' && i + 1 < sizeof(method); i++) {
        method[i] = (char)(route->method[i] | 0x20);
    }

    method[i] = '\0';
    json_object_set_new(path, method, operation_of(route));
}


static json_t *
components_of(json_t *schemas)
{
    json_t *content =
        content_of("application/problem+json", ref_of(problem_model.name));

    return json_pack(
        "{s:o, s:{s:{s:s, s:o}}, s:{s:{s:s, s:s, s:s}, s:{s:s, s:s}, "
        "s:{s:s, s:s}}}",
        "schemas", schemas, "responses", problem_model.name, "description",
        "Why the request failed.", "content", content, "securitySchemes",
        "session", "type", "apiKey", "in", "cookie", "name", "__Host-session",
        "bearer", "type", "http", "scheme", "bearer", "basic", "type", "http",
        "scheme", "basic");
}


json_t *
openapi_document(const route_table_t *table)
{
    json_t *paths = json_object(), *schemas = json_object();

    put_model(schemas, &problem_model);

    for (size_t i = 0; i < table->n; i++) {
        put_operation(paths, &table->rows[i]);

        if (table->rows[i].model != NULL) {
            put_model(schemas, table->rows[i].model);
        }
    }

    return json_pack(
        "{s:s, s:{s:s, s:s, s:s}, s:[{s:s}], s:o, s:o}", "openapi", "3.1.0",
        "info", "title", "Slipway Index", "version", "1", "description",
        "Accounts, rights, repositories and all that people do with them.  The "
        "conventions stand in docs/api.md.",
        "servers", "url", API_PREFIX, "paths", paths, "components",
        components_of(schemas));
}
