/* migrate.h: brings the database's schema up to date.
 *
 * One at a time; a migration that was cut begins again at the top of its file,
 * whose statements may all be repeated. */

#ifndef MIGRATE_H
#define MIGRATE_H

#include "db/db.h"

/* Waits for another migration to end, and reads which version the schema has:
 * 0 for an empty database.  DB_SCHEMA_VERSION is the one that this program
 * needs.  ERROR, logged, where it is newer than that. */
int migrate_begin(db_t *db, unsigned *version_r);

/* Applies the migration that leads from this version to the next, and notes
 * that it has been done.  ERROR has been logged. */
int migrate_apply(db_t *db, unsigned version, int64_t now);

#endif
