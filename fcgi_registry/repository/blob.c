/* blob.c: content by its digest, and the links that put it in a
 * repository. */

#include "repository/blob.h"
#include "repository/link.h"


int
blob_is_stored(store_op_t *op, const reg_digest_t *digest)
{
    store_key_t key = key_blob(digest);

    return store_check(op, key.text);
}


int
link_resolve(store_op_t *op, const char *key, reg_digest_t *stored_r)
{
    int rc = link_get(op, key, stored_r);

    return rc == OK ? blob_is_stored(op, stored_r) : rc;
}


int
blob_touch(store_op_t *op, const reg_digest_t *stored)
{
    store_key_t key = key_blob(stored);

    return store_touch(op, key.text);
}


int
blob_find(store_op_t *op, str_t name, const reg_digest_t *digest,
          reg_digest_t *stored_r)
{
    store_key_t key = key_layer_link(name, digest);

    return link_resolve(op, key.text, stored_r);
}


/* OK where the content is there with that size, and used from now on; a file of
 * another size is what a crash of registry:2 leaves.  That one is touched, too:
 * garbage collection must not remove what is about to replace it. */
static int
blob_reuse(store_op_t *op, const char *key, uint64_t size)
{
    store_stat_t stat;
    int rc = store_touch(op, key);

    if (rc == OK) {
        rc = store_stat(op, key, &stat);
    }

    if (rc != OK) {
        return rc;
    }

    return stat.size == size ? store_sync(op, key) : DECLINED;
}


int
blob_put_file(store_op_t *op, const reg_digest_t *digest, const char *path,
              uint64_t size)
{
    store_key_t key = key_blob(digest);
    int rc = blob_reuse(op, key.text, size);

    if (rc == DECLINED) {
        rc = store_put_file(op, key.text, path);
        store_order(op);
    }

    return rc;
}


int
blob_put(store_op_t *op, const reg_digest_t *digest, str_t content)
{
    store_key_t key = key_blob(digest);
    int rc = blob_reuse(op, key.text, content.len);

    if (rc == DECLINED) {
        rc = store_put(op, key.text, content);
        store_order(op);
    }

    return rc;
}


int
blob_link(store_op_t *op, str_t name, const reg_digest_t *digest,
          const reg_digest_t *stored)
{
    store_key_t key = key_repository(name, "_layers");

    /* a collection removes links to nothing, when it is alone here */
    if (store_lock(op, key.text, NULL, true, NULL) != OK) {
        return ERROR;
    }

    if (!reg_digest_eq(digest, stored)) {
        key = key_layer_link(name, stored);

        if (link_put(op, key.text, stored) != OK) {
            return ERROR;
        }
    }

    key = key_layer_link(name, digest);

    return link_put(op, key.text, stored);
}
