/* token_list.h: lists of grants that do not fit into the text of a token: they
 * lie in the database, and the token's verdict ends in one line instead:
 *
 *     list <64 hex characters>
 *
 * The hash is that of the account's login and the grants, so equal lists of one
 * account, and all equal lists of anonymous tokens, are one row. */

#ifndef TOKEN_LIST_H
#define TOKEN_LIST_H

#include "access/grant.h"
#include "db/db.h"

/* Bytes of lists that have not ended: of one account, and of all anonymous
 * tokens together.  A client that asks for one repository more with each token
 * leaves a list of each: 400 of them are 7 MiB. */
#define TOKEN_LISTS_MAX (64 * 1024 * 1024)
#define TOKEN_LISTS_ANONYMOUS_MAX (16 * 1024 * 1024)

typedef struct {
    const char *hash;
    uint64_t account_id; /* 0: anonymous */
    str_t head;          /* the verdict's lines in front of the grants */
    str_t grants;
    int64_t now;
    int64_t expires_at; /* when the token ends */
} token_list_t;

/* The bound for an account; 0: anonymous. */
size_t token_lists_max(uint64_t account_id);

/* Divides a verdict, which must be a good one, into head and grants, and
 * hashes. */
token_list_t token_list(pool_t *pool, str_t verdict);

/* What the token has in place of the verdict; in the pool. */
str_t token_list_text(pool_t *pool, const token_list_t *list);

/* Keeps the list until the token ends, with the names of its repositories.
 * Runs in a transaction.  DECLINED where the account would have more than
 * token_lists_max(); ERROR where the database failed. */
int token_list_store(db_t *db, const token_list_t *list,
                     const grant_list_t *grants);

/* Finds the line of a list at the end of what a token says: OK with *head_r
 * and *hash_r, in the pool; DECLINED where the text has all grants. */
int token_list_split(pool_t *pool, str_t text, str_t *head_r,
                     const char **hash_r);

/* The whole verdict of head and the list with that hash; in the pool.  DECLINED
 * where there is no such list; ERROR where the database failed. */
int token_list_load(db_t *db, str_t head, const char *hash, str_t *verdict_r);

#endif
