/* command_site.c: the registry, for commands that ask it. */

#include "command/command_site.h"
#include "app.h"

#define TIMEOUT_MS 30000


int
command_site(const volatile sig_atomic_t *is_stopped, registry_site_t *site_r)
{
    static const char *const lines[] = { NULL };
    static http_conf_t http = { .lines = lines, .timeout = TIMEOUT_MS };

    http.url = app.settings.registry_url;
    http.ca_file = app.settings.registry_ca;
    http.is_stopped = is_stopped;

    if (app_load_secret() != OK || app_open() != OK
        || http_open(app.pool, &http, &site_r->http) != OK) {
        return ERROR;
    }

    site_r->url = app.settings.registry_url;
    site_r->service = app.settings.registry_service;
    site_r->secret = app.secret;
    site_r->seal_key = app.seal_key;
    site_r->cache = app.cache;

    return OK;
}
