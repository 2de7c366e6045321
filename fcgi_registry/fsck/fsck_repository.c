/* fsck_repository.c: a repository: what its links, tags and manifests say of
 * each other and of the blobs. */

#include "fsck/fsck_scan.h"
#include "repository/blob.h"
#include "repository/manifest.h"


void
fsck_scan_note(fsck_scan_t *scan, int rc)
{
    if (rc == ERROR) {
        scan->fsck->has_failed = true;
    }
}


bool
fsck_scan_has(fsck_scan_t *scan, const reg_digest_t *digest)
{
    int rc = blob_is_stored(&scan->fsck->op, digest);

    fsck_scan_note(scan, rc);

    return rc == OK;
}


void
fsck_scan_stray(void *data, const char *key)
{
    fsck_stray(((fsck_scan_t *)data)->fsck, key);
}


static void
part_walk(fsck_scan_t *scan, unsigned part, const char *directory,
          walk_digest_fn fn)
{
    walk_t walk = { &scan->fsck->op, scan, fsck_scan_stray };
    store_key_t key;

    if ((scan->has & part) != 0) {
        key = key_repository(scan->name, directory);
        fsck_scan_note(scan, walk_digests(&walk, key.text, fn));
        fsck_next(scan->fsck);
    }
}


static void
names_walk(fsck_scan_t *scan, unsigned part, const char *directory,
           walk_name_fn fn)
{
    walk_t walk = { &scan->fsck->op, scan, fsck_scan_stray };
    store_key_t key;

    if ((scan->has & part) != 0) {
        key = key_repository(scan->name, directory);
        fsck_scan_note(scan, walk_names(&walk, key.text, fn));
        fsck_next(scan->fsck);
    }
}


/* Tags before revisions: a revision that gets its link back is then checked
 * with the others. */
static void
scan_run(fsck_t *fsck, str_t name, unsigned has)
{
    fsck_scan_t scan = { .fsck = fsck,
                         .name = name,
                         .has = has,
                         .needed = digest_set_create(),
                         .lists = digest_set_create(),
                         .manifests = digest_set_create(),
                         .others = digest_set_create() };

    names_walk(&scan, WALK_MANIFESTS, "_manifests/tags", fsck_tag);
    part_walk(&scan, WALK_MANIFESTS, "_manifests/revisions", fsck_revision);
    part_walk(&scan, WALK_LAYERS, "_layers", fsck_layer);
    part_walk(&scan, WALK_REFERRERS, "_referrers", fsck_subject);
    names_walk(&scan, WALK_IMAGES_V1, "_v1", fsck_image_v1);
    digest_set_destroy(scan.needed);
    digest_set_destroy(scan.lists);
    digest_set_destroy(scan.manifests);
    digest_set_destroy(scan.others);
}


/* Takes the repository's lock, with what the repository has by then: its first
 * push may have come since the walk.  One without manifests and referrers has
 * nothing that the lock is for, and taking it would make it a repository. */
static int
repository_lock(store_op_t *op, str_t name, unsigned *has, store_lock_t *lock_r)
{
    store_key_t key = key_repository(name, "_manifests");
    int rc = store_check_below(op, key.text);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == DECLINED && (*has & WALK_REFERRERS) == 0) {
        *has &= ~(unsigned)WALK_MANIFESTS;
        return OK;
    }

    *has |= WALK_MANIFESTS;

    return manifest_lock(op, name, false, lock_r);
}


void
fsck_repository(fsck_t *fsck, str_t name, unsigned has)
{
    uint64_t found = fsck->found;
    store_lock_t lock = { .driver = NULL };
    bool is_clean;

    fsck->is_first_look = true;
    scan_run(fsck, name, has);
    fsck->is_first_look = false;
    is_clean = fsck->found == found;
    fsck->found = found;

    if (is_clean) {
        return;
    }

    if (repository_lock(&fsck->op, name, &has, &lock) == OK) {
        scan_run(fsck, name, has);

    } else {
        fsck->has_failed = true;
    }

    store_unlock(&lock);
    fsck_next(fsck);
}
