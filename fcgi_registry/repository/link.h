/* link.h: link files: what makes content part of a repository or a tag.
 *
 * A link is the text of a digest.  It is written without anything around it
 * and read leniently.  Where its digest differs from the one in its own path,
 * its content counts (registry:2 stores sha512 blobs so). */

#ifndef LINK_H
#define LINK_H

#include "store/store.h"

/* The digest that a link holds, its hex in the pool.  DECLINED where there is
 * no link, or where it stays empty or unreadable as a digest. */
int link_get(store_op_t *op, const char *key, reg_digest_t *digest_r);

/* The same, but ERROR where it is there and holds no digest. */
int link_get_strict(store_op_t *op, const char *key, reg_digest_t *digest_r);

/* What a link says, whatever that is; ERROR beyond max bytes. */
int link_text(store_op_t *op, const char *key, size_t max, str_t *content_r);

/* Writes a link. */
int link_put(store_op_t *op, const char *key, const reg_digest_t *digest);

#endif
