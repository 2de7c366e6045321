/* comment.h: comments on repositories.  A moderator is an admin of the
 * repository, or the operator. */

#ifndef COMMENT_H
#define COMMENT_H

#include "community/community.h"
#include "db/db_comment.h"

#define COMMENT_CHARACTERS_MAX 2000
#define COMMENTS_MAX 10 /* of an account in COMMENTS_SECONDS */
#define COMMENTS_SECONDS 600

/* Writes a comment.  OK and its number; DECLINED where the account writes too
 * fast, *wait_r is in how many seconds it may again; ERROR. */
int comment_add(const community_t *community, const char *body, uint64_t *id_r,
                unsigned *wait_r);

/* The rest changes a comment of the repository that comment_hold() has found.
 * Each returns OK or ERROR. */

/* OK and the comment, which no one else changes until the transaction ends;
 * DECLINED for a number that is none of the repository's; ERROR. */
int comment_hold(const community_t *community, uint64_t id,
                 comment_item_row_t *row_r);

int comment_edit(const community_t *community, uint64_t id, const char *body);

int comment_delete(const community_t *community, const comment_item_row_t *row);

/* For moderators: hides it, or decides that it may stay; either way it is no
 * longer reported. */
int comment_moderate(const community_t *community,
                     const comment_item_row_t *row, bool is_hidden);

/* Reports it to moderators. */
int comment_report(const community_t *community, uint64_t id,
                   const char *reason);

#endif
