/* v1_repository.h: a repository begins, and ends. */

#ifndef V1_REPOSITORY_H
#define V1_REPOSITORY_H

#include "v1/v1.h"

/* PUT /v1/repositories/N/: the beginning of a push. */
int v1_repository_put(v1_t *v1);

/* DELETE: the first call marks the repository and gives a token with which the
 * client deletes it in the registry; the second one, which names the registry
 * in X-Docker-Endpoints, says that it has.  What a client leaves undone
 * "slipway-index removal run" does (repository/removal.h). */
int v1_repository_delete(v1_t *v1);

#endif
