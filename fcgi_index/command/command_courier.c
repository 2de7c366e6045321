/* command_courier.c: the subcommand courier: sends events to webhooks. */

#include "app.h"
#include "command/commands.h"
#include "fcgi_core/daemon.h"
#include "fcgi_core/log.h"
#include "token/token.h"
#include "webhook/courier.h"
#include "webhook/webhook.h"

#include <stdlib.h>
#include <sys/prctl.h>

typedef struct {
    const char *origin;
    const char *allow;
    const char *ca_file;
    long timeout, keep;
} courier_settings_t;

static const setting_t courier_settings[] = {
    { "origin", "SLIPWAY_COURIER_ORIGIN", SETTING_STRING,
      offsetof(courier_settings_t, origin), 0, 0, NULL,
      "Where docker and people find the registry, as events say it: scheme, "
      "host and port, https://registry.example." },
    { "allow", "SLIPWAY_COURIER_ALLOW", SETTING_STRING,
      offsetof(courier_settings_t, allow), 0, 0, NULL,
      "Networks that receivers may be in, in addition to the public "
      "Internet, separated by commas: 10.1.0.0/16,fd00::/8." },
    { "ca", "SLIPWAY_COURIER_CA", SETTING_STRING,
      offsetof(courier_settings_t, ca_file), 0, 0, NULL,
      "CA certificates (PEM) used to verify receivers. If not set, those of "
      "the system." },
    { "timeout", "SLIPWAY_COURIER_TIMEOUT", SETTING_SECONDS,
      offsetof(courier_settings_t, timeout), 1, 300, "15s",
      "Timeout of one request." },
    { "keep", "SLIPWAY_COURIER_KEEP", SETTING_SECONDS,
      offsetof(courier_settings_t, keep), 5 * 86400L, 3650 * 86400L, "30d",
      "How long deliveries are kept, with what was sent and answered." },
    { .name = NULL },
};

static int
origin_check(const char *origin)
{
    if (origin == NULL
        || (strncmp(origin, "http://", 7) != 0
            && strncmp(origin, "https://", 8) != 0)
        || strchr(strstr(origin, "://") + 3, '/') != NULL) {
        log_error("--origin must say where the registry is found, like "
                  "https://registry.example");
        return ERROR;
    }

    return OK;
}


static int
command_courier(const call_t *call)
{
    static address_networks_t allowed;
    const courier_settings_t *settings = call->conf;
    courier_conf_t conf = { .origin = settings->origin,
                            .allowed = &allowed,
                            .ca_file = settings->ca_file,
                            .timeout = settings->timeout,
                            .keep = settings->keep,
                            .is_stopped = &daemon_is_stopped };

    /* secrets are in memory from now on */
    prctl(PR_SET_DUMPABLE, 0);
    json_open();
    daemon_open();

    if (origin_check(settings->origin) != OK
        || address_networks_parse(settings->allow, &allowed) != OK
        || app_load_secret() != OK || app_open() != OK) {
        return EXIT_FAILURE;
    }

    conf.db = app.db;
    conf.key = token_derive(app.pool, app.secret, WEBHOOK_KEY_PURPOSE);

    return courier_run(app.pool, &conf) == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}


const command_t courier_commands[] = {
    { .noun = "courier",
      .summary = "Send events to webhooks.",
      .detail = "Runs until it is stopped; several may run at the same time, "
                "on other servers too. docs/webhooks.md.",
      .settings = courier_settings,
      .conf_size = sizeof(courier_settings_t),
      .run = command_courier },
    { .noun = NULL },
};
