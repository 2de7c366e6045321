/* blob_delete.h: takes a blob out of a repository. */

#ifndef BLOB_DELETE_H
#define BLOB_DELETE_H

#include "request/registry.h"

/* DELETE /v2/N/blobs/D: takes the blob out of the repository; its content stays
 * for other repositories and for garbage collection. */
int blob_delete(req_t *rq);

#endif
