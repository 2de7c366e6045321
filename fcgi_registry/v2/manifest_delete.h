/* manifest_delete.h: a manifest or a tag is deleted (OCI distribution
 * "Deleting manifests"). */

#ifndef MANIFEST_DELETE_H
#define MANIFEST_DELETE_H

#include "request/registry.h"

int manifest_delete(req_t *rq); /* DELETE /v2/N/manifests/<T|D> */

#endif
