/* manifest.h: manifests of a repository. */

#ifndef MANIFEST_H
#define MANIFEST_H

#include "store/store.h"
#include "manifest/manifest_parse.h"

/* The digest under which a repository's manifest is stored, as blob_find(). */
int manifest_find(store_op_t *op, str_t name, const reg_digest_t *digest,
                  reg_digest_t *stored_r);

/* The size of a repository's manifest, as manifest_find(): what it would cost
 * to read. */
int manifest_stat(store_op_t *op, str_t name, const reg_digest_t *digest,
                  uint64_t *size_r);

/* Reads a manifest of a repository and what it says.  DECLINED where it is
 * not there, or cannot be understood (an old schema). */
int manifest_read(store_op_t *op, str_t name, const reg_digest_t *digest,
                  str_t *content_r, manifest_t *manifest_r);

/* Waits until no delete (is_shared) or nothing else at all is under way among
 * the manifests and tags of a repository. */
int manifest_lock(store_op_t *op, str_t name, bool is_shared,
                  store_lock_t *lock_r);

/* Makes bytes a manifest of a repository, without a tag.  Under its lock. */
int manifest_store(store_op_t *op, str_t name, const reg_digest_t *digest,
                   str_t content);

#endif
