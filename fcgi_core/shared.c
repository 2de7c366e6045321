/* shared.c: memory that all processes of a program share. */

#include "fcgi_core/shared.h"
#include "fcgi_core/log.h"

#include <errno.h>
#include <sys/mman.h>


void *
shared_create(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED) {
        log_error("no shared memory: %s", strerror(errno));
        return NULL;
    }

    return p;
}
