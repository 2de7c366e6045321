/* star.h: stars of repositories. */

#ifndef STAR_H
#define STAR_H

#include "community/community.h"

/* Gives the actor's star, or takes it back.  OK, also where that was done
 * before, and then nothing changes; ERROR. */
int star_add(const community_t *community);
int star_remove(const community_t *community);

/* Takes back the stars of an account that is deleted, and ends what it follows:
 * some hundreds, and notes where there are more.  In the transaction of the
 * deletion, before the account is.  OK or ERROR. */
int star_forget_account(db_t *db, uint64_t account_id, const char *login);

/* The next portion of what was left; DECLINED where nothing is. */
int star_forget_left(db_t *db);

#endif
