/* gc_event.c: what a collection tells of the manifests and tags that it
 * removes. */

#include "gc/gc.h"
#include "spool/record.h"
#include "spool/spool.h"

#include <errno.h>
#include <unistd.h>


static json_t *
target_make(str_t name, const gc_gone_t *gone)
{
    json_t *target =
        json_pack("{s:s#}", "repository", (char *)name.data, (int)name.len);
    char text[REG_DIGEST_MAX + 1];

    if (gone->tag != NULL) {
        json_object_set_new(target, "tag", json_string(gone->tag));
    }

    if (gone->digest != NULL) {
        reg_digest_print(gone->digest, text);
        json_object_set_new(target, "digest", json_string(text));
    }

    return target;
}


/* Who tells it is no one, and there was no request. */
static int
line_make(gc_t *gc, pool_t *pool, str_t name, const gc_gone_t *gone,
          str_t *line_r)
{
    json_t *event = record_make(pool, REG_EVENT_DELETE);

    if (event == NULL) {
        return store_error(&gc->store, "draw", "a random number");
    }

    json_object_set_new(event, "target", target_make(name, gone));
    json_object_set_new(event, "request", json_object());
    json_object_set_new(event, "actor", json_object());
    json_object_set_new(event, "source", record_source(pool, ""));

    return record_print(pool, event, line_r);
}


/* In a pool of its own: the store's has the lock. */
static int
lines_put(gc_t *gc, pool_t *pool, str_t name, const gc_gone_t *gone, size_t n)
{
    uint64_t limit = (uint64_t)SPOOL_SIZE_DEFAULT * 1024 * 1024;
    store_t *store = &gc->store;
    str_t *lines = pool_alloc(pool, n * sizeof(str_t));

    for (size_t i = 0; i < n; i++) {
        if (line_make(gc, pool, name, &gone[i], &lines[i]) != OK) {
            return ERROR;
        }
    }

    return spool_append(pool, store->root, record_join(pool, lines, n),
                        spool_segment_size(limit), &store->wait)
                   == OK
               ? OK
               : store_error(store, "write an event to",
                             spool_directory(pool, store->root));
}


/* Whoever has switched events on has the directory.  However many these are,
 * they are written: what is refused where the spool is full is to make more. */
int
gc_event(gc_t *gc, str_t name, const gc_gone_t *gone, size_t n)
{
    pool_t *pool = pool_create();
    const char *directory = spool_directory(pool, gc->store.root);
    int rc = OK;

    if (access(directory, F_OK) == 0) {
        rc = lines_put(gc, pool, name, gone, n);

    } else if (errno != ENOENT) {
        rc = store_error(&gc->store, "look at", directory);
    }

    pool_destroy(pool);

    return rc;
}
