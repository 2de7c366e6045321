/* copy.c: copies what a store holds into another one: what all of it shares. */

#include "backup/copy.h"
#include "upkeep/upkeep.h"

#include "fcgi_core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MIB (1024 * 1024)


void
copy_open(copy_t *copy, const char *command, const char *from, const char *to,
          const char *links_to)
{
    pool_t *pool = pool_create();

    copy->command = command;
    copy->done = digest_set_create();
    copy->pending_pool = pool_create();
    store_open(&copy->from_store, from, NULL);
    store_open(&copy->to_store, to, NULL);
    store_open(&copy->links_to_store, links_to, NULL);
    copy->from = store_op_begin(&copy->from_store, pool);
    copy->to = store_op_begin(&copy->to_store, pool);
    copy->links_to = store_op_begin(&copy->links_to_store, pool);
    upkeep_is_time(&copy->reported); /* a second from now */
}


void
copy_close(copy_t *copy)
{
    pool_destroy(copy->pending_pool);
    pool_destroy(copy->from.pool);
    digest_set_destroy(copy->done);
}


int
copy_fail(copy_t *copy, const char *doing, const char *what)
{
    log_error("%s: cannot %s %s: %s", copy->command, doing, what,
              strerror(errno));
    copy->is_over = true;

    return ERROR;
}


void
copy_progress(copy_t *copy)
{
    if (!copy->is_quiet && upkeep_is_time(&copy->reported)) {
        log_info(
            "%s: %llu repositories, %llu links; blobs: %llu copied, %llu "
            "MiB, %llu shared, %llu there",
            copy->command, (unsigned long long)copy->repositories,
            (unsigned long long)copy->links, (unsigned long long)copy->copied,
            (unsigned long long)copy->bytes / MIB,
            (unsigned long long)copy->shared, (unsigned long long)copy->there);
    }
}


void
copy_summary(const copy_t *copy)
{
    printf("%llu repositories, %llu links\n"
           "%llu blobs copied, %llu bytes; %llu shared, %llu were there; %llu "
           "lost, %llu links to nothing\n",
           (unsigned long long)copy->repositories,
           (unsigned long long)copy->links, (unsigned long long)copy->copied,
           (unsigned long long)copy->bytes, (unsigned long long)copy->shared,
           (unsigned long long)copy->there, (unsigned long long)copy->lost,
           (unsigned long long)copy->nothing);
}


/* The whole file system in one go: a sync for each of a million small files
 * would take hours. */
int
copy_sync(copy_t *copy)
{
    int fd = open(copy->to.store->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && syncfs(fd) == 0
                 ? OK
                 : copy_fail(copy, "sync", copy->to.store->root);

    if (fd >= 0) {
        close(fd);
    }

    return rc;
}
