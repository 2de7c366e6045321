/* listing.h: the next names of a directory, sorted, in the same little memory
 * however many it has.
 *
 * A directory comes in no order.  All of it is read into a listing, which
 * keeps the first names behind another one; for those behind them the directory
 * is listed once more. */

#ifndef LISTING_H
#define LISTING_H

#include "fcgi_core/pool.h"

#define LISTING_NAME_MAX 135 /* bytes: a digest is longer than a tag */

typedef char listing_name_t[LISTING_NAME_MAX + 1];

typedef struct {
    size_t n;              /* names that were kept */
    listing_name_t *names; /* byte-wise ascending */
    bool has_more;         /* there are others behind them */
    size_t max;            /* that are kept; there is room for twice as many */
    listing_name_t after;
} listing_t;

/* Keeps max names at the most; in the pool. */
listing_t *listing_create(pool_t *pool, size_t max);

/* Begins again: keeps names behind after, which may be one of the listing's
 * own;
 * "" for all. */
void listing_begin(listing_t *listing, const char *after);

/* A name of the directory; one that is longer than LISTING_NAME_MAX is ignored.
 */
void listing_add(listing_t *listing, const char *name);

/* That was the last one: the listing can be read. */
void listing_end(listing_t *listing);

#endif
