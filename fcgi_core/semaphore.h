/* semaphore.h: work that only so many of a program's processes may do at a
 * time.
 *
 * A place is a lock on a byte of a file without a name, so the kernel takes
 * it from a process that ends, however it ends. */

#ifndef SEMAPHORE_H
#define SEMAPHORE_H

#include "fcgi_core/pool.h"

typedef struct semaphore_s semaphore_t;

/* Made before the fork, by a process that does not enter itself; for all that
 * it forks.  NULL, logged, on failure. */
semaphore_t *semaphore_create(pool_t *pool, long places);

/* Never waits.  OK, also where this process has a place already; DECLINED
 * where all are taken. */
int semaphore_take(semaphore_t *semaphore);

/* The same for one thing of many, each of which has that many places.  A
 * process has one place at a time. */
int semaphore_take_of(semaphore_t *semaphore, str_t thing);

/* Nothing where this process has no place. */
void semaphore_release(semaphore_t *semaphore);

#endif
