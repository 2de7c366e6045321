/* manifest.c: manifests of a repository. */

#include "repository/manifest.h"
#include "repository/blob.h"
#include "repository/link.h"


int
manifest_find(store_op_t *op, str_t name, const reg_digest_t *digest,
              reg_digest_t *stored_r)
{
    store_key_t key = key_revision_link(name, digest);

    return link_resolve(op, key.text, stored_r);
}


int
manifest_stat(store_op_t *op, str_t name, const reg_digest_t *digest,
              uint64_t *size_r)
{
    store_key_t key;
    reg_digest_t stored;
    store_stat_t stat;
    int rc = manifest_find(op, name, digest, &stored);

    if (rc != OK) {
        return rc;
    }

    key = key_blob(&stored);
    rc = store_stat(op, key.text, &stat);

    if (rc == OK) {
        *size_r = stat.size;
    }

    return rc;
}


int
manifest_read(store_op_t *op, str_t name, const reg_digest_t *digest,
              str_t *content_r, manifest_t *manifest_r)
{
    store_key_t key;
    reg_digest_t stored;
    const char *error;
    int rc = manifest_find(op, name, digest, &stored);

    if (rc == OK) {
        key = key_blob(&stored);
        rc = store_get(op, key.text, MANIFEST_BYTES_MAX, content_r);
    }

    if (rc == OK
        && manifest_parse(op->pool, *content_r, NULL, manifest_r, &error)
               != OK) {
        return DECLINED;
    }

    return rc;
}


int
manifest_lock(store_op_t *op, str_t name, bool is_shared, store_lock_t *lock_r)
{
    store_key_t key = key_repository(name, "_manifests");
    store_key_t gate = key_repository(name, "_manifests/revisions");

    return store_lock(op, key.text, gate.text, is_shared, lock_r);
}


int
manifest_store(store_op_t *op, str_t name, const reg_digest_t *digest,
               str_t content)
{
    store_key_t key;

    if (blob_put(op, digest, content) != OK) {
        return ERROR;
    }

    key = key_revision_link(name, digest);

    return link_put(op, key.text, digest);
}
