/* manifest_old.c: manifests that are stored but no longer taken. */

#include "manifest_old.h"

#include "../common/manifest_scan.h"


/* "fsLayers": [{"blobSum": "sha256:..."}], the same layer often twice. */
static int
layers_read(pool_t *pool, json_t *layers, manifest_t *manifest)
{
    json_t *value;
    size_t i;

    manifest->references =
        pool_alloc(pool, (json_array_size(layers) + 1) * sizeof(descriptor_t));

    json_array_foreach(layers, i, value)
    {
        descriptor_t *layer = &manifest->references[manifest->n++];
        int rc;

        if (json_member_string(value, "blobSum", &layer->text) != OK) {
            return ERROR;
        }

        rc = reg_digest_parse(layer->text, &layer->digest);

        if (rc == ERROR) {
            return ERROR;
        }

        layer->is_known = rc == OK;
        layer->size = MANIFEST_SIZE_UNKNOWN;
    }

    return OK;
}


/* DECLINED for another schema. */
static int
old_parse(pool_t *pool, str_t content, manifest_t *manifest_r,
          const char **error_r)
{
    json_t *root, *layers, *version;
    const char *error;

    if (json_parse(pool, content, &root, &error) != OK) {
        return DECLINED;
    }

    version = json_object_get(root, "schemaVersion");
    layers = json_object_get(root, "fsLayers");

    if (!json_is_integer(version) || json_integer_value(version) != 1) {
        return DECLINED;
    }

    *manifest_r =
        (manifest_t){ .media_type = reg_str(REG_MT_DOCKER_V1_SIGNED) };

    if (!json_is_array(layers) || layers_read(pool, layers, manifest_r) != OK) {
        *error_r = "fsLayers of schema 1 is broken";
        return ERROR;
    }

    return OK;
}


int
manifest_parse_any(pool_t *pool, str_t content, manifest_t *manifest_r,
                   const char **error_r)
{
    int rc;

    if (manifest_parse(pool, content, NULL, manifest_r, error_r) == OK) {
        return OK;
    }

    rc = old_parse(pool, content, manifest_r, error_r);

    return rc == OK ? OK : ERROR;
}
