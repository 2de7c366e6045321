/* manifest.c: manifests of a repository. */

#include "repository/manifest.h"
#include "repository/blob.h"
#include "repository/link.h"


int
manifest_find(store_t *store, str_t name, const reg_digest_t *digest,
              reg_digest_t *stored_r)
{
    char key[REG_PATH_MAX];

    reg_path_revision_link(key, sizeof(key), NO_ROOT, name, digest);

    return link_resolve(store, key, stored_r);
}


int
manifest_stat(store_t *store, str_t name, const reg_digest_t *digest,
              uint64_t *size_r)
{
    char key[REG_PATH_MAX];
    reg_digest_t stored;
    store_stat_t stat;
    int rc = manifest_find(store, name, digest, &stored);

    if (rc != OK) {
        return rc;
    }

    reg_path_blob(key, sizeof(key), NO_ROOT, &stored);

    rc = store_stat(store, key, &stat);

    if (rc == OK) {
        *size_r = stat.size;
    }

    return rc;
}


int
manifest_read(store_t *store, str_t name, const reg_digest_t *digest,
              str_t *content_r, manifest_t *manifest_r)
{
    char key[REG_PATH_MAX];
    reg_digest_t stored;
    const char *error;
    int rc = manifest_find(store, name, digest, &stored);

    if (rc == OK) {
        reg_path_blob(key, sizeof(key), NO_ROOT, &stored);
        rc = store_get(store, key, MANIFEST_BYTES_MAX, content_r);
    }

    if (rc == OK
        && manifest_parse(store->pool, *content_r, NULL, manifest_r, &error)
               != OK) {
        return DECLINED;
    }

    return rc;
}


int
manifest_lock(store_t *store, str_t name, bool is_shared)
{
    char key[REG_PATH_MAX], gate[REG_PATH_MAX];

    reg_path_repository(key, sizeof(key), NO_ROOT, name, "_manifests");
    reg_path_repository(gate, sizeof(gate), NO_ROOT, name,
                        "_manifests/revisions");

    return store_lock(store, key, gate, is_shared);
}


int
manifest_store(store_t *store, str_t name, const reg_digest_t *digest,
               str_t content)
{
    char key[REG_PATH_MAX];

    if (blob_put(store, digest, content) != OK) {
        return ERROR;
    }

    reg_path_revision_link(key, sizeof(key), NO_ROOT, name, digest);

    return link_put(store, key, digest);
}
