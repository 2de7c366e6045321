/* star.h: stars of repositories. */

#ifndef STAR_H
#define STAR_H

#include "community/community.h"

/* Gives the actor's star, or takes it back.  OK, also where that was done
 * before, and then nothing changes; ERROR. */
int star_add(const community_t *community);
int star_remove(const community_t *community);

#endif
