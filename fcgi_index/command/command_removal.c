/* command_removal.c: the subcommands of removal: repositories that are being
 * deleted. */

#include "app.h"
#include "command/commands.h"
#include "db/db_removal.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "repository/removal.h"

#define TIMEOUT_MS 60000

typedef struct {
    const char *registry;
    const char *service;
    const char *ca_file;
} conf_t;


static int
removal_run_all(const call_t *call)
{
    const conf_t *conf = call->conf;
    static const char *const lines[] = { NULL };
    const http_conf_t http = { .url = conf->registry,
                               .ca_file = conf->ca_file,
                               .lines = lines,
                               .timeout = TIMEOUT_MS };
    removal_run_t run = { .registry = conf->registry,
                          .service = conf->service };

    if (conf->registry == NULL || conf->service == NULL) {
        return call_misused(call, "--registry and --service are needed");
    }

    if (app_load_secret() != OK || app_open() != OK
        || http_open(app.pool, &http, &run.http) != OK) {
        return EXIT_FAILURE;
    }

    run.db = app.db;
    run.secret = app.secret;

    if (removal_run(&run) != OK) {
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
    { "registry", "SLIPWAY_REGISTRY_URL", SETTING_STRING,
      offsetof(conf_t, registry), 0, 0, NULL,
      "Where the registry answers /v2/: http or https, a host, no slash at the "
      "end." },
    { "service", "SLIPWAY_REGISTRY_SERVICE", SETTING_STRING,
      offsetof(conf_t, service), 0, 0, NULL,
      "The registry's name in tokens: the value of registry_service." },
    { "registry-ca", "SLIPWAY_REGISTRY_CA", SETTING_STRING,
      offsetof(conf_t, ca_file), 0, 0, NULL,
      "CA certificates (PEM) used to verify the registry; without it, those of "
      "the system." },
    { .name = NULL },
};


const command_t removal_commands[] = {
    { .noun = "removal",
      .verb = "run",
      .summary = "Go on with the deletion of repositories.",
      .detail = "Deletes their manifests in the registry, and forgets those of "
                "which the mirror knows nothing any more.  Run it every few "
                "minutes; it goes on where it was cut.",
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
