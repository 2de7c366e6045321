/* manifest_del.h: takes a manifest out of a repository. */

#ifndef MANIFEST_DEL_H
#define MANIFEST_DEL_H

#include "store/store.h"

/* Takes a manifest out of the repository called name; its tags must be gone.
 * If subject is not NULL, it loses the manifest as a referrer first.  Until the
 * manifest's link is gone, the call can be repeated; what cannot be removed
 * after that is logged and does no harm.  DECLINED if there is no link.  Under
 * the repository's lock, alone. */
int manifest_del(store_op_t *op, str_t name, const reg_digest_t *digest,
                 const reg_digest_t *subject);

/* The same, durable only after store_flush(), for many at once.  The
 * directories that are empty then go as well. */
int manifest_drop(store_op_t *op, str_t name, const reg_digest_t *digest,
                  const reg_digest_t *subject);

#endif
