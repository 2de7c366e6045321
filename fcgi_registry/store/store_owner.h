/* store_owner.h: the user that a store belongs to. */

#ifndef STORE_OWNER_H
#define STORE_OWNER_H

#include "fcgi_core/core.h"

/* A command that root started continues as the owner of the store, with the
 * umask that the store was made with: the workers could not write files of
 * root.  ERROR, logged, where it cannot. */
int store_owner_become(const char *root);

#endif
