/* main.c: slipway-registry: what nginx passes on of the requests to a
 * registry, and the care of its store. */

#include "adopt/adopt.h"
#include "backup/backup.h"
#include "deliver/deliver.h"
#include "spool/record.h"
#include "fsck/fsck.h"
#include "gc/gc.h"
#include "import/import_v1.h"
#include "upkeep/purge.h"
#include "upkeep/referrer_export.h"
#include "serve.h"
#include "reindex/reindex.h"
#include "backup/restore.h"
#include "request/received.h"
#include "v1/layer_unpack.h"

#include "fcgi_core/prefork.h"

#define MIB ((uint64_t)(1024 * 1024))

typedef struct {
    const char *socket;
    long processes;
    long lock_timeout;
    const char *stores;
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
    { "stores", "SLIPWAY_REGISTRY_STORES", SETTING_STRING,
      offsetof(serve_conf_t, stores), 0, 0, "/etc/slipway/stores",
      "Directory of the files that describe the stores in buckets, by the "
      "names that registry_store has in nginx.conf." },
    { .name = NULL },
};


static int
serve(const call_t *call)
{
    const serve_conf_t *conf = call->conf;

    if (record_open() != OK
        || received_open(pool_create(), conf->processes) != OK
        || registry_stores_open(pool_create(), conf->stores, conf->processes)
               != OK) {
        return EXIT_FAILURE;
    }

    registry_lock_timeout_set(conf->lock_timeout);

    return prefork_run(&(prefork_t){ .socket = conf->socket,
                                     .processes = conf->processes,
                                     .serve = registry_serve });
}


typedef struct {
    serve_conf_t serve;
    long output, ratio, entries, seconds; /* of a layer */
} layers_conf_t;

static const setting_t layers_settings[] = {
    { "socket", "SLIPWAY_LAYERS_SOCKET", SETTING_STRING,
      offsetof(layers_conf_t, serve.socket), 0, 0,
      "/run/slipway/layers/layers.sock",
      "Unix socket, as in fastcgi_pass of the location that registry_layers "
      "names; ignored if systemd passes a socket." },
    { "processes", "SLIPWAY_LAYERS_PROCESSES", SETTING_NUMBER,
      offsetof(layers_conf_t, serve.processes), 1, 1024, "2",
      "Number of processes; each unpacks one layer at a time." },
    { "lock-timeout", "SLIPWAY_LAYERS_LOCK_TIMEOUT", SETTING_SECONDS,
      offsetof(layers_conf_t, serve.lock_timeout), 1, 3600, "5s",
      "As of serve." },
    { "output", "SLIPWAY_LAYERS_OUTPUT", SETTING_NUMBER,
      offsetof(layers_conf_t, output), 1, 16777216, "65536",
      "Maximum size in MiB of a layer without its compression, and of all of "
      "its files with their holes; a larger one is refused with 413." },
    { "ratio", "SLIPWAY_LAYERS_RATIO", SETTING_NUMBER,
      offsetof(layers_conf_t, ratio), 1, 1000000000, "1100",
      "How many times larger a layer may be without its compression, or its "
      "files with their holes, beyond the first 64 MiB; gzip reaches 1032." },
    { "entries", "SLIPWAY_LAYERS_ENTRIES", SETTING_NUMBER,
      offsetof(layers_conf_t, entries), 1, 10000000, "500000",
      "Maximum number of files in a layer." },
    { "seconds", "SLIPWAY_LAYERS_SECONDS", SETTING_SECONDS,
      offsetof(layers_conf_t, seconds), 1, 86400, "600s",
      "How long unpacking a layer may take; fastcgi_read_timeout should be "
      "longer." },
    { .name = NULL },
};


static int
serve_layers(const call_t *call)
{
    static unpack_limit_t limit;
    const layers_conf_t *conf = call->conf;

    limit = (unpack_limit_t){ .output = (uint64_t)conf->output * MIB,
                              .ratio = (uint64_t)conf->ratio,
                              .entries = (uint64_t)conf->entries,
                              .seconds = conf->seconds };
    layer_limit_set(&limit);

    if (record_open() != OK
        || received_open(pool_create(), conf->serve.processes) != OK) {
        return EXIT_FAILURE;
    }

    registry_lock_timeout_set(conf->serve.lock_timeout);

    return prefork_run(&(prefork_t){ .socket = conf->serve.socket,
                                     .processes = conf->serve.processes,
                                     .serve = layers_serve });
}


static const command_t serve_commands[] = {
    { .noun = "serve",
      .summary = "Answer nginx.",
      .detail = "Everything about a request is set in nginx.conf.",
      .settings = serve_settings,
      .conf_size = sizeof(serve_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = serve },
    { .noun = "serve-layers",
      .summary = "Answer nginx where the original protocol needs a whole layer "
                 "read.",
      .detail = "A few processes of their own, so that no other request waits "
                "for one: layers that clients of docker up to 1.10 push are "
                "unpacked here, once.",
      .settings = layers_settings,
      .conf_size = sizeof(layers_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = serve_layers },
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
    import_v1_commands,
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
