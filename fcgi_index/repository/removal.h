/* removal.h: deletes repositories, in steps that go on where they were cut: the
 * index marks the repository, so that no caller finds it, and remembers that
 * it must go; a run deletes its manifests in the registry with a token of
 * its own; and when the events of that have emptied the mirror, the index
 * forgets it.  Until then its name is taken. */

#ifndef REMOVAL_H
#define REMOVAL_H

#include "access/change.h"
#include "repository/registry_call.h"

/* Marks a repository.  By an admin of it.  As change.h has it. */
int removal_request(change_t *change, const char *name);

typedef struct {
    db_t *db;
    registry_site_t site;
    const volatile sig_atomic_t *is_stopped; /* ends the run between two steps;
                                                may be NULL */
    bool is_elsewhere; /* another run is under way, and this one did nothing */
    size_t finished, waiting, failed; /* repositories, in the end */
} removal_run_t;

/* Goes on with all that are not done; one run of a database at a time.  What
 * the registry refuses is logged, and left to the next run; where it does not
 * answer, the run ends.  OK or ERROR: the database failed. */
int removal_run(removal_run_t *run);

#endif
