/* mount.h: a blob of one repository put into another one without its bytes
 * (OCI distribution "Mounting a blob from another repository"). */

#ifndef MOUNT_H
#define MOUNT_H

#include "request/registry.h"

/* Does what ?mount=D[&from=M] asks for.  DECLINED where nothing was asked
 * for, or nothing the caller may read has that blob: an upload begins then,
 * and no one learns what is elsewhere. */
int mount_try(req_t *rq, reg_digest_t *digest_r);

#endif
