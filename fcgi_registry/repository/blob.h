/* blob.h: content by its digest, and the links that put it in a
 * repository. */

#ifndef BLOB_H
#define BLOB_H

#include "store/store.h"

/* The digest under which a repository's blob is stored (another one than
 * asked for where the link is an alias).  DECLINED where it is not linked in
 * the repository or its content is missing. */
int blob_find(store_op_t *op, str_t name, const reg_digest_t *digest,
              reg_digest_t *stored_r);

/* Follows a link at key to content that is stored: what blob_find() does with
 * the link of a blob. */
int link_resolve(store_op_t *op, const char *key, reg_digest_t *stored_r);

/* OK or DECLINED: whether content is stored at all, in whatever repository. */
int blob_is_stored(store_op_t *op, const reg_digest_t *digest);

/* store_touch() of what a digest is stored under. */
int blob_touch(store_op_t *op, const reg_digest_t *stored);

/* Makes a local file of size bytes the content of a digest.  Content
 * that is there already with the same size is kept (and the file too). */
int blob_put_file(store_op_t *op, const reg_digest_t *digest, const char *path,
                  uint64_t size);

/* The same with bytes. */
int blob_put(store_op_t *op, const reg_digest_t *digest, str_t content);

/* Puts a blob in a repository.  stored is the digest under which its content
 * is; a link of that name is written as well where it is another one. */
int blob_link(store_op_t *op, str_t name, const reg_digest_t *digest,
              const reg_digest_t *stored);

#endif
