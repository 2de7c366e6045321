/* image_chain.c: an image as a chain of images, and as a config and a
 * manifest. */

#include "manifest/image_chain.h"

#include "common/hash.h"

#define CONFIG_TYPE "application/vnd.docker.container.image.v1+json"
#define MANIFEST_TYPE "application/vnd.docker.distribution.manifest.v2+json"
#define PLAIN_TYPE "application/vnd.docker.image.rootfs.diff.tar"
#define GZIP_TYPE PLAIN_TYPE ".gzip"
#define COMMAND_MAX 65536 /* bytes of the command in a history */

/* A tar of 1024 zeros, as docker compresses it. */
static unsigned char empty_layer[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x09, 0x6e, 0x88, 0x00, 0xff, 0x62,
    0x18, 0x05, 0xa3, 0x60, 0x14, 0x8c, 0x58, 0x00, 0x08, 0x00, 0x00,
    0xff, 0xff, 0x2e, 0xaf, 0xb5, 0xef, 0x00, 0x04, 0x00, 0x00,
};

const str_t image_chain_empty_layer = { sizeof(empty_layer), empty_layer };

/* Layers that docker 1.x reads: it finds the compression by itself. */
static const char *const layer_types[] = {
    PLAIN_TYPE,
    GZIP_TYPE,
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
};

static const char *const config_types[] = {
    CONFIG_TYPE,
    "application/vnd.oci.image.config.v1+json",
};

/* Members of the json that are about its place in a chain, or in a store. */
static const char *const chain_members[] = {
    "id",           "parent",    "parent_id", "layer_id",
    "layer_digest", "throwaway", "Size",
};

#define N(table) (sizeof(table) / sizeof((table)[0]))


static bool
is_one_of(str_t text, const char *const *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (reg_str_eq(text, reg_cstr(table[i]))) {
            return true;
        }
    }

    return false;
}


static int
object_parse(pool_t *pool, str_t text, const char *what, json_t **object_r,
             const char **error_r)
{
    const char *error;

    if (json_parse(pool, text, object_r, &error) != OK) {
        *error_r = pool_printf(pool, "%s cannot be read: %s", what, error);
        return ERROR;
    }

    if (!json_is_object(*object_r)) {
        *error_r = pool_printf(pool, "%s is no JSON object", what);
        return ERROR;
    }

    return OK;
}


/* --- to a config --------------------------------------------------------- */


static void
string_copy(json_t *to, const char *to_key, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (json_is_string(value) && json_string_length(value) != 0) {
        json_object_set(to, to_key, value);
    }
}


/* The words of the container's command, with blanks between. */
static const char *
command_of(pool_t *pool, const json_t *image)
{
    const json_t *words =
        json_object_get(json_object_get(image, "container_config"), "Cmd");
    size_t len = 0, i;
    json_t *word;
    char *text;

    json_array_foreach(words, i, word)
    {
        len += json_string_length(word) + 1;
    }

    if (len == 0 || len > COMMAND_MAX) {
        return NULL;
    }

    text = pool_alloc(pool, len);
    len = 0;

    json_array_foreach(words, i, word)
    {
        size_t n = json_string_length(word);

        if (i != 0) {
            text[len++] = ' ';
        }

        if (n != 0) {
            memcpy(text + len, json_string_value(word), n);
        }

        len += n;
    }

    return text;
}


static json_t *
history_entry(pool_t *pool, const json_t *image)
{
    json_t *entry = json_object();
    const char *command = command_of(pool, image);

    string_copy(entry, "created", image, "created");
    string_copy(entry, "author", image, "author");

    if (command != NULL) {
        json_object_set_new(entry, "created_by", json_str(reg_cstr(command)));
    }

    string_copy(entry, "comment", image, "comment");

    return entry;
}


/* What a config must have, and jsons of the first dockers had not. */
static void
defaults_add(json_t *config)
{
    static const struct {
        const char *key, *value;
    } defaults[] = { { "architecture", "amd64" }, { "os", "linux" } };

    for (size_t i = 0; i < N(defaults); i++) {
        const json_t *value = json_object_get(config, defaults[i].key);

        if (!json_is_string(value) || json_string_length(value) == 0) {
            json_object_set_new(config, defaults[i].key,
                                json_string(defaults[i].value));
        }
    }
}


/* Reads the json of an image into pool, and adds its line to the history. */
static int
history_add(pool_t *pool, const chain_image_t *image, json_t *history,
            json_t **json_r, const char **error_r)
{
    if (object_parse(pool, image->json, "the json of an image", json_r, error_r)
        != OK) {
        return ERROR;
    }

    json_array_append_new(history, history_entry(pool, *json_r));

    return OK;
}


/* Only the leaf's json stays in memory: a client may push many large ones. */
static int
history_make(pool_t *pool, const chain_image_t *images, size_t n,
             json_t *history, json_t **leaf_r, const char **error_r)
{
    pool_t *scratch = pool_create();
    json_t *json;
    int rc = OK;

    for (size_t i = 0; i + 1 < n && rc == OK; i++) {
        rc = history_add(scratch, &images[i], history, &json, error_r);

        if (rc == ERROR) {
            *error_r = pool_strdup(pool, *error_r);
        }

        pool_reset(scratch);
    }

    pool_destroy(scratch);

    return rc == OK
               ? history_add(pool, &images[n - 1], history, leaf_r, error_r)
               : ERROR;
}


int
image_chain_config(pool_t *pool, const chain_image_t *images, size_t n,
                   str_t *config_r, const char **error_r)
{
    json_t *config = NULL, *diff_ids = json_pooled(pool, json_array());
    json_t *history = json_pooled(pool, json_array());

    if (history_make(pool, images, n, history, &config, error_r) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(diff_ids, json_str(images[i].diff_id));
    }

    for (size_t i = 0; i < N(chain_members); i++) {
        json_object_del(config, chain_members[i]);
    }

    defaults_add(config);
    json_object_set_new(
        config, "rootfs",
        json_pack("{s:s, s:O}", "type", "layers", "diff_ids", diff_ids));
    json_object_set(config, "history", history);
    *config_r = reg_cstr(json_text(pool, config));

    return OK;
}


static void
sum_text(str_t content, char *text)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, content.data, content.len);
    reg_hash_hex(&hash, hex);
    reg_digest_print(&(reg_digest_t){ REG_SHA256, reg_cstr(hex) }, text);
}


str_t
image_chain_manifest(pool_t *pool, const chain_image_t *images, size_t n,
                     str_t config)
{
    json_t *layers = json_array(), *manifest;
    char digest[REG_DIGEST_MAX + 1];

    for (size_t i = 0; i < n; i++) {
        json_array_append_new(
            layers, json_pack("{s:s, s:I, s:o}", "mediaType",
                              images[i].is_plain ? PLAIN_TYPE : GZIP_TYPE,
                              "size", (json_int_t)images[i].size, "digest",
                              json_str(images[i].blob)));
    }

    sum_text(config, digest);
    manifest = json_pooled(
        pool, json_pack("{s:i, s:s, s:{s:s, s:I, s:s}, s:o}", "schemaVersion",
                        2, "mediaType", MANIFEST_TYPE, "config", "mediaType",
                        CONFIG_TYPE, "size", (json_int_t)config.len, "digest",
                        digest, "layers", layers));

    return reg_cstr(json_text(pool, manifest));
}


/* --- to a chain ---------------------------------------------------------- */


static int
layers_check(pool_t *pool, const manifest_t *manifest, const char **error_r)
{
    if (manifest->is_index || manifest->n == 0
        || !is_one_of(manifest->references[0].media_type, config_types,
                      N(config_types))) {
        *error_r = "this is no image that docker 1.x could run";
        return ERROR;
    }

    if (manifest->n - 1 > IMAGE_CHAIN_MAX) {
        *error_r = "the image has too many layers";
        return ERROR;
    }

    for (size_t i = 1; i < manifest->n; i++) {
        const descriptor_t *layer = &manifest->references[i];

        if (layer->is_optional
            || !is_one_of(layer->media_type, layer_types, N(layer_types))) {
            *error_r = pool_printf(
                pool, "docker 1.x cannot read a layer of the type \"%.*s\"",
                STR(layer->media_type));
            return ERROR;
        }

        if (!layer->is_known || layer->digest.algorithm != REG_SHA256) {
            *error_r = "docker 1.x knows no digest but sha256";
            return ERROR;
        }
    }

    return OK;
}


/* One image a layer; of the empty layer where there is none. */
static chain_image_t *
layers_read(pool_t *pool, const manifest_t *manifest, const json_t *config,
            size_t *n_r)
{
    const json_t *diff_ids =
        json_object_get(json_object_get(config, "rootfs"), "diff_ids");
    size_t n = manifest->n == 1 ? 1 : manifest->n - 1;
    chain_image_t *images = pool_alloc(pool, n * sizeof(chain_image_t));

    *n_r = n;

    if (manifest->n == 1) {
        images[0].blob = reg_str(IMAGE_CHAIN_EMPTY_BLOB);
        images[0].diff_id = reg_str(IMAGE_CHAIN_EMPTY_DIFF_ID);
        images[0].size = image_chain_empty_layer.len;
        return images;
    }

    for (size_t i = 0; i < n; i++) {
        const descriptor_t *layer = &manifest->references[i + 1];
        const json_t *diff_id = json_array_get(diff_ids, i);

        images[i].blob = layer->text;
        images[i].size = layer->size;
        images[i].is_plain = layer->media_type.data[layer->media_type.len - 1]
                             == 'r'; /* "…tar" */

        if (json_is_string(diff_id)) {
            images[i].diff_id = reg_cstr(json_string_value(diff_id));
        }
    }

    return images;
}


/* The entries of the history that made the n layers: entries without one are
 * skipped, and where the numbers differ nothing is known.  It is read once: a
 * client may have written a long one. */
static const json_t **
history_read(pool_t *pool, const json_t *config, size_t n)
{
    const json_t **entries = pool_alloc(pool, n * sizeof(json_t *));
    const json_t *history = json_object_get(config, "history");
    size_t i, at = 0;
    json_t *entry;

    json_array_foreach(history, i, entry)
    {
        if (json_is_true(json_object_get(entry, "empty_layer"))) {
            continue;
        }

        if (at < n) {
            entries[at] = entry;
        }

        at++;
    }

    if (at != n) {
        memset(entries, 0, n * sizeof(json_t *));
    }

    return entries;
}


static void
parent_set(json_t *json, const chain_image_t *image, const char *parent)
{
    json_object_set_new(json, "id", json_string(image->id));

    if (parent != NULL) {
        json_object_set_new(json, "parent", json_string(parent));
    }
}


/* What "docker history" shows. */
static void
command_set(json_t *json, const json_t *entry)
{
    json_t *command = json_object_get(entry, "created_by");

    if (json_is_string(command)) {
        json_object_set_new(json, "container_config",
                            json_pack("{s:[O]}", "Cmd", command));
    }
}


static str_t
json_lower(pool_t *pool, const chain_image_t *image, const char *parent,
           const json_t *config, const json_t *entry)
{
    json_t *json = json_pooled(pool, json_object());

    parent_set(json, image, parent);
    string_copy(json, "created", entry, "created");
    string_copy(json, "author", entry, "author");
    string_copy(json, "comment", entry, "comment");
    command_set(json, entry);
    string_copy(json, "architecture", config, "architecture");
    string_copy(json, "os", config, "os");

    return reg_cstr(json_text(pool, json));
}


/* Few builders but docker's have written a container_config. */
static str_t
json_leaf(pool_t *pool, const chain_image_t *image, const char *parent,
          const json_t *config, const json_t *entry)
{
    json_t *json = json_pooled(pool, json_object());
    const char *key;
    json_t *value;

    parent_set(json, image, parent);

    json_object_foreach((json_t *)config, key, value)
    {
        if (strcmp(key, "rootfs") != 0 && strcmp(key, "history") != 0
            && !is_one_of(reg_cstr(key), chain_members, N(chain_members))) {
            json_object_set(json, key, value);
        }
    }

    if (!json_is_object(json_object_get(config, "container_config"))) {
        command_set(json, entry);
    }

    return reg_cstr(json_text(pool, json));
}


/* config is empty but for the leaf. */
static void
id_set(chain_image_t *image, const char *parent, str_t config)
{
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_hash_t hash;

    reg_hash_init(&hash, REG_SHA256);
    reg_hash_update(&hash, image->blob.data, image->blob.len);
    reg_hash_update(&hash, " ", 1);
    reg_hash_update(&hash, parent == NULL ? "" : parent,
                    parent == NULL ? 0 : IMAGE_CHAIN_ID);

    if (config.len != 0) {
        reg_hash_update(&hash, " ", 1);
        reg_hash_update(&hash, config.data, config.len);
    }

    reg_hash_hex(&hash, hex);
    memcpy(image->id, hex, IMAGE_CHAIN_ID + 1);
}


int
image_chain_derive(pool_t *pool, const manifest_t *manifest, str_t config,
                   chain_image_t **images_r, size_t *n_r, const char **error_r)
{
    const char *parent = NULL;
    const json_t **history;
    chain_image_t *images;
    json_t *root;

    if (layers_check(pool, manifest, error_r) != OK
        || object_parse(pool, config, "the image's config", &root, error_r)
               != OK) {
        return ERROR;
    }

    images = layers_read(pool, manifest, root, n_r);
    history = history_read(pool, root, *n_r);

    for (size_t i = 0; i < *n_r; i++) {
        bool is_leaf = i == *n_r - 1;

        id_set(&images[i], parent, is_leaf ? config : reg_str(""));
        images[i].json =
            is_leaf ? json_leaf(pool, &images[i], parent, root, history[i])
                    : json_lower(pool, &images[i], parent, root, history[i]);
        parent = images[i].id;
    }

    *images_r = images;

    return OK;
}
