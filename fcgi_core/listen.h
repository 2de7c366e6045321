/* listen.h: the unix socket at which nginx finds a program. */

#ifndef LISTEN_H
#define LISTEN_H

#include "core.h"

/* Listens at path, mode 0660, not blocking.  A socket that nobody listens at
 * any more is replaced; a live one, or a file of another kind, is refused.
 * ERROR is logged in one line. */
int listen_open(const char *path, int *fd_r);

/* Closes fd and removes the path, unless it is somebody else's by now. */
void listen_close(const char *path, int fd);

#endif
