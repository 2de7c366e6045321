/* semaphore.c: work that only so many of a program's processes may do at a
 * time. */

#include "fcgi_core/semaphore.h"
#include "fcgi_core/log.h"
#include "fcgi_core/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define NO_PLACE -1
#define THINGS (1ULL << 32) /* that have places of their own */

struct semaphore_s {
    int fd;
    long places;
    long mine; /* of this process */
};


static void
semaphore_close(void *data)
{
    semaphore_t *semaphore = data;

    close(semaphore->fd);
}


semaphore_t *
semaphore_create(pool_t *pool, long places)
{
    semaphore_t *semaphore = pool_new(pool, semaphore_t);

    semaphore->fd = memfd_create("semaphore", MFD_CLOEXEC);
    semaphore->places = places;
    semaphore->mine = NO_PLACE;

    if (semaphore->fd < 0) {
        log_error("memfd_create: %s", strerror(errno));
        return NULL;
    }

    pool_cleanup(pool, semaphore_close, semaphore);

    return semaphore;
}


static int
place_set(semaphore_t *semaphore, long place, short type)
{
    struct flock lock = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1
    };

    return fcntl(semaphore->fd, F_SETLK, &lock) == 0 ? OK : DECLINED;
}


/* One of the places from the first on. */
static int
place_take(semaphore_t *semaphore, long first)
{
    for (long i = first;
         i < first + semaphore->places && semaphore->mine == NO_PLACE; i++) {
        if (place_set(semaphore, i, F_WRLCK) == OK) {
            semaphore->mine = i;
        }
    }

    return semaphore->mine != NO_PLACE ? OK : DECLINED;
}


int
semaphore_take(semaphore_t *semaphore)
{
    return place_take(semaphore, 0);
}


int
semaphore_take_of(semaphore_t *semaphore, str_t thing)
{
    uint64_t number = waiting_key(thing, reg_str("")) % THINGS;

    return place_take(semaphore, (long)number * semaphore->places);
}


void
semaphore_release(semaphore_t *semaphore)
{
    if (semaphore->mine != NO_PLACE) {
        place_set(semaphore, semaphore->mine, F_UNLCK);
        semaphore->mine = NO_PLACE;
    }
}
