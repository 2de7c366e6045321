/* adopt_env.c: the environment that registry:2 reads over its
 * configuration. */

#include "adopt/adopt_env.h"
#include "adopt/yaml.h"

#include <strings.h>

#define PREFIX "REGISTRY_"
#define LOGINS "REGISTRY_AUTH_FILE=" /* podman's, not the registry's */
#define PATH_MAX_PARTS 32

typedef struct {
    size_t n;
    char *parts[PATH_MAX_PARTS];
} path_t;


bool
adopt_is_storage_option(const char *key)
{
    static const char *options[] = { "delete", "redirect", "cache",
                                     "maintenance", "tag" };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(key, options[i]) == 0) {
            return true;
        }
    }

    return false;
}


void
adopt_short_expand(json_t *root, const char *key)
{
    json_t *value = json_object_get(root, key);

    if (json_is_string(value)) {
        json_object_set_new(root, key,
                            json_pack("{s:{}}", json_string_value(value)));
    }
}


/* The key of an object that is spelled so in any case, else in lower case. */
static const char *
key_find(json_t *object, char *part)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        if (strcasecmp(key, part) == 0) {
            return key;
        }
    }

    for (char *p = part; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p |= 0x20;
        }
    }

    return part;
}


static bool
is_number(const char *part)
{
    return part[0] != '\0' && strlen(part) <= 3
           && part[strspn(part, "0123456789")] == '\0';
}


/* What a setting on the way to another one must be: a list where the next part
 * is a number, else a mapping.  Takes the value, and gives it or a new one. */
static json_t *
container_for(json_t *value, const char *next)
{
    if (json_is_object(value) || (json_is_array(value) && is_number(next))) {
        return json_incref(value);
    }

    return is_number(next) ? json_array() : json_object();
}


static json_t *
child_get(json_t *node, char *part)
{
    return json_is_array(node)
               ? json_array_get(node, (size_t)strtol(part, NULL, 10))
               : json_object_get(node, key_find(node, part));
}


/* Takes the reference to the value.  An element may be added only at a list's
 * end. */
static void
child_set(json_t *node, char *part, json_t *value)
{
    size_t i;

    if (!json_is_array(node)) {
        json_object_set_new(node, key_find(node, part), value);
        return;
    }

    i = (size_t)strtol(part, NULL, 10);

    if (i < json_array_size(node)) {
        json_array_set_new(node, i, value);

    } else if (i == json_array_size(node)) {
        json_array_append_new(node, value);

    } else {
        json_decref(value);
    }
}


static void
setting_put(json_t *root, path_t *path, json_t *value)
{
    json_t *node = root;

    for (size_t i = 0; i + 1 < path->n; i++) {
        json_t *child =
            container_for(child_get(node, path->parts[i]), path->parts[i + 1]);

        child_set(node, path->parts[i], child);
        node = child_get(node, path->parts[i]);

        if (node == NULL) {
            return; /* beyond the end of a list */
        }
    }

    child_set(node, path->parts[path->n - 1], json_incref(value));
}


/* What the file says of another storage driver than the one named goes. */
static void
driver_replace(json_t *root, const path_t *path)
{
    json_t *storage = json_object_get(root, "storage");
    const char *key;
    void *next;
    json_t *value;

    if (path->n < 2 || strcasecmp(path->parts[0], "storage") != 0) {
        return;
    }

    key = key_find(storage, path->parts[1]);

    if (adopt_is_storage_option(key)) {
        return;
    }

    json_object_foreach_safe(storage, next, key, value)
    {
        if (!adopt_is_storage_option(key)
            && strcasecmp(key, path->parts[1]) != 0) {
            json_object_del(storage, key);
        }
    }
}


/* The path and the value of "REGISTRY_A_B=c"; false for other variables. */
static bool
variable_split(pool_t *pool, const char *variable, path_t *path_r,
               const char **value_r)
{
    size_t len = sizeof(PREFIX) - 1;
    const char *equals = strchr(variable, '=');
    char *save = NULL, *name;

    *path_r = (path_t){ .n = 0 };

    if (equals == NULL || strncmp(variable, PREFIX, len) != 0
        || (size_t)(equals - variable) <= len
        || strncmp(variable, LOGINS, sizeof(LOGINS) - 1) == 0) {
        return false;
    }

    name = pool_strndup(pool, (str_t){ (size_t)(equals - variable) - len,
                                       (unsigned char *)variable + len });
    *value_r = equals + 1;

    for (char *part = strtok_r(name, "_", &save);
         part != NULL && path_r->n < PATH_MAX_PARTS;
         part = strtok_r(NULL, "_", &save)) {
        path_r->parts[path_r->n++] = part;
    }

    return path_r->n != 0 && strcmp(name, "CONFIGURATION") != 0;
}


static int
variable_apply(pool_t *pool, json_t *root, const char *variable,
               const char **error_r)
{
    path_t path;
    const char *text;
    json_t *value;

    if (!variable_split(pool, variable, &path, &text)) {
        return OK;
    }

    if (yaml_read(pool, reg_cstr(text), &value, error_r) != OK) {
        *error_r = pool_printf(pool, "%.*s: %s", (int)strcspn(variable, "="),
                               variable, *error_r);
        return ERROR;
    }

    driver_replace(root, &path);
    setting_put(root, &path, value);
    adopt_short_expand(root, "storage");
    adopt_short_expand(root, "auth");

    return OK;
}


static int
variable_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}


int
adopt_env_apply(pool_t *pool, json_t *root, char *const *env,
                const char **error_r)
{
    char **sorted;
    size_t n = 0;

    while (env[n] != NULL) {
        n++;
    }

    sorted = pool_alloc(pool, (n + 1) * sizeof(char *));
    memcpy(sorted, env, n * sizeof(char *));
    qsort(sorted, n, sizeof(char *), variable_compare);

    for (size_t i = 0; i < n; i++) {
        if (variable_apply(pool, root, sorted[i], error_r) != OK) {
            return ERROR;
        }
    }

    return OK;
}
