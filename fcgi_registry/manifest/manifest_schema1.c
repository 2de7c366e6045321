/* manifest_schema1.c: manifests that are stored but no longer taken, and bytes
 * that are none. */

#include "manifest/manifest_schema1.h"

#include "common/digest_scan.h"
#include "common/manifest_scan.h"


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

        *layer = (descriptor_t){ .size = MANIFEST_SIZE_UNKNOWN };

        if (json_member_string(value, "blobSum", &layer->text) != OK) {
            return ERROR;
        }

        rc = reg_digest_parse(layer->text, &layer->digest);

        if (rc == ERROR) {
            return ERROR;
        }

        layer->is_known = rc == OK;
    }

    manifest_group(pool, manifest);

    return OK;
}


/* DECLINED for another schema. */
static int
old_parse(pool_t *pool, str_t content, manifest_t *manifest_r,
          const char **error_r)
{
    json_t *root, *layers, *version;
    const char *error;

    if (manifest_json(pool, content, false, &root, &error) != OK) {
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


void
manifest_named(pool_t *pool, str_t content, manifest_t *manifest_r)
{
    char buf[REG_DIGEST_HEX_MAX + 1], text[REG_DIGEST_MAX + 1];
    size_t n = 0, pos = 0;
    reg_digest_t digest;

    while (reg_digest_scan_next(content, &pos, buf, &digest) == OK) {
        n++;
    }

    *manifest_r = (manifest_t){ .is_index = true };
    manifest_r->references = pool_alloc(pool, (n + 1) * sizeof(descriptor_t));

    for (pos = 0; reg_digest_scan_next(content, &pos, buf, &digest) == OK;) {
        descriptor_t *named = &manifest_r->references[manifest_r->n++];

        *named = (descriptor_t){ .media_type = reg_str(REG_MT_OCI_INDEX),
                                 .size = MANIFEST_SIZE_UNKNOWN,
                                 .is_known = true };
        reg_digest_print(&digest, text);
        named->text = reg_cstr(pool_strdup(pool, text));
        reg_digest_parse(named->text, &named->digest);
    }

    manifest_group(pool, manifest_r);
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
