/* feed.h: what an account may read of what happened: in a repository, in a
 * namespace, and in all that it follows, owns or is a member of.  Who may read
 * a row is found out when it is read. */

#ifndef FEED_H
#define FEED_H

#include "access/access.h"
#include "activity/activity.h"
#include "db/db_activity.h"

#define FOLLOWS_MAX 1000 /* of an account */

/* The latest first, with an id below "before"; *next_r is before what a further
 * page continues, 0: there is nothing more.  A page may be short.  Rows are in
 * the pool of db. */
typedef struct {
    uint64_t before;
    size_t limit;
    activity_item_row_t *rows;
    size_t n;
    uint64_t next;
} feed_page_t;

/* Of a repository that the caller may read.  OK or ERROR. */
int feed_of_repository(db_t *db, uint64_t repository_id, const access_t *access,
                       feed_page_t *page);

/* Of a namespace of which the account is a member, or which it may read.  OK or
 * ERROR. */
int feed_of_namespace(db_t *db, uint64_t account_id, const access_t *access,
                      feed_page_t *page);

/* Of what an account follows, owns or is a member of.  OK or ERROR. */
int feed_of_account(db_t *db, const account_t *account, feed_page_t *page);

/* Follows a repository that the account may read.  OK, also where it does so
 * already; DECLINED where it follows FOLLOWS_MAX; ERROR. */
int follow_add(db_t *db, uint64_t repository_id, uint64_t account_id,
               int64_t now);

#endif
