/* right.h: what the caller may do with the repository or the namespace that
 * the path names. */

#ifndef RIGHT_H
#define RIGHT_H

#include "api/api.h"

/* Checks RIGHT_REPOSITORY_* and RIGHT_NAMESPACE_* of the row and fills
 * api->access, api->namespace and, where there is one, api->repository.  In a
 * transaction it holds what that depends on until the end.  Where the caller
 * may not even read, it answers as if there were nothing: 404; else 403; 401 in
 * both places where no one calls. */
int right_check(api_t *api);

/* Before right_check() of a change, in its transaction: locks the namespace
 * where the row needs more than reading.  Two changes of one namespace that
 * both only held it, as right_check() does, would be a deadlock when both then
 * write. */
int right_lock(api_t *api);

#endif
