/* command_migrate.c: the subcommand migrate. */

#include "app.h"
#include "command/commands.h"
#include "db/db_gen.h"
#include "db/migrate.h"
#include "fcgi_core/clock.h"


static int
migrate(db_t *db)
{
    unsigned version;

    if (migrate_begin(db, &version) != OK) {
        return ERROR;
    }

    for (; version < DB_SCHEMA_VERSION; version++) {
        if (migrate_apply(db, version, clock_now()) != OK) {
            return ERROR;
        }

        printf("applied %s\n", db_migrations[version].name);
    }

    printf("the schema has version %u\n", version);

    return OK;
}


static int
command_migrate(const call_t *call)
{
    int rc;

    (void)call;
    app.db_conf.is_migrating = true;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    rc = migrate(app.db);
    db_close(app.db);

    return rc == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}


const command_t migrate_commands[] = {
    { .noun = "migrate",
      .summary = "Update the database's schema.",
      .detail = "Quick if it is up to date, and safe to run twice; one at a "
                "time.",
      .run = command_migrate },
    { .noun = NULL },
};
