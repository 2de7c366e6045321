/* command_removal.c: the subcommands of removal: repositories that are being
 * deleted. */

#include "app.h"
#include "command/command_site.h"
#include "command/commands.h"
#include "db/db_removal.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/daemon.h"
#include "fcgi_core/log.h"
#include "repository/removal.h"

#include <sys/prctl.h>

typedef struct {
    long every; /* seconds; 0: once */
} conf_t;

static int
run_open(removal_run_t *run)
{
    run->is_stopped = &daemon_is_stopped;

    if (command_site(&daemon_is_stopped, &run->site) != OK) {
        return ERROR;
    }

    run->db = app.db;

    return OK;
}


/* Has a pool of its own: a program that runs for months keeps nothing. */
static int
run_once(removal_run_t *run)
{
    pool_t *pool = pool_create();
    int rc;

    run->finished = run->waiting = run->failed = 0;
    db_use(run->db, pool);
    rc = removal_run(run);
    pool_destroy(pool);

    return rc;
}


static void
run_again_and_again(removal_run_t *run, long every)
{
    log_info("deleting repositories, every %ld seconds", every);

    while (!daemon_is_stopped) {
        if (run_once(run) == OK && run->finished != 0) {
            log_info("repositories deleted: %zu", run->finished);
        }

        daemon_pause(every * 1000);
    }
}


static int
removal_run_all(const call_t *call)
{
    const conf_t *conf = call->conf;
    removal_run_t run = { .db = NULL };

    if (app.settings.registry_url == NULL
        || app.settings.registry_service == NULL) {
        return call_misused(call, "--registry and --service are needed");
    }

    /* secrets are in memory from now on */
    prctl(PR_SET_DUMPABLE, 0);
    daemon_open();

    if (run_open(&run) != OK) {
        return EXIT_FAILURE;
    }

    if (conf->every != 0) {
        run_again_and_again(&run, conf->every);
        return EXIT_SUCCESS;
    }

    if (run_once(&run) != OK) {
        return EXIT_FAILURE;
    }

    if (run.is_elsewhere) {
        log_error("another run is under way");
        return EXIT_FAILURE;
    }

    printf("%zu deleted, %zu wait for events, %zu failed\n", run.finished,
           run.waiting, run.failed);

    return run.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}


static void
removal_print(const call_t *call, const removal_row_t *row)
{
    char text[CLOCK_TEXT_SIZE];

    if (call->is_json) {
        json_print(json_pack(
            "{s:s, s:o, s:s, s:o, s:s?}", "name", row->name, "requested_at",
            command_time(&row->requested_at), "requested_by", row->requested_by,
            "tried_at", command_time(row->tried_at), "message", row->message));
    } else {
        printf("%s %s %s\n", row->name, clock_print(row->requested_at, text),
               row->message != NULL ? row->message : "not tried yet");
    }
}


static int
removal_list(const call_t *call)
{
    uint64_t after = 0;
    removal_row_t *rows;
    size_t n;

    if (app_open() != OK) {
        return EXIT_FAILURE;
    }

    do {
        if (db_removal_list_open(app.db, after, COMMAND_PAGE, &rows, &n)
            != OK) {
            return EXIT_FAILURE;
        }

        for (size_t i = 0; i < n; i++) {
            removal_print(call, &rows[i]);
            after = rows[i].id;
        }
    } while (n == COMMAND_PAGE);

    return EXIT_SUCCESS;
}


static const setting_t settings[] = {
    { "every", "SLIPWAY_REMOVAL_EVERY", SETTING_SECONDS,
      offsetof(conf_t, every), 1, 86400, NULL,
      "Run until it is stopped, and do the work again after this time; without "
      "it, once." },
    { .name = NULL },
};


const command_t removal_commands[] = {
    { .noun = "removal",
      .verb = "run",
      .summary = "Go on with the deletion of repositories.",
      .detail = "Deletes their manifests in the registry, and forgets those of "
                "which the mirror knows nothing any more.  The unit "
                "slipway-removal runs it all the time; it goes on where it was "
                "cut.",
      .settings = settings,
      .conf_size = sizeof(conf_t),
      .run = removal_run_all },
    { .noun = "removal",
      .verb = "list",
      .summary = "List the repositories that are being deleted.",
      .has_json = true,
      .run = removal_list },
    { .noun = NULL },
};
