/* registry_check.h: checks the registries of the map, and notes in the database
 * whether they are up, for all hosts.
 *
 * A check is claimed in the database until it must have ended, so that several
 * checkers, on several hosts, do not do it twice. */

#ifndef REGISTRY_CHECK_H
#define REGISTRY_CHECK_H

#include "db/db.h"
#include "fcgi_core/http.h"

typedef struct {
    db_t *db;
    http_many_t *http; /* to which addresses it connects is decided there */
    long timeout;      /* seconds, of one check */
    long every;        /* seconds between two checks of a registry */
} registry_check_t;

/* Checks what is due, REGISTRIES_MAX at most, at the same time.  *n_r is how
 * many.  OK, or ERROR where the database failed, which was logged.  Uses the
 * pool of the database. */
int registry_check_run(const registry_check_t *check, size_t *n_r);

#endif
