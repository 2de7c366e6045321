/* waiting.c: how many of a program's processes wait for the same thing. */

#include "fcgi_core/waiting.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <sys/mman.h>

typedef struct {
    _Atomic uint64_t thing, owner;
} place_t;

static place_t *places; /* shared; NULL in a command */
static long n_places;
static place_t *mine;


int
waiting_open(long n)
{
    void *shared =
        mmap(NULL, (size_t)n * sizeof(place_t), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        log_error("cannot map memory for %ld processes: %s", n,
                  strerror(errno));
        return ERROR;
    }

    places = shared;
    n_places = n;

    return OK;
}


void
waiting_place(long index)
{
    mine = &places[index];
}


void
waiting_clear(long index)
{
    places[index].thing = 0;
    places[index].owner = 0;
}


/* FNV-1a */
static uint64_t
key_add(uint64_t key, str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        key = (key ^ text.data[i]) * 0x100000001b3;
    }

    return key;
}


uint64_t
waiting_key(str_t first, str_t second)
{
    uint64_t key = key_add(0xcbf29ce484222325, first);

    key = key_add(key_add(key, reg_str("\n")), second);

    return key == 0 ? 1 : key;
}


static long
thing_count(uint64_t thing)
{
    long n = 0;

    for (long i = 0; thing != 0 && i < n_places; i++) {
        n += places[i].thing == thing;
    }

    return n;
}


static long
owner_count(uint64_t owner)
{
    long n = 0;

    for (long i = 0; owner != 0 && i < n_places; i++) {
        n += places[i].owner == owner;
    }

    return n;
}


static long
share(long percent)
{
    return n_places * percent / 100;
}


bool
waiting_is_full(const waiting_t *what, long percent, long owner_percent)
{
    long n = thing_count(what->thing), owned = owner_count(what->owner);

    return mine != NULL && n != 0
           && (n >= share(percent) || owned >= share(owner_percent));
}


/* The place is taken before it is counted: of two that come at once for the
 * last one, both may be refused, but never both let in. */
bool
waiting_begin(const waiting_t *what, long percent, long owner_percent)
{
    if (mine == NULL || what->thing == 0) {
        return true;
    }

    mine->thing = what->thing;
    mine->owner = what->owner;

    if (thing_count(what->thing) <= share(percent)
        && owner_count(what->owner) <= share(owner_percent)) {
        return true;
    }

    waiting_end();

    return false;
}


void
waiting_end(void)
{
    if (mine != NULL) {
        mine->thing = 0;
        mine->owner = 0;
    }
}
