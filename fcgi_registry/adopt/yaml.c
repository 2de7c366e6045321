/* yaml.c: YAML of a configuration file as a JSON value. */

#include "adopt/yaml.h"

#include <yaml.h>

typedef struct {
    pool_t *pool;
    yaml_document_t *document;
    unsigned nodes; /* so far */
    json_t *top;    /* the mapping that is the document */
    bool is_flat;   /* below a key whose values replace each other */
    const char **error_r;
} reader_t;


static json_t *node_read(reader_t *reader, const yaml_node_t *node,
                         unsigned depth);
static bool pairs_read(reader_t *reader, const yaml_node_t *node,
                       unsigned depth, json_t *object);


static json_t *
refuse(reader_t *reader, const yaml_node_t *node, const char *what)
{
    if (*reader->error_r == NULL) {
        *reader->error_r = pool_printf(reader->pool, "%s at line %zu", what,
                                       node->start_mark.line + 1);
    }

    return NULL;
}


static bool
is_null(const yaml_node_t *node)
{
    static const char *words[] = { "", "~", "null", "Null", "NULL" };
    const char *text = (const char *)node->data.scalar.value;

    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return false;
    }

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }

    return false;
}


static json_t *
scalar_read(reader_t *reader, const yaml_node_t *node)
{
    str_t text = { node->data.scalar.length, node->data.scalar.value };

    if (strlen((const char *)text.data) != text.len) {
        return refuse(reader, node, "a NUL");
    }

    return is_null(node) ? json_null() : json_str(text);
}


static json_t *
sequence_read(reader_t *reader, const yaml_node_t *node, unsigned depth)
{
    json_t *array = json_array();
    yaml_node_item_t *item = node->data.sequence.items.start;

    for (; item < node->data.sequence.items.top; item++) {
        json_t *value = node_read(
            reader, yaml_document_get_node(reader->document, *item), depth);

        if (value == NULL) {
            json_decref(array);
            return NULL;
        }

        json_array_append_new(array, value);
    }

    return array;
}


/* registry:2 keeps these as maps, all else in structures, into which whatever
 * comes twice is read one after the other. */
static bool
is_map(const char *name)
{
    return strcmp(name, "storage") == 0 || strcmp(name, "auth") == 0;
}


/* Takes the reference to the value. */
static bool
value_put(const reader_t *reader, json_t *object, const char *name,
          json_t *value)
{
    json_t *old = json_object_get(object, name);

    if (!reader->is_flat && json_is_object(old) && json_is_object(value)) {
        json_object_update_recursive(old, value);
        json_decref(value);

        return true;
    }

    /* libyaml has checked that it is UTF-8 */
    return json_object_set_new(object, name, value) == 0;
}


/* The pairs of another mapping, as if they stood here. */
static bool
mapping_merge(reader_t *reader, const yaml_node_t *node, unsigned depth,
              json_t *object)
{
    if (node->type != YAML_MAPPING_NODE) {
        return refuse(reader, node, "a merge key without a mapping") != NULL;
    }

    if (depth == YAML_DEPTH_MAX || ++reader->nodes > YAML_NODES_MAX) {
        return refuse(reader, node, "more than a configuration can have")
               != NULL;
    }

    return pairs_read(reader, node, depth + 1, object);
}


/* "<<: *one", or of several, of which the first one wins. */
static bool
merge_read(reader_t *reader, const yaml_node_t *node, unsigned depth,
           json_t *object)
{
    const yaml_node_item_t *item;

    if (node->type != YAML_SEQUENCE_NODE) {
        return mapping_merge(reader, node, depth, object);
    }

    for (item = node->data.sequence.items.top;
         item > node->data.sequence.items.start; item--) {
        if (!mapping_merge(reader,
                           yaml_document_get_node(reader->document, item[-1]),
                           depth, object)) {
            return false;
        }
    }

    return true;
}


/* Adds one pair; false after a failure. */
static bool
pair_read(reader_t *reader, const yaml_node_pair_t *pair, unsigned depth,
          json_t *object)
{
    const yaml_node_t *key =
        yaml_document_get_node(reader->document, pair->key);
    const yaml_node_t *node =
        yaml_document_get_node(reader->document, pair->value);
    bool was_flat = reader->is_flat, is_put;
    const char *name;
    json_t *value;

    if (key->type != YAML_SCALAR_NODE) {
        return refuse(reader, key, "a key that is not a scalar") != NULL;
    }

    name = (const char *)key->data.scalar.value;

    if (strlen(name) != key->data.scalar.length) {
        return refuse(reader, key, "a NUL") != NULL;
    }

    if (strcmp(name, "<<") == 0
        && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        return merge_read(reader, node, depth, object);
    }

    reader->is_flat = was_flat || (object == reader->top && is_map(name));
    value = node_read(reader, node, depth);
    is_put = value != NULL && value_put(reader, object, name, value);
    reader->is_flat = was_flat;

    return is_put;
}


static bool
pairs_read(reader_t *reader, const yaml_node_t *node, unsigned depth,
           json_t *object)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;

    for (; pair < node->data.mapping.pairs.top; pair++) {
        if (!pair_read(reader, pair, depth, object)) {
            return false;
        }
    }

    return true;
}


static json_t *
mapping_read(reader_t *reader, const yaml_node_t *node, unsigned depth)
{
    json_t *object = json_object();

    if (reader->top == NULL) {
        reader->top = object;
    }

    if (!pairs_read(reader, node, depth, object)) {
        json_decref(object);
        return NULL;
    }

    return object;
}


/* An alias may lead to what it is part of. */
static json_t *
node_read(reader_t *reader, const yaml_node_t *node, unsigned depth)
{
    if (depth == YAML_DEPTH_MAX || ++reader->nodes > YAML_NODES_MAX) {
        return refuse(reader, node, "more than a configuration can have");
    }

    switch (node->type) {
    case YAML_SCALAR_NODE:
        return scalar_read(reader, node);
    case YAML_SEQUENCE_NODE:
        return sequence_read(reader, node, depth + 1);
    case YAML_MAPPING_NODE:
        return mapping_read(reader, node, depth + 1);
    default:
        return json_null();
    }
}


static json_t *
document_read(pool_t *pool, yaml_document_t *document, const char **error_r)
{
    reader_t reader = { .pool = pool,
                        .document = document,
                        .error_r = error_r };
    const yaml_node_t *root = yaml_document_get_root_node(document);

    return root == NULL ? json_null() : node_read(&reader, root, 0);
}


int
yaml_read(pool_t *pool, str_t text, json_t **value_r, const char **error_r)
{
    yaml_parser_t parser;
    yaml_document_t document;
    json_t *value = NULL;

    *error_r = NULL;

    if (yaml_parser_initialize(&parser) == 0) {
        *error_r = "libyaml did not start";
        return ERROR;
    }

    yaml_parser_set_input_string(&parser, text.data, text.len);

    if (yaml_parser_load(&parser, &document) != 0) {
        value = document_read(pool, &document, error_r);
        yaml_document_delete(&document);

    } else {
        *error_r = pool_printf(pool, "%s at line %zu",
                               parser.problem != NULL ? parser.problem
                                                      : "out of memory",
                               parser.problem_mark.line + 1);
    }

    yaml_parser_delete(&parser);

    if (value == NULL) {
        return ERROR;
    }

    *value_r = json_pooled(pool, value);

    return OK;
}
