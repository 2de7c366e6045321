/* manifest_del.c: takes a manifest out of a repository. */

#include "repository/manifest_del.h"

/* Of what is removed, the directories that are its own: those of a subject's
 * list hold nothing else where it is the last one, <alg>/<hex>/<alg>/<hex>. */
#define REFERRER_DIRECTORIES 3
#define REVISION_DIRECTORIES 1

/* Removes a key, and so many directories above it where they are empty then. */
typedef int (*remove_fn)(store_t *store, const char *key, int directories);


static int
durably_remove(store_t *store, const char *key, int directories)
{
    (void)directories; /* they stay, as with registry:2 */

    return store_del(store, key);
}


/* The note that parts may be missing goes last: without it, fsck would take
 * what is missing for lost, and link it if another repository has it. */
static int
revision_remove(store_t *store, str_t name, const reg_digest_t *digest,
                const reg_digest_t *subject, remove_fn remove)
{
    char key[REG_PATH_MAX];
    int rc;

    if (subject != NULL) {
        reg_path_referrers(key, sizeof(key), NO_ROOT, name, subject, digest);

        if (remove(store, key, REFERRER_DIRECTORIES) == ERROR) {
            return ERROR;
        }
    }

    reg_path_revision_descriptor(key, sizeof(key), NO_ROOT, name, digest);

    if (remove(store, key, 0) == ERROR) {
        return ERROR;
    }

    reg_path_revision_link(key, sizeof(key), NO_ROOT, name, digest);
    rc = remove(store, key, 0);

    if (rc == OK) {
        reg_path_revision_sparse(key, sizeof(key), NO_ROOT, name, digest);
        remove(store, key, REVISION_DIRECTORIES);
    }

    return rc;
}


int
manifest_del(store_t *store, str_t name, const reg_digest_t *digest,
             const reg_digest_t *subject)
{
    return revision_remove(store, name, digest, subject, durably_remove);
}


int
manifest_drop(store_t *store, str_t name, const reg_digest_t *digest,
              const reg_digest_t *subject)
{
    return revision_remove(store, name, digest, subject, store_drop);
}
