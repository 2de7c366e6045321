/* tag.h: tags of a repository. */

#ifndef TAG_H
#define TAG_H

#include "store/store.h"

/* The digest that a tag points to.  DECLINED where there is no such tag. */
int tag_get(store_op_t *op, str_t name, str_t tag, reg_digest_t *digest_r);

/* The same for a caller that must not take a broken link for an absent tag: it
 * is an ERROR. */
int tag_get_strict(store_op_t *op, str_t name, str_t tag,
                   reg_digest_t *digest_r);

/* OK where there is such a tag, whatever its link holds, else DECLINED. */
int tag_check(store_op_t *op, str_t name, str_t tag);

/* Points tags to a manifest, each in one step for readers; their history, the
 * index of a tag, is written first, and in a batch all that was put before is
 * durable before a tag moves.  Under the repository's lock, shared. */
int tags_put(store_op_t *op, str_t name, const str_t *tags, size_t n,
             const reg_digest_t *digest);

/* Removes a tag; its manifest stays.  Under the repository's lock, alone. */
int tag_del(store_op_t *op, str_t name, str_t tag);

/* The tags that point to a manifest; none where there is no such directory. */
int tag_find_all(store_op_t *op, str_t name, const reg_digest_t *digest,
                 store_names_t *tags_r);

/* Every entry of the tags' directory, valid or not. */
int tag_entries(store_op_t *op, str_t name, store_names_t *names_r);

#endif
