/* api_image.c: how an image was built, and how it runs. */

#include "api/api_image.h"
#include "api/problem.h"
#include "app.h"
#include "common/digest.h"
#include "common/manifest_scan.h"
#include "common/verdict.h"
#include "db/db_tag.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/reply.h"
#include "fcgi_core/semaphore.h"
#include "repository/registry_call.h"

#define CHILDREN_MAX 1000
#define CONFIG_MAX (1024 * 1024)
#define MANIFEST_MAX (4 * 1024 * 1024)
#define HISTORY_MAX 1000
#define TIMEOUT_MS 3000 /* of the registry's answer */
#define WAIT_MS 2000    /* until it may be asked */
#define RETRY_AFTER 1
#define OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"

static semaphore_t *semaphore;


/* --- tables --------------------------------------------------------------- */

#define NULLABLE_STRING(name_, help_)                                          \
    {                                                                          \
        .name = name_, .type = FIELD_STRING, .flags = FIELD_NULLABLE,          \
        .help = help_                                                          \
    }

const field_t api_image_query[] = {
    { .name = "platform",
      .type = FIELD_STRING,
      .min = 1,
      .max = 255,
      .help = "Of an index, which of its images: system, architecture and "
              "perhaps variant; without it, the first one that has a "
              "platform. An image of another platform is not found." },
    { .name = NULL },
};

static const field_t layer_fields[] = {
    { .name = "digest", .type = FIELD_STRING, .help = "Its checksum." },
    NULLABLE_STRING("media_type", "Its type."),
    { .name = "size",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Its bytes, compressed." },
    NULLABLE_STRING("command", "What made it; null where that is not known."),
    { .name = NULL },
};

static const model_t layer_model = { "ImageLayer", layer_fields };

static const field_t step_fields[] = {
    NULLABLE_STRING("command", "What was run."),
    NULLABLE_STRING("created", "When, as the image says."),
    NULLABLE_STRING("author", "By whom, as the image says."),
    NULLABLE_STRING("comment", "What the builder adds to that."),
    { .name = "is_empty",
      .type = FIELD_BOOLEAN,
      .help = "Whether it made no layer." },
    NULLABLE_STRING("layer", "Digest of the layer that it made."),
    { .name = NULL },
};

static const model_t step_model = { "ImageStep", step_fields };

static const field_t config_fields[] = {
    { .name = "entrypoint",
      .type = FIELD_STRINGS,
      .help = "What runs, with its arguments." },
    { .name = "command",
      .type = FIELD_STRINGS,
      .help = "Default arguments of the entrypoint; without one, what runs." },
    { .name = "environment",
      .type = FIELD_STRINGS,
      .help = "Variables: NAME=value." },
    { .name = "labels", .type = FIELD_OBJECT, .help = "Names and values." },
    NULLABLE_STRING("user", "The user that it runs as."),
    NULLABLE_STRING("working_directory", "Where it runs."),
    { .name = "exposed_ports",
      .type = FIELD_STRINGS,
      .help = "Ports that it listens on: 80/tcp." },
    { .name = "volumes",
      .type = FIELD_STRINGS,
      .help = "Directories that are kept outside of the container." },
    NULLABLE_STRING("stop_signal", "The signal that stops it."),
    { .name = NULL },
};

static const model_t config_model = { "ImageConfig", config_fields };

static const field_t model_fields[] = {
    { .name = "digest",
      .type = FIELD_STRING,
      .help = "The manifest of the image; of an index, that of the platform." },
    NULLABLE_STRING("os", "The system that it runs on."),
    NULLABLE_STRING("architecture", "The architecture that it runs on."),
    NULLABLE_STRING("variant", "The variant of the architecture: v8."),
    NULLABLE_STRING("os_version", "The version of the system."),
    NULLABLE_STRING("created", "When it was built, as it says."),
    NULLABLE_STRING("author", "Who built it, as it says."),
    { .name = "config",
      .type = FIELD_OBJECT,
      .model = &config_model,
      .help = "How it runs." },
    { .name = "layers",
      .type = FIELD_OBJECTS,
      .model = &layer_model,
      .help = "What it consists of, the lowest first." },
    { .name = "history",
      .type = FIELD_OBJECTS,
      .model = &step_model,
      .help = "How it was built, the first step first; at most 1000." },
    { .name = "is_aligned",
      .type = FIELD_BOOLEAN,
      .help = "Whether the history has a step for each layer; if not, no layer "
              "has a command, and no step a layer." },
    { .name = NULL },
};

const model_t api_image_model = { "Image", model_fields };


/* --- the registry --------------------------------------------------------- */

int
api_image_open(pool_t *pool, long processes)
{
    semaphore = semaphore_create(pool, processes > 4 ? processes / 4 : 1);

    return semaphore != NULL ? OK : ERROR;
}


/* OK in the semaphore; else ERROR. */
static int
enter(api_t *api)
{
    req_t *rq = api->rq;

    if (semaphore_take(semaphore) == OK) {
        if (!req_client_gone(rq)) {
            return OK;
        }

        semaphore_release(semaphore);

        return problem_fail(api, PROBLEM_UNAVAILABLE, NULL,
                            "the client has gone");
    }

    if (rq->may_defer && clock_ms() < rq->accepted_at + WAIT_MS) {
        return req_defer(rq);
    }

    rq->retry_after = RETRY_AFTER;

    return problem_fail(api, PROBLEM_UNAVAILABLE, NULL,
                        "too many requests wait for the registry");
}


/* One connection to the registry is kept for each process.  NULL, logged. */
static const registry_site_t *
site_open(void)
{
    static const char *const lines[] = { NULL };
    static http_conf_t conf = { .lines = lines, .timeout = TIMEOUT_MS };
    static registry_site_t site;

    if (site.http == NULL) {
        conf.url = app.settings.registry_url;
        conf.ca_file = app.settings.registry_ca;

        if (http_open(app.pool, &conf, &site.http) != OK) {
            return NULL;
        }

        site.url = app.settings.registry_url;
        site.service = app.settings.registry_service;
        site.secret = app.secret;
        site.seal_key = app.seal_key;
        site.cache = app.cache;
    }

    return &site;
}


static int
unreadable(api_t *api, const char *what)
{
    return problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                        "the %s of the image cannot be read", what);
}


/* Content of the registry, parsed: what is "manifest" or "config". */
static int
fetch(api_t *api, const char *what, const char *path, size_t max,
      json_t **json_r)
{
    const registry_site_t *site = site_open();
    const account_t *account = api_account(api);
    const registry_call_t call = {
        .method = "GET",
        .repository = api->repository.name,
        .path = path,
        .account = account != NULL ? account->login : NULL,
        .actions = REG_ACTION_PULL,
        .body_max = max,
        .redirects = 1, /* blobs may be in an object store */
    };
    http_answer_t answer;
    const char *error;

    if (site == NULL) {
        return problem_fail(api, PROBLEM_INTERNAL, NULL, NULL);
    }

    if (registry_call(site, api->pool, &call, &answer) == OK
        && answer.status == 200) {
        return json_parse(api->pool, answer.body, json_r, &error) == OK
                       && json_is_object(*json_r)
                   ? OK
                   : unreadable(api, what);
    }

    if (answer.status == 404) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                            "the %s of the image is not stored", what);
    }

    log_warn("%s/%s: %s", api->repository.name, path,
             registry_call_error(api->pool, &answer));
    api->rq->retry_after = RETRY_AFTER;

    return problem_fail(api, PROBLEM_UNAVAILABLE, NULL,
                        "the registry does not answer");
}


/* --- which image ---------------------------------------------------------- */

static bool
is_index(const char *media_type)
{
    return media_type != NULL
           && (strcmp(media_type, REG_MT_OCI_INDEX) == 0
               || strcmp(media_type, REG_MT_DOCKER_LIST) == 0);
}


/* "linux/arm64" is every variant of it. */
static bool
is_platform(const char *platform, const char *wanted)
{
    size_t len;

    if (platform == NULL || strncmp(platform, "unknown/", 8) == 0) {
        return false;
    }

    len = wanted != NULL ? strlen(wanted) : 0;

    return wanted == NULL
           || (strncmp(platform, wanted, len) == 0
               && (platform[len] == '\0' || platform[len] == '/'));
}


/* Of an index, the manifest of the platform; row_r is filled for it again. */
static int
choose(api_t *api, manifest_item_row_t *row_r)
{
    const char *wanted = api_str(api, "platform");
    manifest_children_row_t *rows;
    size_t n;

    if (!is_index(row_r->media_type)) {
        return OK;
    }

    if (db_manifest_children(api->db, api->repository.id, row_r->digest,
                             CHILDREN_MAX, &rows, &n)
        != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n; i++) {
        if (is_platform(rows[i].platform, wanted)) {
            int rc = db_manifest_get(api->db, api->repository.id, rows[i].child,
                                     row_r);

            return rc == ERROR ? problem_database(api)
                   : rc == OK  ? OK
                               : unreadable(api, "manifest");
        }
    }

    return problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                        "the index has no image of this platform");
}


/* An event does not say what a manifest with many layers consists of; the
 * registry does. */
static int
find_parts(api_t *api, const manifest_item_row_t *row, json_t **parts_r)
{
    json_t *manifest, *config, *layers;
    int rc;

    if (row->parts != NULL) {
        *parts_r = json_pooled(api->pool, json_loads(row->parts, 0, NULL));

        if (json_array_size(*parts_r) != 0) {
            return OK;
        }
    }

    rc = fetch(api, "manifest",
               pool_printf(api->pool, "manifests/%s", row->digest),
               MANIFEST_MAX, &manifest);

    if (rc != OK) {
        return rc;
    }

    *parts_r = json_pooled(api->pool, json_array());
    config = json_object_get(manifest, "config");
    layers = json_object_get(manifest, "layers");

    if (json_is_object(config) && json_is_array(layers)) {
        json_array_append(*parts_r, config);
        json_array_extend(*parts_r, layers);
    }

    return OK;
}


static const char *
text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}


/* The mirror's name of a type, or the registry's. */
static const char *
type_of(const json_t *part)
{
    const char *type = text_of(part, "media_type");

    return type != NULL ? type : text_of(part, "mediaType");
}


/* The config of an image, and the layers behind it. */
static int
fetch_config(api_t *api, const json_t *parts, json_t **config_r)
{
    const json_t *config = json_array_get(parts, 0);
    const char *type = type_of(config), *digest = text_of(config, "digest");
    reg_digest_t parsed;

    if (type == NULL || digest == NULL
        || (strcmp(type, OCI_CONFIG) != 0 && strcmp(type, DOCKER_CONFIG) != 0)
        || reg_digest_parse(reg_cstr(digest), &parsed) != REG_OK) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                            "the manifest is not that of an image");
    }

    if (json_integer_value(json_object_get(config, "size")) > CONFIG_MAX) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                            "the config of the image is larger than a MiB");
    }

    return fetch(api, "config", pool_printf(api->pool, "blobs/%s", digest),
                 CONFIG_MAX, config_r);
}


/* --- models --------------------------------------------------------------- */

/* A member that is a string; else null. */
static json_t *
string_of(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_string(value) ? json_incref(value) : json_null();
}


/* The strings of an array. */
static json_t *
strings_of(const json_t *object, const char *key)
{
    json_t *from = json_object_get(object, key), *to = json_array(), *value;
    size_t i;

    json_array_foreach(from, i, value)
    {
        if (json_is_string(value)) {
            json_array_append(to, value);
        }
    }

    return to;
}


/* The names of the members of an object. */
static json_t *
names_of(const json_t *object, const char *key)
{
    json_t *from = json_object_get(object, key), *to = json_array(), *value;
    const char *name;

    json_object_foreach(from, name, value)
    {
        json_array_append_new(to, json_string(name));
    }

    return to;
}


static json_t *
labels_of(const json_t *config)
{
    json_t *from = json_object_get(config, "Labels"), *to = json_object(),
           *value;
    const char *name;

    json_object_foreach(from, name, value)
    {
        if (json_is_string(value)) {
            json_object_set(to, name, value);
        }
    }

    return to;
}


static json_t *
config_of(const json_t *image)
{
    const json_t *config = json_object_get(image, "config");

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "entrypoint", strings_of(config, "Entrypoint"), "command",
                     strings_of(config, "Cmd"), "environment",
                     strings_of(config, "Env"), "labels", labels_of(config),
                     "user", string_of(config, "User"), "working_directory",
                     string_of(config, "WorkingDir"), "exposed_ports",
                     names_of(config, "ExposedPorts"), "volumes",
                     names_of(config, "Volumes"), "stop_signal",
                     string_of(config, "StopSignal"));
}


static bool
is_empty(const json_t *step)
{
    return json_is_true(json_object_get(step, "empty_layer"));
}


/* Whether each layer has its step. */
static bool
is_aligned(const json_t *history, size_t n_layers)
{
    size_t steps = 0;

    if (json_array_size(history) > HISTORY_MAX) {
        return false;
    }

    for (size_t i = 0; i < json_array_size(history); i++) {
        steps += !is_empty(json_array_get(history, i));
    }

    return steps == n_layers;
}


static json_t *
step_of(const json_t *step, const json_t *layer)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "command",
                     string_of(step, "created_by"), "created",
                     string_of(step, "created"), "author",
                     string_of(step, "author"), "comment",
                     string_of(step, "comment"), "is_empty", is_empty(step),
                     "layer", string_of(layer, "digest"));
}


static json_t *
layer_of(const json_t *layer)
{
    const char *type = type_of(layer);
    json_t *size = json_object_get(layer, "size");

    return json_pack("{s:o, s:o, s:o, s:o}", "digest",
                     string_of(layer, "digest"), "media_type",
                     type != NULL ? json_string(type) : json_null(), "size",
                     json_is_integer(size) ? json_incref(size) : json_null(),
                     "command", json_null());
}


/* parts: the config, and the layers in the order of the steps that made them.
 */
static void
put_build(json_t *model, const json_t *image, const json_t *parts)
{
    const json_t *history = json_object_get(image, "history");
    json_t *layers = json_array(), *steps = json_array();
    size_t n_layers = json_array_size(parts) - 1, next = 0;
    bool fits = is_aligned(history, n_layers);

    for (size_t i = 0; i < n_layers; i++) {
        json_array_append_new(layers, layer_of(json_array_get(parts, i + 1)));
    }

    for (size_t i = 0; i < json_array_size(history) && i < HISTORY_MAX; i++) {
        const json_t *step = json_array_get(history, i);
        json_t *layer =
            fits && !is_empty(step) ? json_array_get(layers, next++) : NULL;

        json_array_append_new(steps, step_of(step, layer));

        if (layer != NULL) {
            json_object_set_new(layer, "command",
                                string_of(step, "created_by"));
        }
    }

    json_object_set_new(model, "layers", layers);
    json_object_set_new(model, "history", steps);
    json_object_set_new(model, "is_aligned", json_boolean(fits));
}


static json_t *
model_of(const char *digest, const json_t *image, const json_t *parts)
{
    json_t *model = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "digest", digest, "os",
        string_of(image, "os"), "architecture",
        string_of(image, "architecture"), "variant",
        string_of(image, "variant"), "os_version",
        string_of(image, "os.version"), "created", string_of(image, "created"),
        "author", string_of(image, "author"), "config", config_of(image));

    put_build(model, image, parts);

    return model;
}


/* --- handler -------------------------------------------------------------- */

/* What an index says of its images is checked by choose(). */
static int
check_platform(api_t *api, const json_t *image)
{
    const char *wanted = api_str(api, "platform"), *variant, *platform = NULL;
    const char *os = text_of(image, "os");
    const char *architecture = text_of(image, "architecture");

    if (os != NULL && architecture != NULL) {
        variant = text_of(image, "variant");
        platform = pool_printf(api->pool, "%s/%s%s%s", os, architecture,
                               variant != NULL ? "/" : "",
                               variant != NULL ? variant : "");
    }

    return wanted == NULL || is_platform(platform, wanted)
               ? OK
               : problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                              "the image is of another platform");
}


static int
get(api_t *api)
{
    manifest_item_row_t row;
    json_t *parts, *image;
    bool is_chosen;
    int rc = db_manifest_get(api->db, api->repository.id,
                             api_param(api, "digest"), &row);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL)
                              : problem_database(api);
    }

    is_chosen = is_index(row.media_type);

    return choose(api, &row) == OK && find_parts(api, &row, &parts) == OK
                   && fetch_config(api, parts, &image) == OK
                   && (is_chosen || check_platform(api, image) == OK)
               ? reply_json(api->rq, 200, model_of(row.digest, image, parts))
               : ERROR;
}


int
api_image_get(api_t *api)
{
    int rc;

    if (app.settings.registry_url == NULL
        || app.settings.registry_service == NULL) {
        return problem_fail(api, PROBLEM_CLOSED, NULL,
                            "the index does not know where the registry is");
    }

    rc = enter(api);

    if (rc == OK) {
        rc = get(api);
        semaphore_release(semaphore);
    }

    return rc;
}
