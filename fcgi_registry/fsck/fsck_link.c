/* fsck_link.c: links of a repository: whether they say something, and lead to
 * something. */

#include "fsck/fsck_scan.h"
#include "repository/blob.h"
#include "repository/link.h"
#include "repository/manifest.h"


bool
fsck_link_write(fsck_scan_t *scan, const char *key, const reg_digest_t *digest)
{
    return fsck_may_repair(scan->fsck)
           && link_put(&scan->fsck->op, key, digest) == OK;
}


/* Of a link of a blob that is locked.  Content comes before its link, so
 * content that is missing while no one can write a link is not on its way.
 * *is_changed_r says whether the link was repaired. */
static int
layer_repair(fsck_scan_t *scan, const fsck_link_t *link, bool *is_changed_r)
{
    store_op_t *op = &scan->fsck->op;
    reg_digest_t stored;
    int rc = store_check(op, link->key.text);

    if (rc != OK) {
        return rc;
    }

    rc = link_get(op, link->key.text, &stored);

    if (rc == OK) {
        rc = blob_is_stored(op, &stored);

    } else if (rc == DECLINED) {
        rc = blob_is_stored(op, link->digest);

        if (rc == OK) {
            rc = link_put(op, link->key.text, link->digest);
            *is_changed_r = rc == OK;
        }
    }

    if (rc == DECLINED) {
        *is_changed_r = fsck_remove(scan->fsck, link->key.text);
    }

    return rc;
}


/* Links of blobs have a lock of their own, which that of the repository does
 * not replace: what is wrong with one is checked again under it. */
static bool
layer_repaired(fsck_scan_t *scan, const fsck_link_t *link)
{
    store_op_t *op = &scan->fsck->op;
    bool is_changed = false;
    store_lock_t lock;
    store_key_t key = key_repository(scan->name, "_layers");
    int rc = store_lock(op, key.text, NULL, false, &lock);

    if (rc == OK) {
        rc = layer_repair(scan, link, &is_changed);
    }

    store_unlock(&lock);
    fsck_scan_note(scan, rc);

    return is_changed;
}


/* Removes a link that leads to nothing; that of a blob may turn out to lead
 * somewhere once it is locked. */
static bool
link_remove(fsck_scan_t *scan, const fsck_link_t *link)
{
    if (!fsck_may_repair(scan->fsck)) {
        return false;
    }

    return link->is_layer ? layer_repaired(scan, link)
                          : fsck_remove(scan->fsck, link->key.text);
}


/* One that says nothing gets its own digest, if there is such content. */
static int
bad_link_repair(fsck_scan_t *scan, const fsck_link_t *link,
                reg_digest_t *stored_r)
{
    fsck_t *fsck = scan->fsck;
    bool is_there = fsck_scan_has(scan, link->digest);
    bool is_repaired = is_there && !link->is_layer
                           ? fsck_link_write(scan, link->key.text, link->digest)
                           : link_remove(scan, link);

    fsck_report(fsck, FSCK_BAD_LINK, scan->name, link->text, is_repaired,
                "%s holds no digest", link->key.text);
    *stored_r = *link->digest;

    return is_there ? OK : DECLINED;
}


int
fsck_link_read(fsck_scan_t *scan, const fsck_link_t *link,
               reg_digest_t *stored_r)
{
    store_op_t *op = &scan->fsck->op;
    int rc = link_get(op, link->key.text, stored_r);

    if (rc == DECLINED && store_check(op, link->key.text) == OK) {
        return bad_link_repair(scan, link, stored_r);
    }

    fsck_scan_note(scan, rc);

    return rc;
}


void
fsck_link_dangling(fsck_scan_t *scan, const fsck_link_t *link,
                   const reg_digest_t *stored)
{
    fsck_t *fsck = scan->fsck;
    bool is_aside = fsck_is_aside(fsck, stored);

    fsck_report(fsck, FSCK_DANGLING_LINK, scan->name, link->text,
                !is_aside && link_remove(scan, link), "%s points to nothing%s",
                link->key.text,
                is_aside ? "; it was corrupt, push it again" : "");
}


void
fsck_link_directory(fsck_scan_t *scan, const fsck_link_t *link)
{
    store_key_t key = key_parent(link->key.text);

    fsck_directory(scan->fsck, scan->name, key.text, "link");
}


/* --- links of blobs, referrers ------------------------------------------- */


/* What a manifest refers to is reported with the manifest, and its link stays:
 * a push of the blob anywhere makes it a good one. */
void
fsck_layer(void *data, const reg_digest_t *digest)
{
    fsck_scan_t *scan = data;
    fsck_link_t link = { .digest = digest, .is_layer = true };
    reg_digest_t stored;

    reg_digest_print(digest, link.text);
    link.key = key_layer_link(scan->name, digest);
    fsck_link_directory(scan, &link);

    if (fsck_link_read(scan, &link, &stored) == OK
        && !fsck_scan_has(scan, &stored)
        && !digest_set_has(scan->needed, digest)) {
        fsck_link_dangling(scan, &link, &stored);
    }

    fsck_next(scan->fsck);
    fsck_progress(scan->fsck);
}


static void
referrer_pass(void *data, const reg_digest_t *digest)
{
    fsck_scan_t *scan = data;
    fsck_t *fsck = scan->fsck;
    fsck_link_t link = { .digest = digest };
    reg_digest_t stored;
    int rc;

    reg_digest_print(digest, link.text);
    link.key = key_referrers(scan->name, scan->subject, digest);
    fsck_link_directory(scan, &link);

    if (fsck_link_read(scan, &link, &stored) == OK) {
        rc = manifest_find(&fsck->op, scan->name, digest, &stored);
        fsck_scan_note(scan, rc);

        if (rc == DECLINED) {
            fsck_link_dangling(scan, &link, digest);
        }
    }

    fsck_next(fsck);
}


void
fsck_subject(void *data, const reg_digest_t *subject)
{
    fsck_scan_t *scan = data;
    walk_t walk = { &scan->fsck->op, scan, fsck_scan_stray };
    store_key_t key;

    scan->subject = subject;
    key = key_referrers(scan->name, subject, NULL);
    fsck_scan_note(scan, walk_digests(&walk, key.text, referrer_pass));
}
