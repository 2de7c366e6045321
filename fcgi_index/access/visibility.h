/* visibility.h: who may see a repository.  Changes are as change.h has them. */

#ifndef VISIBILITY_H
#define VISIBILITY_H

#include "access/change.h"

/* By an admin of it.  The operator may name one that only the store knows: it
 * is added, with the owner of its namespace, if there is one, and
 * *was_unknown_r is true. */
int visibility_set(change_t *change, const char *name, visibility_t visibility,
                   bool *was_unknown_r);

#endif
