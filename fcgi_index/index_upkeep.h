/* index_upkeep.h: what has ended is deleted also where no one calls. */

#ifndef INDEX_UPKEEP_H
#define INDEX_UPKEEP_H

/* Deletes for a tenth of a second, if no other process does, what is older than
 * the settings keep it: the audit log, feeds, counts of pulls by day, ids of
 * events; sessions, tokens, invitations and answers that have ended; and what
 * is left of accounts that were deleted.  Each statement deletes some hundreds
 * of rows.  Returns after how many milliseconds to call it again: soon where
 * there is more.  Between requests of a process. */
long upkeep_tick(void);

#endif
