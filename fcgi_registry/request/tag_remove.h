/* tag_remove.h: a client takes tags and manifests away, whatever the protocol.
 */

#ifndef TAG_REMOVE_H
#define TAG_REMOVE_H

#include "request/registry.h"

/* Removes a tag of the request's repository, and reports it; its manifest
 * stays.  DECLINED where there is none; ERROR, recorded where a policy refuses
 * it.  Whether there is room for events is checked before by the caller. */
int tag_remove(req_t *rq, str_t tag);

/* Takes a manifest, whose tags are gone, out of the repository, and out of the
 * referrers of its subject.  DECLINED where it is not there.  Under the
 * repository's lock, alone; reported before by the caller. */
int revision_del(registry_t *registry, const reg_digest_t *digest);

#endif
