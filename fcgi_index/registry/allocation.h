/* allocation.h: to which registries a client is sent for a repository.
 *
 * Primaries are the vendor's and private registries whose patterns match the
 * name or, where there are none, the sponsors whose patterns match.  A push
 * gets all primaries, whatever their state: one that is left out would miss an
 * image.  A pull gets mirrors and primaries as a list of fallbacks: those that
 * are up first, then those that are unknown, then those that are down; of the
 * same state mirrors first; of the same kind by chance, as their weights are.
 * Weight 0 takes a registry out of both.  docs/chaining.md. */

#ifndef ALLOCATION_H
#define ALLOCATION_H

#include "registry/registry_map.h"

#define ALLOCATION_MAX 16 /* endpoints that a client is given */

typedef struct {
    const char *repository; /* without "library/" */
    bool is_push;           /* also of a deletion */
    bool is_private;        /* not everybody may read it: no mirrors */
    /* The value of INDEX_ENDPOINTS: words with commas or spaces between them;
     * "" or NULL: none.  Endpoints replace the allocation.  Names of registries
     * leave only these of a pull's list; where that leaves none, and on a push,
     * they change nothing.  Words that are neither are logged. */
    const char *override;
} allocation_ask_t;

/* Endpoints, "host" or "host:port", in the order of preference. */
typedef struct {
    const char *endpoints[ALLOCATION_MAX];
    size_t n; /* 0: the map says nothing: the host that was asked */
} allocation_t;

/* OK, or ERROR where the database failed.  Strings are in the pool of db. */
int allocation_find(db_t *db, const allocation_ask_t *ask,
                    allocation_t *allocation_r);

/* The same of rows.  Pure but for the pool and the log; random is any number,
 * for the order by weight. */
void allocation_pick(pool_t *pool, const registry_row_t *rows, size_t n,
                     const allocation_ask_t *ask, int64_t now, uint64_t random,
                     allocation_t *allocation_r);

/* Those of which one comes first, by weight, in the order of rows:
 * REGISTRIES_MAX at most.  0 where none is there that is not down.  A pattern
 * may stand for the names that match it: its stars are matched by stars alone.
 */
size_t allocation_first(const registry_row_t *rows, size_t n,
                        const allocation_ask_t *ask, int64_t now,
                        const registry_row_t **rows_r);

/* Whether a name, or all names of a pattern, belong to a vendor's or a private
 * registry. */
bool allocation_has_owner(const registry_row_t *rows, size_t n,
                          const char *repository);

#endif
