/* community.h: what accounts do with repositories that they may read: who acts,
 * on what, and when.  The caller has checked that they may.  All of it runs in
 * a transaction of the caller. */

#ifndef COMMUNITY_H
#define COMMUNITY_H

#include "activity/activity.h"
#include "audit/audit.h"
#include "webhook/webhook.h"

typedef struct {
    db_t *db;
    const audit_actor_t *actor; /* its id is 0 for the operator */
    uint64_t namespace_id;
    uint64_t repository_id;
    const char *repository; /* its name */
    int64_t now;
} community_t;

/* Writes the row of the audit log; the reference of data is taken.  OK or
 * ERROR. */
int community_audit(const community_t *community, audit_action_t action,
                    json_t *data);

/* Lets webhooks know; the reference of data is taken.  OK or ERROR. */
int community_emit(const community_t *community, webhook_event_kind_t kind,
                   json_t *data);

/* Adds a row to the repository's feed: a star, or the comment subject_id; and
 * takes it back, with the time that it was made at, and of a star its login.
 * OK or ERROR. */
int community_note(const community_t *community, activity_kind_t kind,
                   uint64_t subject_id);
int community_note_gone(const community_t *community, activity_kind_t kind,
                        uint64_t subject_id, int64_t at, const char *actor);

/* Adds to the counts of the repository, and moves it in what search finds where
 * it rises or falls by a step.  OK or ERROR. */
int community_count(const community_t *community, int stars, int comments);

#endif
