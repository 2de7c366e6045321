/* main.c: slipway-registry: what nginx passes on of the requests to a
 * registry, and the care of its store. */

#include "adopt/adopt.h"
#include "backup/backup.h"
#include "deliver/deliver.h"
#include "spool/record.h"
#include "fsck/fsck.h"
#include "gc/gc.h"
#include "upkeep/purge.h"
#include "upkeep/referrer_export.h"
#include "serve.h"
#include "reindex/reindex.h"
#include "backup/restore.h"
#include "request/received.h"

#include "fcgi_core/prefork.h"

typedef struct {
    const char *socket;
    long processes;
    long lock_timeout;
} serve_conf_t;

static const setting_t serve_settings[] = {
    { "socket", "SLIPWAY_REGISTRY_SOCKET", SETTING_STRING,
      offsetof(serve_conf_t, socket), 0, 0,
      "/run/slipway/registry/registry.sock",
      "Unix socket, as in nginx's fastcgi_pass; ignored if systemd passes a "
      "socket." },
    { "processes", "SLIPWAY_REGISTRY_PROCESSES", SETTING_NUMBER,
      offsetof(serve_conf_t, processes), 1, 1024, "8",
      "Number of processes; each serves one request at a time." },
    { "lock-timeout", "SLIPWAY_REGISTRY_LOCK_TIMEOUT", SETTING_SECONDS,
      offsetof(serve_conf_t, lock_timeout), 1, 3600, "5s",
      "How long a request waits for a lock that another process holds, before "
      "the answer is 503; 1.6 times as long for all locks together." },
    { .name = NULL },
};


static int
serve(const call_t *call)
{
    const serve_conf_t *conf = call->conf;

    if (record_open() != OK
        || received_open(pool_create(), conf->processes) != OK) {
        return EXIT_FAILURE;
    }

    registry_lock_timeout_set(conf->lock_timeout);

    return prefork_run(&(prefork_t){ .socket = conf->socket,
                                     .processes = conf->processes,
                                     .serve = registry_serve });
}


static const command_t serve_commands[] = {
    { .noun = "serve",
      .summary = "Answer nginx.",
      .detail = "Everything about a request is set in nginx.conf.",
      .settings = serve_settings,
      .conf_size = sizeof(serve_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = serve },
    { .noun = NULL },
};

static const command_t *const tables[] = {
    serve_commands,
    deliver_commands,
    gc_commands,
    purge_commands,
    fsck_commands,
    backup_commands,
    restore_commands,
    reindex_commands,
    adopt_commands,
    referrer_export_commands,
    NULL,
};


int
main(int argc, char **argv)
{
    static const program_t program = {
        .name = "slipway-registry",
        .summary = "Serves the requests to a registry that nginx passes on, "
                   "and maintains its store.",
        .tables = tables
    };

    return program_run(&program, argc, argv);
}
