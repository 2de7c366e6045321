/* gc_event.c: what a collection tells of the manifests and tags that it
 * removes. */

#include "gc/gc.h"
#include "spool/record.h"
#include "spool/spool.h"


/* There was no request.  In a pool of its own: the store's has the lock. */
static int
lines_put(gc_t *gc, pool_t *pool, str_t name, const gc_gone_t *gone, size_t n)
{
    uint64_t limit = (uint64_t)SPOOL_SIZE_DEFAULT * 1024 * 1024;
    store_op_t *op = &gc->op;
    record_t *records = pool_alloc(pool, n * sizeof(record_t));
    str_t lines;

    for (size_t i = 0; i < n; i++) {
        records[i] = (record_t){ .action = REG_EVENT_DELETE,
                                 .repository = name,
                                 .digest = gone[i].digest };

        if (gone[i].tag != NULL) {
            records[i].tag = reg_cstr(gone[i].tag);
        }
    }

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


/* Whoever has switched events on has the directory.  However many these are,
 * they are written: what is refused where the spool is full is to make more. */
int
gc_event(gc_t *gc, str_t name, const gc_gone_t *gone, size_t n)
{
    pool_t *pool = pool_create();
    int rc = spool_check(pool, gc->op.store->root);

    if (rc == OK) {
        rc = lines_put(gc, pool, name, gone, n);

    } else if (rc == ERROR) {
        store_error(&gc->op, "check",
                    spool_directory(pool, gc->op.store->root));
    }

    pool_destroy(pool);

    return rc == ERROR ? ERROR : OK;
}
