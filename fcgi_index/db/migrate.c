/* migrate.c: the subcommand migrate: brings the database's schema up to date.
 *
 * One at a time; a migration that was cut begins again at the top of its file,
 * whose statements may all be repeated. */

#include "app.h"
#include "command.h"
#include "db_gen.h"
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


static int
apply(db_t *db, const db_migration_t *migration)
{
    for (const char *const *sql = migration->statements; *sql != NULL; sql++) {
        if (db_text(db, *sql) != OK) {
            log_error("migration %s failed", migration->name);
            return ERROR;
        }
    }

    return db_schema_applied(db, migration->version, app_now()) == OK ? OK
                                                                      : ERROR;
}


static int
migrate(db_t *db)
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

    for (unsigned i = (unsigned)row.version; i < DB_SCHEMA_VERSION; i++) {
        if (apply(db, &db_migrations[i]) != OK) {
            return ERROR;
        }

        printf("applied %s\n", db_migrations[i].name);
    }

    printf("the schema has version %u\n", DB_SCHEMA_VERSION);

    return OK;
}


int
command_migrate(int argc, char **argv)
{
    int rc;

    (void)argc;
    (void)argv;
    app.db_conf.is_migrating = true;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    rc = migrate(app.db);
    db_close(app.db);

    return rc == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
