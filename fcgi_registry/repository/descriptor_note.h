/* descriptor_note.h: what a list of referrers says of a manifest, kept next
 * to its link, so that a list parses no manifests.
 *
 * A note can be made again from the manifest at any time, is not durable, and
 * counts as missing where it makes no sense.  registry:2 ignores it. */

#ifndef DESCRIPTOR_NOTE_H
#define DESCRIPTOR_NOTE_H

#include "store/store.h"
#include "manifest/manifest_parse.h"

/* Annotations that make a descriptor longer are left out: no client reads a
 * list that has them. */
#define DESCRIPTOR_MAX (3 * 1024 * 1024)

typedef struct {
    str_t subject;      /* the digest as it stands; empty where there is none */
    json_t *descriptor; /* of the manifest itself; NULL without a subject */
} descriptor_note_t;

/* What a manifest's note is; its values live as long as the pool. */
descriptor_note_t descriptor_note_make(pool_t *pool, const reg_digest_t *digest,
                                       size_t size, const manifest_t *manifest);

/* Writes it next to the link of a revision; a failure is logged. */
void descriptor_note_put(store_op_t *op, str_t name, const reg_digest_t *digest,
                         const descriptor_note_t *note);

/* Reads it into the operation's pool.  DECLINED where there is none. */
int descriptor_note_get(store_op_t *op, str_t name, const reg_digest_t *digest,
                        size_t *bytes_r, descriptor_note_t *note_r);

#endif
