/* fsck_scan.h: one check of a repository, and its parts. */

#ifndef FSCK_SCAN_H
#define FSCK_SCAN_H

#include "fsck/fsck.h"

typedef struct {
    fsck_t *fsck;
    str_t name; /* repository */
    unsigned has;
    digest_set_t *needed;        /* what its manifests refer to */
    digest_set_t *lists;         /* what has a fallback tag */
    digest_set_t *manifests;     /* content that was read and is a manifest, */
    digest_set_t *others;        /* and that is none */
    const reg_digest_t *subject; /* whose referrers are checked */
} fsck_scan_t;

/* A link, its own digest, and where it stands. */
typedef struct {
    const reg_digest_t *digest;
    bool is_layer;
    store_key_t key;
    char text[REG_DIGEST_MAX + 1];
} fsck_link_t;

/* Remembers of an ERROR that something could not be checked. */
void fsck_scan_note(fsck_scan_t *scan, int rc);

/* Whether content is stored, in whatever repository. */
bool fsck_scan_has(fsck_scan_t *scan, const reg_digest_t *digest);

/* fsck_stray(), for a walk_t whose data is a scan. */
void fsck_scan_stray(void *scan, const char *key);

/* What a scan does with each name; for walk_digests() and walk_names() with a
 * scan as their data.  Tags come before revisions: a revision that gets its
 * link back is then checked with the others. */
void fsck_tag(void *scan, const char *tag);
void fsck_revision(void *scan, const reg_digest_t *digest);
void fsck_layer(void *scan, const reg_digest_t *digest);
void fsck_subject(void *scan, const reg_digest_t *subject);
void fsck_image_v1(void *scan, const char *id);

/* Whether stored content can be read as a manifest. */
bool fsck_is_manifest(fsck_scan_t *scan, const reg_digest_t *digest);

/* Writes a link, if that may be repaired; whether it was. */
bool fsck_link_write(fsck_scan_t *scan, const char *key,
                     const reg_digest_t *digest);

/* Where a link leads; one that says nothing is reported and repaired.  DECLINED
 * where there is none, or none that leads to anything. */
int fsck_link_read(fsck_scan_t *scan, const fsck_link_t *link,
                   reg_digest_t *stored_r);

/* Reports a link to nothing, and removes it.  It stays where a corrupt blob
 * was moved aside: the push that brings it again makes the link a good one. */
void fsck_link_dangling(fsck_scan_t *scan, const fsck_link_t *link,
                        const reg_digest_t *stored);

/* fsck_directory(), of a link. */
void fsck_link_directory(fsck_scan_t *scan, const fsck_link_t *link);

#endif
