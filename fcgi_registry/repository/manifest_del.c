/* manifest_del.c: takes a manifest out of a repository. */

#include "repository/manifest_del.h"

/* Of what is removed, the directories that are its own: those of a subject's
 * list hold nothing else where it is the last one, <alg>/<hex>/<alg>/<hex>. */
#define REFERRER_DIRECTORIES 3
#define REVISION_DIRECTORIES 1

/* Removes a key, and so many directories above it where they are empty then. */
typedef int (*remove_fn)(store_op_t *op, const char *key, int directories);


static int
durably_remove(store_op_t *op, const char *key, int directories)
{
    (void)directories; /* they stay, as with registry:2 */

    return store_del(op, key);
}


/* The note that parts may be missing goes last: without it, fsck would take
 * what is missing for lost, and link it if another repository has it. */
static int
revision_remove(store_op_t *op, str_t name, const reg_digest_t *digest,
                const reg_digest_t *subject, remove_fn remove)
{
    store_key_t key;
    int rc;

    if (subject != NULL) {
        key = key_referrers(name, subject, digest);

        if (remove(op, key.text, REFERRER_DIRECTORIES) == ERROR) {
            return ERROR;
        }
    }

    key = key_revision_descriptor(name, digest);

    if (remove(op, key.text, 0) == ERROR) {
        return ERROR;
    }

    key = key_revision_v1(name, digest);

    if (store_check(op, key.text) == OK && remove(op, key.text, 0) == ERROR) {
        return ERROR;
    }

    key = key_revision_link(name, digest);
    rc = remove(op, key.text, 0);

    if (rc == OK) {
        key = key_revision_sparse(name, digest);
        remove(op, key.text, REVISION_DIRECTORIES);
    }

    return rc;
}


int
manifest_del(store_op_t *op, str_t name, const reg_digest_t *digest,
             const reg_digest_t *subject)
{
    return revision_remove(op, name, digest, subject, durably_remove);
}


int
manifest_drop(store_op_t *op, str_t name, const reg_digest_t *digest,
              const reg_digest_t *subject)
{
    return revision_remove(op, name, digest, subject, store_drop);
}
