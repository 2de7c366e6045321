/* search_candidate.h: repositories that have a term, in the order of their
 * places, from all scopes that an account may read. */

#ifndef SEARCH_CANDIDATE_H
#define SEARCH_CANDIDATE_H

#include "account/account.h"
#include "db/db_search.h"

/* A posting after which a list continues. */
typedef struct {
    uint64_t place;
    uint64_t id; /* of the repository */
} search_position_t;

/* The place of a list that is at its end: no posting has it. */
#define SEARCH_PLACE_END 256

/* Which postings. */
typedef struct {
    const account_t *account; /* for internal and granted; NULL: no one */
    bool has_public;
    bool has_internal;
    bool has_granted;      /* unlisted and private repositories */
    uint64_t namespace_id; /* granted ones of this namespace; 0: any */
    const char *term;
} search_source_t;

typedef struct {
    search_candidate_row_t *rows; /* in the pool of db */
    size_t n;
    search_position_t until; /* the list is complete up to this */
} search_candidates_t;

/* Below 0 where a comes before b. */
int search_position_compare(search_position_t a, search_position_t b);

/* The next postings behind "from", at most "most" (1 or more).  OK or
 * ERROR. */
int search_candidates(db_t *db, const search_source_t *source,
                      search_position_t from, size_t most,
                      search_candidates_t *list_r);

#endif
