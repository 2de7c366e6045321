/* gc_event.c: the events of the manifests and tags that a collection
 * removes. */

#include "gc/gc.h"
#include "spool/spool.h"


/* There was no request.  In a pool of its own: the operation's has the lock. */
static int
lines_put(gc_t *gc, pool_t *pool, const record_t *records, size_t n)
{
    uint64_t limit = (uint64_t)SPOOL_SIZE_DEFAULT * 1024 * 1024;
    store_op_t *op = &gc->op;
    str_t lines;

    if (record_print(pool, records, n, NULL, &lines) != OK) {
        return ERROR;
    }

    return spool_append(pool, op->store->root, lines, spool_segment_size(limit),
                        op->wait)
                   == OK
               ? OK
               : store_error(op, "write an event to",
                             spool_directory(pool, op->store->root));
}


/* If events are on, the directory is there.  The events are also written to a
 * full spool: only requests are refused then. */
int
gc_event(gc_t *gc, const record_t *records, size_t n)
{
    pool_t *pool = pool_create();
    int rc = spool_check(pool, gc->op.store->root);

    if (rc == OK) {
        rc = lines_put(gc, pool, records, n);

    } else if (rc == ERROR) {
        store_error(&gc->op, "check",
                    spool_directory(pool, gc->op.store->root));
    }

    pool_destroy(pool);

    return rc == ERROR ? ERROR : OK;
}
