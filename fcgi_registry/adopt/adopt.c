/* adopt.c: `slipway-registry adopt`: the nginx server block that serves the
 * store of a registry:2.
 *
 * What restricts a registry is never lost in silence: where access cannot be
 * carried over, no one is let in. */

#include "adopt/adopt.h"
#include "adopt/adopt_env.h"
#include "adopt/adopt_part.h"
#include "adopt/adopt_rule.h"
#include "fcgi_core/file.h"
#include "adopt/yaml.h"

#include "fcgi_core/log.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define CONFIG_MAX (1024 * 1024)
#define CONFIG_DEFAULT "/etc/docker/registry/config.yml"

static void
rule_note(void *data, const char *path, const char *reason)
{
    adopt_note(data, path, "%s", reason);
}


static void
parts_make(adopt_t *adopt)
{
    adopt_store(adopt);

    if (adopt->store != NULL) {
        adopt_server(adopt);
        adopt_location(adopt);
        adopt_events(adopt);
    }

    adopt_rule_each(adopt->pool, adopt->root, rule_note, adopt);
}


static void
parts_print(const adopt_t *adopt, const char *file)
{
    printf("# Serves the store of %s.\n", value_comment(adopt->pool, file));

    if (adopt->store == NULL) {
        printf("#\n%s", adopt->notes);
        return;
    }

    printf("# For the http block of an nginx.conf that begins with\n"
           "#     load_module modules/ngx_http_registry_module.so;\n"
           "#\n%s"
           "server {\n%s"
           "    absolute_redirect off;\n\n"
           "    location ^~ /v2/ {\n"
           "        registry on;\n"
           "        registry_root %s;\n"
           "%s"
           "        fastcgi_pass unix:/run/slipway/registry/registry.sock;\n"
           "    }\n\n"
           "%s"
           "    location = / {\n"
           "        expires -1;\n"
           "        return 200;\n"
           "    }\n\n"
           "    location / {\n"
           "        return 404;\n"
           "    }\n"
           "}\n%s%s",
           adopt->notes, adopt->server, value_nginx(adopt->pool, adopt->store),
           adopt->location, adopt->locations, adopt->debug, adopt->after);
}


/* The exit status of the program. */
static int
parts_carry(adopt_t *adopt, const char *file)
{
    parts_make(adopt);

    if (adopt->has_failed) {
        return EXIT_FAILURE;
    }

    parts_print(adopt, file);

    return adopt->store != NULL && fflush(stdout) == 0 ? EXIT_SUCCESS
                                                       : EXIT_FAILURE;
}


static int
config_load(pool_t *pool, const char *file, json_t **root_r)
{
    char path[PATH_MAX];
    const char *error = NULL;
    str_t text;
    int rc = realpath(file, path) == NULL
                 ? ERROR
                 : file_get(pool, path, CONFIG_MAX, &text);

    if (rc != OK) {
        log_error("cannot read %s: %s", file,
                  rc == DECLINED ? "it is no file" : strerror(errno));
        return ERROR;
    }

    if (yaml_read(pool, text, root_r, &error) != OK) {
        log_error("%s: %s", file, error);
        return ERROR;
    }

    if (!json_is_object(*root_r)) {
        log_error("%s is not a configuration of registry:2", file);
        return ERROR;
    }

    adopt_short_expand(*root_r, "storage");
    adopt_short_expand(*root_r, "auth");

    if (adopt_env_apply(pool, *root_r, environ, &error) != OK) {
        log_error("%s", error);
        return ERROR;
    }

    return OK;
}


/* The argument, else what registry:2 would take. */
static const char *
config_name(const char *word)
{
    const char *file = getenv("REGISTRY_CONFIGURATION_PATH");

    if (word != NULL) {
        return word;
    }

    return file != NULL ? file : CONFIG_DEFAULT;
}


static int
adopt_run(const call_t *call)
{
    pool_t *pool = pool_create();
    adopt_t adopt = { .pool = pool,
                      .notes = "",
                      .server = "",
                      .location = "",
                      .locations = "",
                      .debug = "",
                      .after = "" };
    const char *file = config_name(call->words[0]);
    int status = EXIT_FAILURE;

    json_open();

    if (config_load(pool, file, &adopt.root) == OK) {
        status = parts_carry(&adopt, file);
    }

    pool_destroy(pool);

    return status;
}


const command_t adopt_commands[] = {
    { .noun = "adopt",
      .words = "[CONFIG.yml]",
      .summary = "Print the nginx server block that serves a registry:2.",
      .detail = "By its configuration file, which is the argument, else "
                "REGISTRY_CONFIGURATION_PATH, else " CONFIG_DEFAULT ", and "
                "its REGISTRY_ environment; docs/adopt.md.",
      .usage_status = EXIT_FAILURE,
      .run = adopt_run },
    { .noun = NULL },
};
