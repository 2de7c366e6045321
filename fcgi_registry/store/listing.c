/* listing.c: the next names of a directory, sorted, in little memory. */

#include "store/listing.h"

#include <stdlib.h>


listing_t *
listing_create(pool_t *pool, size_t max)
{
    listing_t *listing = pool_new(pool, listing_t);

    listing->max = max;
    listing->names = pool_alloc(pool, 2 * max * sizeof(listing_name_t));

    return listing;
}


void
listing_begin(listing_t *listing, const char *after)
{
    memmove(listing->after, after, strlen(after) + 1);
    listing->n = 0;
    listing->has_more = false;
}


static int
name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}


/* Drops all but the first ones, in a time that the names which came since then
 * share. */
static void
names_cut(listing_t *listing)
{
    qsort(listing->names, listing->n, sizeof(listing_name_t), name_compare);

    if (listing->n > listing->max) {
        listing->n = listing->max;
        listing->has_more = true;
    }
}


/* Once some were dropped, the last one that was kept bounds what may come. */
void
listing_add(listing_t *listing, const char *name)
{
    size_t len = strlen(name);

    if (len > LISTING_NAME_MAX || strcmp(name, listing->after) <= 0
        || (listing->has_more
            && strcmp(name, listing->names[listing->max - 1]) > 0)) {
        return;
    }

    memcpy(listing->names[listing->n++], name, len + 1);

    if (listing->n == 2 * listing->max) {
        names_cut(listing);
    }
}


void
listing_end(listing_t *listing)
{
    names_cut(listing);
}
