/* room.h: work that only so many of a program's processes may do at a time.
 *
 * A place is a lock on a byte of a file without a name, so the kernel takes
 * it from a process that ends, however it ends. */

#ifndef ROOM_H
#define ROOM_H

#include "fcgi_core/pool.h"

typedef struct room_s room_t;

/* Made before the fork, by a process that does not enter itself; for all that
 * it forks.  NULL, logged, on failure. */
room_t *room_create(pool_t *pool, long places);

/* Never waits.  OK, also where this process has a place already; DECLINED
 * where all are taken. */
int room_enter(room_t *room);

/* Nothing where this process has no place. */
void room_leave(room_t *room);

#endif
