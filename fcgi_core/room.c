/* room.c: work that only so many of a program's processes may do at a time. */

#include "fcgi_core/room.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define NO_PLACE -1

struct room_s {
    int fd;
    long places;
    long mine; /* of this process */
};


static void
room_close(void *data)
{
    room_t *room = data;

    close(room->fd);
}


room_t *
room_create(pool_t *pool, long places)
{
    room_t *room = pool_new(pool, room_t);

    room->fd = memfd_create("room", MFD_CLOEXEC);
    room->places = places;
    room->mine = NO_PLACE;

    if (room->fd < 0) {
        log_error("memfd_create: %s", strerror(errno));
        return NULL;
    }

    pool_cleanup(pool, room_close, room);

    return room;
}


static int
place_set(room_t *room, long place, short type)
{
    struct flock lock = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1
    };

    return fcntl(room->fd, F_SETLK, &lock) == 0 ? OK : DECLINED;
}


int
room_enter(room_t *room)
{
    for (long i = 0; i < room->places && room->mine == NO_PLACE; i++) {
        if (place_set(room, i, F_WRLCK) == OK) {
            room->mine = i;
        }
    }

    return room->mine != NO_PLACE ? OK : DECLINED;
}


void
room_leave(room_t *room)
{
    if (room->mine != NO_PLACE) {
        place_set(room, room->mine, F_UNLCK);
        room->mine = NO_PLACE;
    }
}
