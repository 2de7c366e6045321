/* repository_list.h: the repositories of all namespaces, or of one, that an
 * account may see in lists: public ones; for accounts internal ones; and all on
 * which it has a role. */

#ifndef REPOSITORY_LIST_H
#define REPOSITORY_LIST_H

#include "access/access.h"
#include "db/db_repository_list.h"

typedef enum {
    LISTING_NAME,    /* in the order of the bytes */
    LISTING_UPDATED, /* the last push first */
    LISTING_STARS,   /* the most stars first */
    LISTING_PULLS    /* the most pulls first */
} listing_sort_t;

/* Behind which repository a page begins: by name, or by the number that the
 * order is by and the id; see listing_first(). */
typedef struct {
    const char *name;
    int64_t number;
    uint64_t id;
} listing_place_t;

typedef struct {
    const account_t *account; /* NULL: no one */
    const char *namespace;    /* NULL: all */
    int visibility;           /* a visibility_t; -1: any */
    bool is_mine; /* only those that the account may push to, or more */
    listing_sort_t sort;
    listing_place_t after;
    size_t limit;
} listing_t;

/* In front of the first repository. */
listing_place_t listing_first(void);

/* At most listing->limit repositories, in the pool of db; *next_r is the place
 * behind which the next page begins, NULL where there is none.  A page may be
 * short.  A namespace that is not there has none.  OK or ERROR: the database
 * failed. */
int listing_read(db_t *db, const listing_t *listing,
                 repository_item_row_t **rows_r, size_t *n_r,
                 const listing_place_t **next_r);

#endif
