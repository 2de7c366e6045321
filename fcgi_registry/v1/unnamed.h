/* unnamed.h: requests to images that name no repository.
 *
 * Over TLS a client of a registry without an index sends a password instead of
 * a token, and only a token tells to which repository an image belongs.  What
 * such a client pushes waits in a repository that no one can name,
 * REGISTRY_UNNAMED, until it sets a tag; what it pulls is found by hints: the
 * repository whose tag was last read or set with that image.  All of it is of
 * registries in which everyone may read everything. */

#ifndef UNNAMED_H
#define UNNAMED_H

#include "request/registry.h"

/* Finds the repository of the request's image, if the request names none.
 * ERROR is recorded, or in the operation. */
int unnamed_find(req_t *rq);

/* Before a tag is set to an image: makes it one of the request's repository,
 * where the client has pushed it without a name. */
int unnamed_take(req_t *rq, str_t id);

/* Remembers that an image is found in the request's repository. */
int unnamed_note(req_t *rq, str_t id);

#endif
