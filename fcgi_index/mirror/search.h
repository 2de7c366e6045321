/* search.h: finds repositories by words, for who asks.
 *
 * A repository is found where each word of the query is a word of its name,
 * its namespace, its description or its topics, or a part (of three characters
 * or more) of a word of the name behind its first slash.  One word, the rarest,
 * gives the order: first repositories that have it as a whole word, the best
 * places first, then those that have it as a part.  Private repositories are
 * read only for who may read them, and nothing is counted. */

#ifndef SEARCH_H
#define SEARCH_H

#include "access/credential.h"
#include "account/account.h"
#include "db/db_search.h"

#define SEARCH_WORDS_MAX 5 /* more are not looked for */
#define SEARCH_QUERY_MAX 255

typedef struct {
    const account_t *account;       /* NULL: no one */
    const credential_t *credential; /* narrows; NULL: does not */

    str_t text;            /* the words; none: all that the rest lets pass */
    const char *namespace; /* NULL: any */
    const char *topic;     /* NULL: any */
    int visibility;        /* -1: any */
    uint64_t stars;        /* at least */
    size_t limit;          /* 1 to 100 */
    const char *cursor;    /* from *next_r; NULL: the first page */
} search_t;

/* At most limit hits, in the pool of db; *next_r is the cursor of what comes
 * behind them, NULL where there is nothing.  A page may be short.  OK;
 * DECLINED for a cursor that is none of this query; ERROR where the database
 * failed. */
int search_run(db_t *db, const search_t *search, search_hit_row_t **hits_r,
               size_t *n_r, const char **next_r);

#endif
