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
#include "v2/upload.h"

#include "fcgi_core/log.h"
#include "fcgi_core/prefork.h"
#include "fcgi_core/setting.h"

#define PROGRAM "slipway-registry"

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name */
} command_t;

typedef struct {
    const char *socket;
    long processes;
} serve_conf_t;

static const setting_t serve_settings[] = {
    { "socket", "SLIPWAY_REGISTRY_SOCKET", SETTING_STRING,
      offsetof(serve_conf_t, socket), 0, 0,
      "/run/slipway/registry/registry.sock",
      "Unix socket that nginx's fastcgi_pass names; where systemd hands over a "
      "socket, that one." },
    { "processes", "SLIPWAY_REGISTRY_PROCESSES", SETTING_NUMBER,
      offsetof(serve_conf_t, processes), 1, 1024, "8",
      "How many requests are served at once." },
    { .help = "Everything about a request is set in nginx.conf.\n\n"
              "Commands, a first word before any flag; COMMAND --help tells "
              "its own:\n"
              "  serve             answer nginx (without a command too)\n"
              "  deliver           send events to a receiver\n"
              "  gc                remove blobs that no manifest needs\n"
              "  purge             remove uploads that were given up\n"
              "  fsck              check a store, and repair it\n"
              "  backup            copy a store that is in use\n"
              "  restore           make a store of such a copy\n"
              "  reindex           tell receivers what the store holds\n"
              "  adopt             print the nginx.conf of a registry:2\n"
              "  export-referrers  write the lists that registry:2 lacks" },
};


static int
serve(int argc, char **argv)
{
    serve_conf_t conf = { .socket = NULL };
    int rest;

    if (setting_load(serve_settings, &conf, argc, argv, &rest) != OK) {
        return EXIT_FAILURE;
    }

    if (rest != argc) {
        log_error("%s is no command, or stands behind a flag; see --help",
                  argv[rest]);
        return EXIT_FAILURE;
    }

    if (record_open() != OK
        || upload_open(pool_create(), conf.processes) != OK) {
        return EXIT_FAILURE;
    }

    return prefork_run(&(prefork_t){ .socket = conf.socket,
                                     .processes = conf.processes,
                                     .serve = registry_serve });
}


static const command_t commands[] = {
    { "serve", serve },         /* answer nginx */
    { "deliver", deliver_run }, /* send events on */
    { "gc", gc_run },           /* remove blobs that nothing needs */
    { "purge", purge_run },     /* remove uploads that were given up */
    { "fsck", fsck_run },       /* check a store and repair it */
    { "backup", backup_run },   /* copy a store that is in use */
    { "restore", restore_run }, /* make a store of such a copy */
    { "reindex", reindex_run }, /* tell of what it holds */
    { "adopt", adopt_run },     /* print the nginx.conf of a registry:2 */
    { "export-referrers", referrer_export_run }, /* for the way back */
};


/* A command is the first word; without one, and with flags alone, serve. */
int
main(int argc, char **argv)
{
    log_open(PROGRAM, LOG_INFO);

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }

    return serve(argc, argv);
}
