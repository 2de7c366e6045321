/* manifest_del.c: takes a manifest out of a repository. */

#include "repository/manifest_del.h"
#include "repository/descriptor_note.h"
#include "repository/referrer.h"


/* The note that parts may be missing goes last: without it, fsck would take
 * what is missing for lost, and link it if another repository has it. */
int
manifest_del(store_t *store, str_t name, const reg_digest_t *digest,
             const reg_digest_t *subject)
{
    char key[REG_PATH_MAX];
    int rc;

    if ((subject != NULL && referrer_del(store, name, subject, digest) != OK)
        || descriptor_note_del(store, name, digest) != OK) {
        return ERROR;
    }

    reg_path_revision_link(key, sizeof(key), NO_ROOT, name, digest);
    rc = store_del(store, key);

    if (rc == OK) {
        reg_path_revision_sparse(key, sizeof(key), NO_ROOT, name, digest);
        store_del(store, key);
    }

    return rc;
}
