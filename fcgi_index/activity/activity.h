/* activity.h: what happens in repositories and namespaces, for feeds
 * (community/feed.h).
 *
 * A row is written in the transaction of the change that it reports.  Rows are
 * bounded: pushes and deletions of tags by one account within ACTIVITY_FOLD
 * seconds are one row; of stars and of comments a repository gets no more than
 * ACTIVITY_BURST rows in an hour; and all go after some days. */

#ifndef ACTIVITY_H
#define ACTIVITY_H

#include "db/db.h"
#include "fcgi_core/json.h"

#define ACTIVITY_FOLD 600
#define ACTIVITY_BURST 20
#define ACTIVITY_TAGS_MAX 10 /* that a row names */

typedef enum {
#define ACTIVITY(name, word, help) ACTIVITY_##name,
#include "activity/activity.def"
#undef ACTIVITY
    ACTIVITY_N
} activity_kind_t;

/* In the order of the kinds; ends in NULL. */
extern const char *const activity_words[];

typedef struct {
    activity_kind_t kind;
    uint64_t namespace_id;
    uint64_t repository_id; /* 0: of the namespace */
    int64_t at;             /* seconds since 1970 */
    const char *actor;      /* a login; NULL or "": not known */
    const char *tag;        /* of PUSH and DELETE */
    uint64_t subject_id;    /* of a comment; 0: none */
    json_t *data;           /* what else there is to say, or NULL; borrowed */
} activity_t;

/* OK or ERROR: the database failed. */
int activity_add(db_t *db, const activity_t *activity);

/* Takes back the row of a comment, or of the star of an actor, if there is one:
 * "at" as it was given.  OK or ERROR. */
int activity_forget(db_t *db, const activity_t *activity);

/* Deletes at most "max" rows of before a moment.  OK or ERROR. */
int activity_purge(db_t *db, int64_t before, uint64_t max);

#endif
