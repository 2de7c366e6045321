/* migrate.c: brings the database's schema up to date. */

#include "db/migrate.h"
#include "db/db_gen.h"
#include "db/db_schema.h"
#include "fcgi_core/log.h"


static int
lock(db_t *db)
{
    schema_lock_row_t row;

    if (db_schema_lock(db, &row) != OK) {
        return ERROR;
    }

    if (row.is_locked == NULL || !*row.is_locked) {
        log_error("another migration has been running for a minute");
        return ERROR;
    }

    return OK;
}


int
migrate_begin(db_t *db, unsigned *version_r)
{
    schema_current_row_t row;

    if (lock(db) != OK || db_text(db, db_text_schema_create) != OK
        || db_schema_current(db, &row) != OK) {
        return ERROR;
    }

    if (row.version > DB_SCHEMA_VERSION) {
        log_error("the schema has version %llu, newer than this program's %u",
                  (unsigned long long)row.version, DB_SCHEMA_VERSION);
        return ERROR;
    }

    *version_r = (unsigned)row.version;

    return OK;
}


int
migrate_apply(db_t *db, unsigned version, int64_t now)
{
    const db_migration_t *migration = &db_migrations[version];

    for (const char *const *sql = migration->statements; *sql != NULL; sql++) {
        if (db_text(db, *sql) != OK) {
            log_error("migration %s failed", migration->name);
            return ERROR;
        }
    }

    if (migration->oldest == 0) {
        return db_schema_applied(db, migration->version, now) == OK ? OK
                                                                    : ERROR;
    }

    return db_schema_applied_since(db, migration->version, migration->oldest,
                                   now)
                   == OK
               ? OK
               : ERROR;
}
