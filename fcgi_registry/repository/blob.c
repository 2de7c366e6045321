/* blob.c: content by its digest, and the links that put it in a
 * repository. */

#include "repository/blob.h"
#include "repository/link.h"


int
blob_is_stored(store_t *store, const reg_digest_t *digest)
{
    char key[REG_PATH_MAX];

    reg_path_blob(key, sizeof(key), NO_ROOT, digest);

    return store_check(store, key);
}


int
link_resolve(store_t *store, const char *key, reg_digest_t *stored_r)
{
    int rc = link_get(store, key, stored_r);

    return rc == OK ? blob_is_stored(store, stored_r) : rc;
}


int
blob_touch(store_t *store, const reg_digest_t *stored)
{
    char key[REG_PATH_MAX];

    reg_path_blob(key, sizeof(key), NO_ROOT, stored);

    return store_touch(store, key);
}


int
blob_find(store_t *store, str_t name, const reg_digest_t *digest,
          reg_digest_t *stored_r)
{
    char key[REG_PATH_MAX];

    reg_path_layer_link(key, sizeof(key), NO_ROOT, name, digest);

    return link_resolve(store, key, stored_r);
}


/* OK where the content is there with that size, and used from now on; a file
 * of another size is what a crash of registry:2 leaves.  That one is touched,
 * too: a cleaning shall not remove what is about to replace it. */
static int
blob_reuse(store_t *store, const char *key, uint64_t size)
{
    store_stat_t stat;
    int rc = store_touch(store, key);

    if (rc == OK) {
        rc = store_stat(store, key, &stat);
    }

    if (rc != OK) {
        return rc;
    }

    return stat.size == size ? store_sync(store, key) : DECLINED;
}


int
blob_put_file(store_t *store, const reg_digest_t *digest, const char *path,
              uint64_t size)
{
    char key[REG_PATH_MAX];
    int rc;

    reg_path_blob(key, sizeof(key), NO_ROOT, digest);
    rc = blob_reuse(store, key, size);

    return rc == DECLINED ? store_put_file(store, key, path) : rc;
}


int
blob_put(store_t *store, const reg_digest_t *digest, str_t content)
{
    char key[REG_PATH_MAX];
    int rc;

    reg_path_blob(key, sizeof(key), NO_ROOT, digest);
    rc = blob_reuse(store, key, content.len);

    return rc == DECLINED ? store_put(store, key, content) : rc;
}


int
blob_link(store_t *store, str_t name, const reg_digest_t *digest,
          const reg_digest_t *stored)
{
    char key[REG_PATH_MAX];

    /* a cleaning removes links to nothing, when it is alone here */
    reg_path_repository(key, sizeof(key), NO_ROOT, name, "_layers");

    if (store_lock(store, key, NULL, true) != OK) {
        return ERROR;
    }

    if (!reg_digest_eq(digest, stored)) {
        reg_path_layer_link(key, sizeof(key), NO_ROOT, name, stored);

        if (link_put(store, key, stored) != OK) {
            return ERROR;
        }
    }

    reg_path_layer_link(key, sizeof(key), NO_ROOT, name, digest);

    return link_put(store, key, stored);
}
