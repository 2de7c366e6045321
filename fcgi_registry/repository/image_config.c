/* image_config.c: the config of an image. */

#include "repository/image_config.h"
#include "repository/blob.h"

#define CONFIG_MAX (1024 * 1024)

static const char *const config_types[] = {
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
};


static bool
is_config_type(str_t media_type)
{
    for (size_t i = 0; i < sizeof(config_types) / sizeof(config_types[0]);
         i++) {
        if (reg_str_eq(media_type, reg_cstr(config_types[i]))) {
            return true;
        }
    }

    return false;
}


int
image_config(store_op_t *op, str_t name, const manifest_t *manifest,
             const json_t **config_r)
{
    const descriptor_t *config = manifest->references;
    reg_digest_t stored;
    store_stat_t stat;
    store_key_t key;
    str_t content;
    json_t *root;
    const char *error;
    int rc;

    *config_r = NULL;

    if (manifest->is_index || manifest->n == 0 || !config->is_known
        || config->size > CONFIG_MAX || !is_config_type(config->media_type)) {
        return DECLINED;
    }

    rc = blob_find(op, name, &config->digest, &stored);

    if (rc != OK) {
        return rc;
    }

    key = key_blob(&stored);
    rc = store_stat(op, key.text, &stat);

    if (rc == OK && stat.size > CONFIG_MAX) {
        return DECLINED; /* whatever its descriptor says */
    }

    if (rc == OK) {
        rc = store_get(op, key.text, CONFIG_MAX, &content);
    }

    if (rc != OK) {
        return rc;
    }

    if (json_parse(op->pool, content, &root, &error) != OK
        || !json_is_object(root)) {
        return DECLINED;
    }

    *config_r = root;

    return OK;
}
