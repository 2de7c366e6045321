/* page.h: lists that come in pages (?n=, ?last=, Link). */

#ifndef PAGE_H
#define PAGE_H

#include "fcgi_core/req.h"

#define PAGE_ALL UINT64_MAX

/* Of the catalogue, in both programs. */
#define PAGE_CATALOG_DEFAULT 100
#define PAGE_CATALOG_MAX 1000

typedef struct {
    uint64_t n;       /* most entries of the page */
    const char *last; /* what the page comes behind; "" for the first one */
} page_t;

/* Reads both arguments.  n is fallback where it is missing or empty;
 * where it is no number, or above max, PAGINATION_NUMBER_INVALID is recorded.
 */
int page_read(req_t *rq, uint64_t fallback, uint64_t max, page_t *page_r);

/* Adds the header of the next page: Link: <path?filter&last=..&n=..>, without
 * n where none was asked for. filter is a query string of its own, or "". */
void page_next(req_t *rq, const page_t *page, const char *path,
               const char *filter, const char *last);

#endif
