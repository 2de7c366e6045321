/* snapshot.h: what a repository holds, as lines of the spool (docs/events.md,
 * "Snapshots").
 *
 * A large repository is reported in several parts, so that a client that pushes
 * there need not wait for all of it: each part is true when it is made, and the
 * events of what changes between two parts stand between them. */

#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "store/listing.h"
#include "store/store.h"

#include "fcgi_core/json.h"
#include "fcgi_core/uuid.h"
#include "common/event_name.h"

typedef struct {
    /* of the whole run */
    store_op_t *op; /* its pool is reset with each thing that is read */
    char run[UUID_LEN + 1];
    size_t max; /* bytes that a part should not have more of */
    str_t part; /* lines */
    listing_t *listing;
    uint64_t manifests, tags; /* that were reported */
    bool has_failed;          /* something could not be read; it was logged */

    /* of the repository */
    str_t name;
    size_t kind; /* of its pages */
    bool is_named, is_done;

    /* of the page */
    listing_name_t after;
    listing_name_t seen; /* what is up to here is known */
    json_t *items;
    size_t size; /* of the items' text */

    struct timespec since; /* when the part was begun; 0: not yet */
} snapshot_t;

/* For a run: draws its id, ERROR, logged, where there is none. */
int snapshot_open(snapshot_t *snapshot, pool_t *pool, store_op_t *op,
                  size_t max);

/* The line of a run's "begin" or "end" becomes the part. */
int snapshot_mark(snapshot_t *snapshot, reg_snapshot_t of);

/* Begins with a repository; name must live as long. */
void snapshot_begin(snapshot_t *snapshot, str_t name);

/* Makes the next part, under the repository's lock, until is_done.  What cannot
 * be read is logged and left out of what the pages cover.  is_named says
 * whether there was any page.  ERROR, logged, where a line cannot be made. */
int snapshot_next(snapshot_t *snapshot);

#endif
