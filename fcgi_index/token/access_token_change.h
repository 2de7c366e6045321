/* access_token_change.h: an account's access tokens are made, edited, rotated
 * and revoked, by their owner or by the operator.
 *
 * Each runs in a transaction, writes its row of the audit log, and answers as
 * change.h has it.  now of the change is set. */

#ifndef ACCESS_TOKEN_CHANGE_H
#define ACCESS_TOKEN_CHANGE_H

#include "access/change.h"
#include "token/access_token.h"

#define ACCESS_TOKEN_DAYS 90 /* that one is good for where no one says more */
#define ACCESS_TOKEN_DAYS_MAX 3650
#define ACCESS_TOKEN_GRACE 24 /* hours that an old secret is good */
#define ACCESS_TOKEN_GRACE_MAX 168
#define ACCESS_TOKEN_NAME_MAX 100    /* characters */
#define ACCESS_TOKEN_PATTERNS_MAX 20 /* of names */

/* When one ends.  most is how many days one may be good, 0: for ever.  days
 * NULL: as usual; 0: never.  *expires_at_r points to *buf, or is NULL for
 * never. */
int access_token_expiry(change_t *change, long most, const int64_t *days,
                        int64_t *buf, const int64_t **expires_at_r);

/* Makes one of the owner's; the prefix, the account and the time of *new are
 * filled. */
int access_token_create(change_t *change, const account_t *owner,
                        access_token_new_t *new, const char **secret_r,
                        uint64_t *id_r);

/* Holds one against other changes, and finds it. */
int access_token_take(change_t *change, const account_t *owner, uint64_t id,
                      access_token_item_row_t *row_r);

/* The rest is done to one that was taken. */

/* Its name, actions and patterns become those of the row.  What was bought
 * with it before may be more than it is good for now, and is revoked. */
int access_token_edit(change_t *change, const account_t *owner,
                      const access_token_item_row_t *row);

/* Another secret; the old one is good for grace seconds.  Bearer tokens that
 * were issued for the old one stay valid: clients do not notice. */
int access_token_renew(change_t *change, const account_t *owner, uint64_t id,
                       int64_t grace, const int64_t *expires_at,
                       const char **secret_r);

int access_token_revoke(change_t *change, const account_t *owner, uint64_t id);

/* One, with the fields that the API has. */
json_t *access_token_json(const access_token_item_row_t *row);

/* Words of actions as bits. */
unsigned access_token_actions(json_t *words);

#endif
