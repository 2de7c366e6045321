/* fsck_repository.c: a repository: what its links, tags and manifests say of
 * each other and of the blobs. */

#include "fsck/fsck.h"
#include "repository/blob.h"
#include "repository/referrers_tag.h"
#include "repository/link.h"
#include "repository/manifest.h"
#include "manifest/manifest_schema1.h"
#include "repository/referrer.h"
#include "repository/tag.h"
#include "upkeep/upkeep.h"

#include "common/hash.h"
#include "common/name.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One look at a repository. */
typedef struct {
    fsck_t *fsck;
    str_t name;
    unsigned has;
    digest_set_t *needed;        /* what its manifests refer to */
    digest_set_t *lists;         /* what has a fallback tag */
    digest_set_t *manifests;     /* content that was read and is a manifest, */
    digest_set_t *others;        /* and that is none */
    const reg_digest_t *subject; /* whose referrers are looked at */
} scan_t;

/* A link, its own digest, and where it stands. */
typedef struct {
    const reg_digest_t *digest;
    bool is_layer;
    char key[REG_PATH_MAX];
    char text[REG_DIGEST_MAX + 1];
} link_t;


static void
failed(scan_t *scan, int rc)
{
    if (rc == ERROR) {
        scan->fsck->has_failed = true;
    }
}


static bool
is_stored(scan_t *scan, const reg_digest_t *digest)
{
    int rc = blob_is_stored(&scan->fsck->store, digest);

    failed(scan, rc);

    return rc == OK;
}


/* --- links --------------------------------------------------------------- */


static bool
link_write(scan_t *scan, const char *key, const reg_digest_t *digest)
{
    return fsck_may_repair(scan->fsck)
           && link_put(&scan->fsck->store, key, digest) == OK;
}


/* Links of blobs have a lock of their own, which that of the repository does
 * not replace: what is wrong with one is checked again under it.  Content comes
 * before its link, so content that is missing while no one can write a link is
 * not on its way.  *is_changed_r says whether the link was repaired. */
static int
layer_repair(scan_t *scan, const link_t *link, store_t *alone,
             bool *is_changed_r)
{
    char key[REG_PATH_MAX];
    reg_digest_t stored;
    int rc;

    reg_path_repository(key, sizeof(key), NO_ROOT, scan->name, "_layers");
    rc = store_lock(alone, key, NULL, false);

    if (rc == OK) {
        rc = store_check(alone, link->key);
    }

    if (rc != OK) {
        return rc;
    }

    rc = link_get(alone, link->key, &stored);

    if (rc == OK) {
        rc = blob_is_stored(alone, &stored);

    } else if (rc == DECLINED) {
        rc = blob_is_stored(alone, link->digest);

        if (rc == OK) {
            rc = link_put(alone, link->key, link->digest);
            *is_changed_r = rc == OK;
        }
    }

    if (rc == DECLINED) {
        *is_changed_r = fsck_remove(scan->fsck, link->key);
    }

    return rc;
}


/* In memory of its own, so that the lock ends here. */
static bool
layer_repaired(scan_t *scan, const link_t *link)
{
    store_t alone = scan->fsck->store;
    bool is_changed = false;

    alone.pool = pool_create();
    failed(scan, layer_repair(scan, link, &alone, &is_changed));
    pool_destroy(alone.pool);

    return is_changed;
}


/* Removes a link that leads to nothing; that of a blob may turn out to lead
 * somewhere once it is locked. */
static bool
link_remove(scan_t *scan, const link_t *link)
{
    if (!fsck_may_repair(scan->fsck)) {
        return false;
    }

    return link->is_layer ? layer_repaired(scan, link)
                          : fsck_remove(scan->fsck, link->key);
}


/* One that says nothing gets its own digest, if there is such content. */
static int
bad_link_repair(scan_t *scan, const link_t *link, reg_digest_t *stored_r)
{
    fsck_t *fsck = scan->fsck;
    bool is_there = is_stored(scan, link->digest);
    bool is_repaired = is_there && !link->is_layer
                           ? link_write(scan, link->key, link->digest)
                           : link_remove(scan, link);

    fsck_tell(fsck, FSCK_BAD_LINK, scan->name, link->text, is_repaired,
              "%s holds no digest", link->key);
    *stored_r = *link->digest;

    return is_there ? OK : DECLINED;
}


/* Where a link leads.  DECLINED where there is none, or none that leads to
 * anything. */
static int
link_read(scan_t *scan, const link_t *link, reg_digest_t *stored_r)
{
    store_t *store = &scan->fsck->store;
    int rc = link_get(store, link->key, stored_r);

    if (rc == DECLINED && store_check(store, link->key) == OK) {
        return bad_link_repair(scan, link, stored_r);
    }

    failed(scan, rc);

    return rc;
}


/* A link to nothing.  It stays where a corrupt blob was moved aside: the push
 * that brings it again makes the link a good one. */
static void
dangling_tell(scan_t *scan, const link_t *link, const reg_digest_t *stored)
{
    fsck_t *fsck = scan->fsck;
    bool is_aside = fsck_is_aside(fsck, stored);

    fsck_tell(fsck, FSCK_DANGLING_LINK, scan->name, link->text,
              !is_aside && link_remove(scan, link), "%s leads to nothing%s",
              link->key, is_aside ? "; it was corrupt, push it again" : "");
}


static void
link_directory(scan_t *scan, const link_t *link)
{
    char key[REG_PATH_MAX];

    snprintf(key, sizeof(key), "%s", link->key);
    *strrchr(key, '/') = '\0';
    fsck_directory(scan->fsck, scan->name, key, "link");
}


/* --- what a manifest refers to ------------------------------------------- */


/* Whether stored content can be read as a manifest. */
static bool
is_manifest(scan_t *scan, const reg_digest_t *digest)
{
    store_t *store = &scan->fsck->store;
    char key[REG_PATH_MAX];
    const char *error;
    manifest_t manifest;
    str_t content;
    bool is_one;

    /* many an index may have it as a part */
    if (digest_set_has(scan->manifests, digest)
        || digest_set_has(scan->others, digest)) {
        return digest_set_has(scan->manifests, digest);
    }

    reg_path_blob(key, sizeof(key), NO_ROOT, digest);

    if (store_get(store, key, MANIFEST_BYTES_MAX, &content) != OK) {
        return false;
    }

    is_one = manifest_parse_any(store->pool, content, &manifest, &error) == OK;
    digest_set_add(is_one ? scan->manifests : scan->others, digest);

    return is_one;
}


/* Content that is there, but not of the size that a manifest gives: one of the
 * two is wrong. */
static void
size_check(scan_t *scan, const char *manifest, const descriptor_t *reference,
           const reg_digest_t *stored)
{
    fsck_t *fsck = scan->fsck;
    char key[REG_PATH_MAX];
    store_stat_t stat;
    int rc;

    reg_path_blob(key, sizeof(key), NO_ROOT, stored);
    rc = store_stat(&fsck->store, key, &stat);
    failed(scan, rc);

    if (rc != OK || stat.size == reference->size
        || reference->size == MANIFEST_SIZE_UNKNOWN) {
        return;
    }

    if (fsck_blob(fsck, stored) == OK) {
        fsck_tell(fsck, FSCK_WRONG_SIZE, scan->name, manifest, false,
                  "it gives %.*s %llu bytes, which has %llu",
                  (int)reference->text.len, reference->text.data,
                  (unsigned long long)reference->size,
                  (unsigned long long)stat.size);
    }
}


/* Nothing says that the parts of such a revision were ever there: an index may
 * have had it as a blob, of which no one checks what it refers to. */
static bool
revision_write(scan_t *scan, const char *key, const reg_digest_t *digest)
{
    char note[REG_PATH_MAX];

    reg_path_revision_sparse(note, sizeof(note), NO_ROOT, scan->name, digest);

    return fsck_may_repair(scan->fsck)
           && store_put(&scan->fsck->store, note, reg_cstr("")) == OK
           && link_write(scan, key, digest);
}


static void
missing_link(scan_t *scan, const char *manifest, const descriptor_t *reference,
             bool is_revision)
{
    const reg_digest_t *digest = &reference->digest;
    char key[REG_PATH_MAX], text[REG_DIGEST_MAX + 1];
    bool is_repaired;

    if (is_revision) {
        reg_path_revision_link(key, sizeof(key), NO_ROOT, scan->name, digest);
        is_repaired = revision_write(scan, key, digest);

    } else {
        reg_path_layer_link(key, sizeof(key), NO_ROOT, scan->name, digest);
        is_repaired = link_write(scan, key, digest);
    }

    reg_digest_print(digest, text);
    fsck_tell(scan->fsck, FSCK_MISSING_LINK, scan->name, text, is_repaired,
              "%s needs it, and it is stored, but %s is missing", manifest,
              key);
}


static bool
is_file(scan_t *scan, const char *key)
{
    int rc = store_check(&scan->fsck->store, key);

    failed(scan, rc);

    return rc != DECLINED;
}


/* Whether a push did not have to find this in its repository, and none has
 * brought it since: a link to it would give whoever knows a digest the content
 * that others keep. */
static bool
may_lack(scan_t *scan, const link_t *link, const descriptor_t *reference)
{
    char key[REG_PATH_MAX];

    reg_path_layer_link(key, sizeof(key), NO_ROOT, scan->name,
                        &reference->digest);

    if (is_file(scan, key)) {
        return false;
    }

    reg_path_revision_sparse(key, sizeof(key), NO_ROOT, scan->name,
                             link->digest);

    return reference->is_optional || is_file(scan, key);
}


static void
absent_tell(scan_t *scan, const char *manifest, const descriptor_t *reference,
            bool is_part)
{
    if (is_stored(scan, &reference->digest)) {
        missing_link(scan, manifest, reference,
                     is_part && is_manifest(scan, &reference->digest));

    } else {
        fsck_tell(scan->fsck, FSCK_MISSING_BLOB, scan->name, manifest, false,
                  "it needs %.*s", (int)reference->text.len,
                  reference->text.data);
    }
}


/* A part of an index may be there as a blob, as for a push. */
static void
reference_check(scan_t *scan, const link_t *link, const descriptor_t *reference,
                bool is_index)
{
    store_t *store = &scan->fsck->store;
    const reg_digest_t *digest = &reference->digest;
    bool is_part = is_index && manifest_is_type(reference->media_type);
    reg_digest_t stored;
    int rc = DECLINED;

    if (is_part) {
        rc = manifest_find(store, scan->name, digest, &stored);
    }

    if (rc == DECLINED) {
        rc = blob_find(store, scan->name, digest, &stored);
    }

    failed(scan, rc);

    if (rc == OK) {
        size_check(scan, link->text, reference, &stored);

    } else if (rc == DECLINED && !may_lack(scan, link, reference)) {
        absent_tell(scan, link->text, reference, is_part);
    }
}


static void
subject_check(scan_t *scan, const link_t *link, const manifest_t *manifest)
{
    fsck_t *fsck = scan->fsck;
    char key[REG_PATH_MAX];
    int rc;

    if (!manifest->has_subject || !manifest->subject.is_known) {
        return;
    }

    reg_path_referrers(key, sizeof(key), NO_ROOT, scan->name,
                       &manifest->subject.digest, link->digest);
    rc = store_check(&fsck->store, key);
    failed(scan, rc);

    if (rc == DECLINED) {
        fsck_tell(fsck, FSCK_MISSING_REFERRER, scan->name, link->text,
                  fsck_may_repair(fsck)
                      && referrer_put(&fsck->store, scan->name,
                                      &manifest->subject.digest, link->digest)
                             == OK,
                  "it is not listed as a referrer of %.*s",
                  (int)manifest->subject.text.len, manifest->subject.text.data);
    }
}


/* --- revisions ----------------------------------------------------------- */


static bool
is_revision(scan_t *scan, const reg_digest_t *digest)
{
    reg_digest_t stored;
    int rc = manifest_find(&scan->fsck->store, scan->name, digest, &stored);

    failed(scan, rc);

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
manifest_check(scan_t *scan, const link_t *link, str_t content)
{
    fsck_t *fsck = scan->fsck;
    const char *error = "";
    manifest_t manifest;
    bool is_list;

    if (manifest_parse_any(fsck->store.pool, content, &manifest, &error)
        != OK) {
        fsck_tell(fsck, FSCK_BAD_MANIFEST, scan->name, link->text, false, "%s",
                  error);
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


static void
revision_pass(void *data, const reg_digest_t *digest)
{
    scan_t *scan = data;
    fsck_t *fsck = scan->fsck;
    link_t link = { .digest = digest };
    reg_digest_t stored;
    char key[REG_PATH_MAX];
    str_t content;
    int rc;

    reg_digest_print(digest, link.text);
    reg_path_revision_link(link.key, sizeof(link.key), NO_ROOT, scan->name,
                           digest);
    link_directory(scan, &link);
    rc = link_read(scan, &link, &stored);

    if (rc == OK) {
        reg_path_blob(key, sizeof(key), NO_ROOT, &stored);
        rc = store_get(&fsck->store, key, MANIFEST_BYTES_MAX, &content);

        if (rc == DECLINED) {
            dangling_tell(scan, &link, &stored);

        } else if (rc == ERROR) {
            fsck_tell(fsck, FSCK_BAD_MANIFEST, scan->name, link.text, false,
                      "its bytes cannot be read: %s",
                      strerror(fsck->store.err));

        } else if (!reg_hash_fits(content, &stored)) {
            fsck_blob(fsck, &stored);

        } else {
            fsck->manifests += fsck->is_first_look;
            manifest_check(scan, &link, content);
        }
    }

    failed(scan, rc);
    fsck_next(fsck);
    fsck_progress(fsck);
}


/* --- tags ---------------------------------------------------------------- */


/* What a tag pointed to before its link was lost: the newest entry of its
 * history that is still a manifest of the repository. */
typedef struct {
    scan_t *scan;
    const char *tag;
    bool is_found;
    time_t when;
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_digest_t digest;
} history_t;


static void
history_pass(void *data, const reg_digest_t *digest)
{
    history_t *history = data;
    store_t *store = &history->scan->fsck->store;
    char key[REG_PATH_MAX];
    reg_digest_t stored;
    struct stat st;

    reg_path_tag_index(key, sizeof(key), NO_ROOT, history->scan->name,
                       reg_cstr(history->tag), digest);

    if (stat(store_path(store, key), &st) != 0) {
        if (errno != ENOENT) {
            store_error(store, "look at", key);
        }

        return;
    }

    if ((!history->is_found || st.st_mtim.tv_sec > history->when)
        && manifest_find(store, history->scan->name, digest, &stored) == OK) {
        history->is_found = true;
        history->when = st.st_mtim.tv_sec;
        snprintf(history->hex, sizeof(history->hex), "%.*s",
                 (int)digest->hex.len, digest->hex.data);
        history->digest =
            (reg_digest_t){ digest->algorithm, reg_cstr(history->hex) };
    }
}


static void
bad_tag_tell(scan_t *scan, const char *tag)
{
    fsck_t *fsck = scan->fsck;
    history_t history = { .scan = scan, .tag = tag };
    walk_t walk = { &fsck->store, &history, NULL };
    char key[REG_PATH_MAX], text[REG_DIGEST_MAX + 1] = "nothing";
    bool is_repaired;

    reg_path_tag(key, sizeof(key), NO_ROOT, scan->name, reg_cstr(tag));
    failed(scan,
           walk_digests(&walk, pool_printf(fsck->store.pool, "%s/index", key),
                        history_pass));

    if (history.is_found) {
        reg_digest_print(&history.digest, text);
        reg_path_tag_current(key, sizeof(key), NO_ROOT, scan->name,
                             reg_cstr(tag));
        is_repaired = link_write(scan, key, &history.digest);

    } else {
        is_repaired =
            fsck_may_repair(fsck) && store_del_tree(&fsck->store, key) == OK;
    }

    fsck_tell(fsck, FSCK_BAD_LINK, scan->name, tag, is_repaired,
              "the tag's link holds no digest; its history says %s", text);
}


/* A tag that points to what is no manifest of the repository. */
static void
target_check(scan_t *scan, const char *tag, const reg_digest_t *digest)
{
    fsck_t *fsck = scan->fsck;
    char key[REG_PATH_MAX], text[REG_DIGEST_MAX + 1];
    bool is_aside;

    reg_digest_print(digest, text);

    if (is_stored(scan, digest) && is_manifest(scan, digest)) {
        reg_path_revision_link(key, sizeof(key), NO_ROOT, scan->name, digest);
        fsck_tell(fsck, FSCK_MISSING_LINK, scan->name, text,
                  link_write(scan, key, digest),
                  "tag %s points to it, and it is stored, but %s is missing",
                  tag, key);
        return;
    }

    is_aside = fsck_is_aside(fsck, digest);
    fsck_tell(fsck, FSCK_DANGLING_TAG, scan->name, tag,
              !is_aside && fsck_may_repair(fsck)
                  && tag_del(&fsck->store, scan->name, reg_cstr(tag)) == OK,
              "it points to %s, which is missing%s", text,
              is_aside ? "; it was corrupt, push it again" : "");
}


/* A directory without a current link. */
static void
unfinished_tell(scan_t *scan, const char *tag)
{
    fsck_t *fsck = scan->fsck;
    char key[REG_PATH_MAX];
    struct stat st;

    reg_path_tag(key, sizeof(key), NO_ROOT, scan->name, reg_cstr(tag));

    if (lstat(store_path(&fsck->store, key), &st) != 0) {
        return; /* gone by now */
    }

    if (!S_ISDIR(st.st_mode)) {
        fsck_stray(fsck, key);
        return;
    }

    fsck_tell(fsck, FSCK_UNFINISHED_TAG, scan->name, tag,
              fsck_may_repair(fsck) && store_del_tree(&fsck->store, key) == OK,
              "it points nowhere");
}


static void
tag_pass(void *data, const char *tag)
{
    scan_t *scan = data;
    store_t *store = &scan->fsck->store;
    char key[REG_PATH_MAX];
    reg_digest_t digest, stored, start;
    int rc;

    if (!reg_tag_is_valid(reg_cstr(tag))) {
        reg_path_repository(key, sizeof(key), NO_ROOT, scan->name,
                            "_manifests/tags");
        fsck_stray(scan->fsck, pool_printf(store->pool, "%s/%s", key, tag));
        fsck_next(scan->fsck);
        return;
    }

    reg_path_tag_current(key, sizeof(key), NO_ROOT, scan->name, reg_cstr(tag));
    *strrchr(key, '/') = '\0';
    fsck_directory(scan->fsck, scan->name, key, "link");
    rc = tag_get(store, scan->name, reg_cstr(tag), &digest);

    if (rc == OK) {
        rc = manifest_find(store, scan->name, &digest, &stored);

        if (rc == DECLINED) {
            target_check(scan, tag, &digest);
        }

        if (referrers_tag_parse(reg_cstr(tag), &start) == OK
            && !referrers_tag_is_of(&start, &digest)) {
            digest_set_add(scan->lists, &digest);
        }

    } else if (rc == DECLINED) {
        rc = tag_check(store, scan->name, reg_cstr(tag));

        if (rc == OK) {
            bad_tag_tell(scan, tag);

        } else if (rc == DECLINED) {
            unfinished_tell(scan, tag);
        }
    }

    failed(scan, rc);
    fsck_next(scan->fsck);
}


/* --- links of blobs, referrers ------------------------------------------- */


/* What a manifest refers to is told with the manifest, and its link stays: a
 * push of the blob anywhere makes it a good one. */
static void
layer_pass(void *data, const reg_digest_t *digest)
{
    scan_t *scan = data;
    link_t link = { .digest = digest, .is_layer = true };
    reg_digest_t stored;

    reg_digest_print(digest, link.text);
    reg_path_layer_link(link.key, sizeof(link.key), NO_ROOT, scan->name,
                        digest);
    link_directory(scan, &link);

    if (link_read(scan, &link, &stored) == OK && !is_stored(scan, &stored)
        && !digest_set_has(scan->needed, digest)) {
        dangling_tell(scan, &link, &stored);
    }

    fsck_next(scan->fsck);
    fsck_progress(scan->fsck);
}


static void
referrer_pass(void *data, const reg_digest_t *digest)
{
    scan_t *scan = data;
    fsck_t *fsck = scan->fsck;
    link_t link = { .digest = digest };
    reg_digest_t stored;
    int rc;

    reg_digest_print(digest, link.text);
    reg_path_referrers(link.key, sizeof(link.key), NO_ROOT, scan->name,
                       scan->subject, digest);
    link_directory(scan, &link);

    if (link_read(scan, &link, &stored) == OK) {
        rc = manifest_find(&fsck->store, scan->name, digest, &stored);
        failed(scan, rc);

        if (rc == DECLINED) {
            dangling_tell(scan, &link, digest);
        }
    }

    fsck_next(fsck);
}


static void
look_stray(void *data, const char *key)
{
    fsck_stray(((scan_t *)data)->fsck, key);
}


static void
subject_pass(void *data, const reg_digest_t *subject)
{
    scan_t *scan = data;
    walk_t walk = { &scan->fsck->store, scan, look_stray };
    char key[REG_PATH_MAX];

    scan->subject = subject;
    reg_path_referrers(key, sizeof(key), NO_ROOT, scan->name, subject, NULL);
    failed(scan, walk_digests(&walk, key, referrer_pass));
}


/* --- the repository ------------------------------------------------------ */


static void
part_walk(scan_t *scan, unsigned part, const char *directory, walk_digest_fn fn)
{
    walk_t walk = { &scan->fsck->store, scan, look_stray };
    char key[REG_PATH_MAX];

    if ((scan->has & part) != 0) {
        reg_path_repository(key, sizeof(key), NO_ROOT, scan->name, directory);
        failed(scan, walk_digests(&walk, key, fn));
        fsck_next(scan->fsck);
    }
}


static void
tags_walk(scan_t *scan)
{
    walk_t walk = { &scan->fsck->store, scan, look_stray };
    char key[REG_PATH_MAX];

    if ((scan->has & WALK_MANIFESTS) != 0) {
        reg_path_repository(key, sizeof(key), NO_ROOT, scan->name,
                            "_manifests/tags");
        failed(scan, walk_names(&walk, key, tag_pass));
        fsck_next(scan->fsck);
    }
}


/* Tags before revisions: what gives a revision its link back is looked at
 * with the others. */
static void
look_at(fsck_t *fsck, str_t name, unsigned has)
{
    scan_t scan = { .fsck = fsck,
                    .name = name,
                    .has = has,
                    .needed = digest_set_create(),
                    .lists = digest_set_create(),
                    .manifests = digest_set_create(),
                    .others = digest_set_create() };

    tags_walk(&scan);
    part_walk(&scan, WALK_MANIFESTS, "_manifests/revisions", revision_pass);
    part_walk(&scan, WALK_LAYERS, "_layers", layer_pass);
    part_walk(&scan, WALK_REFERRERS, "_referrers", subject_pass);
    digest_set_destroy(scan.needed);
    digest_set_destroy(scan.lists);
    digest_set_destroy(scan.manifests);
    digest_set_destroy(scan.others);
}


/* Takes the repository's lock, with what the repository has by then: its first
 * push may have come since the walk.  One without manifests and referrers has
 * nothing that the lock is for, and taking it would make it a repository. */
static int
repository_lock(store_t *alone, str_t name, unsigned *has)
{
    char path[REG_PATH_MAX];

    reg_path_repository(path, sizeof(path), reg_cstr(alone->root), name,
                        "_manifests");

    if (access(path, F_OK) != 0 && (*has & WALK_REFERRERS) == 0) {
        *has &= ~(unsigned)WALK_MANIFESTS;
        return errno == ENOENT ? OK : store_error(alone, "look at", path);
    }

    *has |= WALK_MANIFESTS;

    return manifest_lock(alone, name, false);
}


void
fsck_repository(fsck_t *fsck, str_t name, unsigned has)
{
    uint64_t found = fsck->found;
    store_t alone = fsck->store;
    bool is_clean;

    fsck->is_first_look = true;
    look_at(fsck, name, has);
    fsck->is_first_look = false;
    is_clean = fsck->found == found;
    fsck->found = found;

    if (is_clean) {
        return;
    }

    alone.pool = pool_create();

    if (repository_lock(&alone, name, &has) == OK) {
        look_at(fsck, name, has);

    } else {
        fsck->has_failed = true;
    }

    pool_destroy(alone.pool);
}
