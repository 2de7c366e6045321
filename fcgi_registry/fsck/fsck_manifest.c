/* fsck_manifest.c: manifests of a repository: whether they are what they should
 * be, and whether what they refer to is there. */

#include "fsck/fsck_scan.h"
#include "repository/blob.h"
#include "repository/manifest.h"
#include "repository/referrer.h"
#include "repository/referrers_tag.h"
#include "manifest/manifest_schema1.h"

#include "common/hash.h"


bool
fsck_is_manifest(fsck_scan_t *scan, const reg_digest_t *digest)
{
    store_op_t *op = &scan->fsck->op;
    store_key_t key;
    const char *error;
    manifest_t manifest;
    str_t content;
    bool is_one;

    /* many an index may have it as a part */
    if (digest_set_has(scan->manifests, digest)
        || digest_set_has(scan->others, digest)) {
        return digest_set_has(scan->manifests, digest);
    }

    key = key_blob(digest);

    if (store_get(op, key.text, MANIFEST_BYTES_MAX, &content) != OK) {
        return false;
    }

    is_one = manifest_parse_any(op->pool, content, &manifest, &error) == OK;
    digest_set_add(is_one ? scan->manifests : scan->others, digest);

    return is_one;
}


/* Content that is there, but not of the size that a manifest gives: one of the
 * two is wrong. */
static void
size_check(fsck_scan_t *scan, const char *manifest,
           const descriptor_t *reference, const reg_digest_t *stored)
{
    fsck_t *fsck = scan->fsck;
    store_stat_t stat;
    store_key_t key = key_blob(stored);
    int rc = store_stat(&fsck->op, key.text, &stat);

    fsck_scan_note(scan, rc);

    if (rc != OK || stat.size == reference->size
        || reference->size == MANIFEST_SIZE_UNKNOWN) {
        return;
    }

    if (fsck_blob(fsck, stored) == OK) {
        fsck_report(fsck, FSCK_WRONG_SIZE, scan->name, manifest, false,
                    "it gives %.*s a size of %llu bytes, but it has %llu",
                    STR(reference->text), (unsigned long long)reference->size,
                    (unsigned long long)stat.size);
    }
}


/* Nothing says that the parts of such a revision were ever there: an index may
 * have had it as a blob, of which no one checks what it refers to. */
static bool
revision_write(fsck_scan_t *scan, const char *key, const reg_digest_t *digest)
{
    store_key_t note = key_revision_sparse(scan->name, digest);

    return fsck_may_repair(scan->fsck)
           && store_put(&scan->fsck->op, note.text, reg_cstr("")) == OK
           && fsck_link_write(scan, key, digest);
}


static void
missing_link(fsck_scan_t *scan, const char *manifest,
             const descriptor_t *reference, bool is_revision)
{
    const reg_digest_t *digest = &reference->digest;
    store_key_t key;
    char text[REG_DIGEST_MAX + 1];
    bool is_repaired;

    if (is_revision) {
        key = key_revision_link(scan->name, digest);
        is_repaired = revision_write(scan, key.text, digest);

    } else {
        key = key_layer_link(scan->name, digest);
        is_repaired = fsck_link_write(scan, key.text, digest);
    }

    reg_digest_print(digest, text);
    fsck_report(scan->fsck, FSCK_MISSING_LINK, scan->name, text, is_repaired,
                "%s needs it, and it is stored, but %s is missing", manifest,
                key.text);
}


static bool
is_file(fsck_scan_t *scan, const char *key)
{
    int rc = store_check(&scan->fsck->op, key);

    fsck_scan_note(scan, rc);

    return rc != DECLINED;
}


/* Whether a push did not have to find this in its repository, and none has
 * brought it since: a link to it would give a client that knows a digest the
 * content of others. */
static bool
may_lack(fsck_scan_t *scan, const fsck_link_t *link,
         const descriptor_t *reference)
{
    store_key_t key = key_layer_link(scan->name, &reference->digest);

    if (is_file(scan, key.text)) {
        return false;
    }

    key = key_revision_sparse(scan->name, link->digest);

    return reference->is_optional || is_file(scan, key.text);
}


static void
absent_report(fsck_scan_t *scan, const char *manifest,
              const descriptor_t *reference, bool is_part)
{
    if (fsck_scan_has(scan, &reference->digest)) {
        missing_link(scan, manifest, reference,
                     is_part && fsck_is_manifest(scan, &reference->digest));

    } else {
        fsck_report(scan->fsck, FSCK_MISSING_BLOB, scan->name, manifest, false,
                    "it needs %.*s", STR(reference->text));
    }
}


/* A part of an index may be there as a blob, as for a push. */
static void
reference_check(fsck_scan_t *scan, const fsck_link_t *link,
                const descriptor_t *reference, bool is_index)
{
    store_op_t *op = &scan->fsck->op;
    const reg_digest_t *digest = &reference->digest;
    bool is_part = is_index && manifest_is_type(reference->media_type);
    reg_digest_t stored;
    int rc = DECLINED;

    if (is_part) {
        rc = manifest_find(op, scan->name, digest, &stored);
    }

    if (rc == DECLINED) {
        rc = blob_find(op, scan->name, digest, &stored);
    }

    fsck_scan_note(scan, rc);

    if (rc == OK) {
        size_check(scan, link->text, reference, &stored);

    } else if (rc == DECLINED && !may_lack(scan, link, reference)) {
        absent_report(scan, link->text, reference, is_part);
    }
}


static void
subject_check(fsck_scan_t *scan, const fsck_link_t *link,
              const manifest_t *manifest)
{
    fsck_t *fsck = scan->fsck;
    store_key_t key;
    int rc;

    if (!manifest->has_subject || !manifest->subject.is_known) {
        return;
    }

    key = key_referrers(scan->name, &manifest->subject.digest, link->digest);
    rc = store_check(&fsck->op, key.text);
    fsck_scan_note(scan, rc);

    if (rc == DECLINED) {
        fsck_report(fsck, FSCK_MISSING_REFERRER, scan->name, link->text,
                    fsck_may_repair(fsck)
                        && referrer_put(&fsck->op, scan->name,
                                        &manifest->subject.digest, link->digest)
                               == OK,
                    "it is not listed as a referrer of %.*s",
                    STR(manifest->subject.text));
    }
}


/* --- revisions ----------------------------------------------------------- */


static bool
is_revision(fsck_scan_t *scan, const reg_digest_t *digest)
{
    reg_digest_t stored;
    int rc = manifest_find(&scan->fsck->op, scan->name, digest, &stored);

    fsck_scan_note(scan, rc);

    return rc != DECLINED;
}


/* Whether a reference says nothing that another one has not said. */
static bool
is_repeated(const manifest_t *manifest, size_t i)
{
    const descriptor_t *reference = &manifest->references[i];
    const descriptor_t *first = &manifest->references[reference->first];

    return first != reference && first->size == reference->size
           && first->is_optional == reference->is_optional
           && reg_str_eq(first->media_type, reference->media_type);
}


/* What a list of referrers names and is no manifest of the repository was
 * deleted there: such a list is a hint, as the links below _referrers/ are. */
static void
manifest_check(fsck_scan_t *scan, const fsck_link_t *link, str_t content)
{
    fsck_t *fsck = scan->fsck;
    const char *error = "";
    manifest_t manifest;
    bool is_list;

    if (manifest_parse_any(fsck->op.pool, content, &manifest, &error) != OK) {
        fsck_report(fsck, FSCK_BAD_MANIFEST, scan->name, link->text, false,
                    "%s", error);
        return;
    }

    is_list = referrers_tag_may_list(&manifest)
              && digest_set_has(scan->lists, link->digest);

    for (size_t i = 0; i < manifest.n; i++) {
        const descriptor_t *reference = &manifest.references[i];

        if (reference->is_known && !is_repeated(&manifest, i)) {
            digest_set_add(scan->needed, &reference->digest);

            if (!is_list || is_revision(scan, &reference->digest)) {
                reference_check(scan, link, reference, manifest.is_index);
            }
        }
    }

    subject_check(scan, link, &manifest);
}


void
fsck_revision(void *data, const reg_digest_t *digest)
{
    fsck_scan_t *scan = data;
    fsck_t *fsck = scan->fsck;
    fsck_link_t link = { .digest = digest };
    reg_digest_t stored;
    store_key_t key;
    str_t content;
    int rc;

    reg_digest_print(digest, link.text);
    link.key = key_revision_link(scan->name, digest);
    fsck_link_directory(scan, &link);
    rc = fsck_link_read(scan, &link, &stored);

    if (rc == OK) {
        key = key_blob(&stored);
        rc = store_get(&fsck->op, key.text, MANIFEST_BYTES_MAX, &content);

        if (rc == DECLINED) {
            fsck_link_dangling(scan, &link, &stored);

        } else if (rc == ERROR) {
            fsck_report(fsck, FSCK_BAD_MANIFEST, scan->name, link.text, false,
                        "its bytes cannot be read: %s", strerror(fsck->op.err));

        } else if (!reg_hash_fits(content, &stored)) {
            fsck_blob(fsck, &stored);

        } else {
            fsck->manifests += fsck->is_first_look;
            manifest_check(scan, &link, content);
        }
    }

    fsck_scan_note(scan, rc);
    fsck_next(fsck);
    fsck_progress(fsck);
}
