/* command_registry.c: the subcommands of registry: the Index's map of
 * registries. */

#include "app.h"
#include "command/commands.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/daemon.h"
#include "fcgi_core/file.h"
#include "fcgi_core/log.h"
#include "registry/allocation.h"
#include "registry/edge_map.h"
#include "registry/registry_check.h"
#include "registry/registry_map.h"

#include <errno.h>

#define COLUMNS "name kind endpoint weight state checked_at message"
#define NO_CHECK "off"
#define EXIT_SAME 3

typedef struct {
    const char *kind;
    const char *endpoint;
    const char *patterns; /* with commas between them */
    const char *check;
    long weight;
} conf_t;

typedef struct {
    const call_t *call;
    registry_row_t row;
} work_t;


/* --- what is wanted ------------------------------------------------------- */

static const char *
lines_of(const char *words)
{
    char *lines = pool_strdup(app.pool, words);

    for (char *p = lines; *p != '\0'; p++) {
        if (*p == ',') {
            *p = '\n';
        }
    }

    return lines;
}


/* Puts the flags over what is there. */
static int
wanted_read(const call_t *call, registry_wanted_t *wanted)
{
    const conf_t *conf = call->conf;

    if (conf->kind != NULL
        && registry_kind_parse(conf->kind, &wanted->kind) != OK) {
        call_misused(call, "%s is neither sponsor, mirror, vendor nor private",
                     conf->kind);
        return ERROR;
    }

    if (conf->endpoint != NULL) {
        wanted->endpoint = conf->endpoint;
    }

    if (conf->weight >= 0) {
        wanted->weight = (uint64_t)conf->weight;
    }

    if (conf->patterns != NULL) {
        wanted->patterns = lines_of(conf->patterns);
    }

    if (conf->check != NULL) {
        wanted->check_url =
            strcmp(conf->check, NO_CHECK) == 0 ? NULL : conf->check;
    }

    return OK;
}


/* --- changes -------------------------------------------------------------- */

static int
add(const call_t *call)
{
    const conf_t *conf = call->conf;
    registry_wanted_t wanted = { .weight = 0 };
    change_t change;

    if (conf->kind == NULL || conf->endpoint == NULL) {
        return call_misused(call, "--kind and --endpoint are needed");
    }

    if (wanted_read(call, &wanted) != OK) {
        return COMMAND_USAGE;
    }

    return command_open_change(&change) == OK
               ? command_finish(&change,
                                registry_add(&change, call->words[0], &wanted),
                                "registry %s added", call->words[0])
               : EXIT_FAILURE;
}


static int
set(const call_t *call)
{
    registry_wanted_t wanted;
    registry_row_t row;
    change_t change;
    int rc;

    if (command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    rc = registry_take(&change, call->words[0], &row);

    if (rc == OK) {
        wanted = registry_wanted(&row);

        if (wanted_read(call, &wanted) != OK) {
            return COMMAND_USAGE;
        }

        rc = registry_edit(&change, &row, &wanted);
    }

    return command_finish(&change, rc, "registry %s changed", call->words[0]);
}


static int
remove_one(const call_t *call)
{
    registry_row_t row;
    change_t change;
    int rc;

    if (command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    rc = registry_take(&change, call->words[0], &row);

    if (rc == OK) {
        rc = registry_remove(&change, &row);
    }

    return command_finish(&change, rc, "registry %s removed", call->words[0]);
}


/* --- lists ---------------------------------------------------------------- */

static int
print_page(const call_t *call, const char **after)
{
    registry_row_t *rows;
    size_t n;

    if (db_registry_list(app.db, *after, COMMAND_PAGE, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, registry_json(&rows[i], clock_now()), COLUMNS);
        *after = rows[i].name;
    }

    return OK;
}


static int
list(const call_t *call)
{
    return command_list(call, print_page);
}


static int
show(const call_t *call)
{
    registry_row_t row;
    change_t change;
    int rc;

    if (command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    rc = registry_take(&change, call->words[0], &row);

    if (rc != OK) {
        command_done(&change, rc);
        return EXIT_FAILURE;
    }

    command_show(call, registry_json(&row, clock_now()));

    return EXIT_SUCCESS;
}


/* --- an allocation -------------------------------------------------------- */

typedef struct {
    bool is_push, is_private;
    const char *endpoints;
} allocate_conf_t;

static const setting_t allocate_settings[] = {
    { "push", NULL, SETTING_FLAG, offsetof(allocate_conf_t, is_push), 0, 0,
      NULL, "For a push; without it, for a pull." },
    { "private", NULL, SETTING_FLAG, offsetof(allocate_conf_t, is_private), 0,
      0, NULL, "As for a repository that not everybody may read." },
    { "endpoints", NULL, SETTING_STRING, offsetof(allocate_conf_t, endpoints),
      0, 0, NULL, "The value of INDEX_ENDPOINTS in nginx.conf." },
    { .name = NULL },
};


static int
allocate(const call_t *call)
{
    const allocate_conf_t *conf = call->conf;
    const allocation_ask_t ask = { .repository = call->words[0],
                                   .is_push = conf->is_push,
                                   .is_private = conf->is_private,
                                   .override = conf->endpoints };
    allocation_t allocation;

    if (app_open() != OK || allocation_find(app.db, &ask, &allocation) != OK) {
        return EXIT_FAILURE;
    }

    for (size_t i = 0; i < allocation.n; i++) {
        if (call->is_json) {
            json_print(json_pack("{s:s}", "endpoint", allocation.endpoints[i]));
        } else {
            printf("%s\n", allocation.endpoints[i]);
        }
    }

    return EXIT_SUCCESS;
}


/* --- a map for nginx ------------------------------------------------------ */

typedef struct {
    const char *output, *edges;
} nginx_map_conf_t;

static const setting_t nginx_map_settings[] = {
    { "output", NULL, SETTING_STRING, offsetof(nginx_map_conf_t, output), 0, 0,
      NULL, "Replace this file, an absolute path, if it differs." },
    { "edges", NULL, SETTING_STRING, offsetof(nginx_map_conf_t, edges), 0, 0,
      NULL,
      "Names of the registries that have a registry_redirect_edge, separated "
      "by "
      "commas; without it, all." },
    { .name = NULL },
};


static int
replace(const char *path, str_t text)
{
    str_t old;

    if (file_get(app.pool, path, text.len, &old) == OK
        && reg_str_eq(old, text)) {
        return EXIT_SAME;
    }

    if (file_put(app.pool, path, text) != OK) {
        log_error("cannot write %s: %s", path, strerror(errno));
        return EXIT_FAILURE;
    }

    return EXIT_SUCCESS;
}


static int
nginx_map(const call_t *call)
{
    const nginx_map_conf_t *conf = call->conf;
    registry_row_t *rows;
    const char *text;
    size_t n;

    if (conf->output != NULL && conf->output[0] != '/') {
        return call_misused(call, "--output is an absolute path");
    }

    if (app_open() != OK
        || db_registry_list(app.db, "", REGISTRIES_MAX, &rows, &n) != OK) {
        return EXIT_FAILURE;
    }

    text = edge_map_text(app.pool, rows, n, conf->edges, clock_now());

    if (text == NULL) {
        log_error("cannot make the map: %s", strerror(errno));
        return EXIT_FAILURE;
    }

    if (conf->output != NULL) {
        return replace(conf->output, reg_cstr(text));
    }

    fputs(text, stdout);

    return EXIT_SUCCESS;
}


/* --- checks --------------------------------------------------------------- */

typedef struct {
    const char *allow;
    const char *ca_file;
    long timeout, every;
    bool is_once;
} check_conf_t;

static const setting_t check_settings[] = {
    { "every", "SLIPWAY_CHECK_EVERY", SETTING_SECONDS,
      offsetof(check_conf_t, every), 1, 120, "10s",
      "How often each registry is checked." },
    { "once", NULL, SETTING_FLAG, offsetof(check_conf_t, is_once), 0, 0, NULL,
      "Check what is due, and end." },
    { "timeout", "SLIPWAY_CHECK_TIMEOUT", SETTING_SECONDS,
      offsetof(check_conf_t, timeout), 1, 30, "5s", "Timeout of one check." },
    { "allow", "SLIPWAY_CHECK_ALLOW", SETTING_STRING,
      offsetof(check_conf_t, allow), 0, 0, NULL,
      "Networks that registries may be in, in addition to the public Internet, "
      "separated by commas: 10.1.0.0/16,fd00::/8." },
    { "ca", "SLIPWAY_CHECK_CA", SETTING_STRING, offsetof(check_conf_t, ca_file),
      0, 0, NULL,
      "CA certificates (PEM) used to verify registries. If not set, those of "
      "the system." },
    { .name = NULL },
};

/* Has a pool of its own: a program that runs for months keeps nothing. */
static int
check_due(registry_check_t *check, size_t *n_r)
{
    pool_t *pool = pool_create();
    int rc;

    db_use(check->db, pool);
    rc = registry_check_run(check, n_r);
    pool_destroy(pool);

    return rc;
}


static int
check(const call_t *call)
{
    static address_networks_t allowed;
    const check_conf_t *conf = call->conf;
    registry_check_t work = { .timeout = conf->timeout, .every = conf->every };
    size_t n;

    daemon_open();

    if (address_networks_parse(conf->allow, &allowed) != OK || app_open() != OK
        || http_many_open(app.pool, &allowed, conf->ca_file, &work.http)
               != OK) {
        return EXIT_FAILURE;
    }

    work.db = app.db;

    if (conf->is_once) {
        if (check_due(&work, &n) != OK) {
            return EXIT_FAILURE;
        }

        printf("registries checked: %zu\n", n);
        return EXIT_SUCCESS;
    }

    log_info("checking registries, each every %ld seconds", conf->every);

    while (!daemon_is_stopped) {
        check_due(&work, &n); /* a failure is logged, and tried again */
        daemon_pause(1000);
    }

    return EXIT_SUCCESS;
}


#define SETTINGS(least, weight_)                                                \
    {                                                                           \
        {                                                                       \
            "kind", NULL, SETTING_STRING, offsetof(conf_t, kind),               \
            0,      0,    NULL,           "sponsor, mirror, vendor or private." \
        },                                                                      \
            { "endpoint",                                                       \
              NULL,                                                             \
              SETTING_STRING,                                                   \
              offsetof(conf_t, endpoint),                                       \
              0,                                                                \
              0,                                                                \
              NULL,                                                             \
              "Where clients find it: HOST or HOST:PORT." },                    \
            { "weight",       NULL,                                             \
              SETTING_NUMBER, offsetof(conf_t, weight),                         \
              least,          REGISTRY_WEIGHT_MAX,                              \
              weight_,        "Its share of the clients; 0: it gets none." },   \
            { "patterns",                                                       \
              NULL,                                                             \
              SETTING_STRING,                                                   \
              offsetof(conf_t, patterns),                                       \
              0,                                                                \
              0,                                                                \
              NULL,                                                             \
              "Repositories that it serves, with * for any characters, "        \
              "separated by commas: acme/*,lib/*." },                           \
            { "check",                                                          \
              NULL,                                                             \
              SETTING_STRING,                                                   \
              offsetof(conf_t, check),                                          \
              0,                                                                \
              0,                                                                \
              NULL,                                                             \
              "URL that is requested to check it, https://HOST/v1/_ping; or "   \
              "off." },                                                         \
            { .name = NULL },                                                   \
    }

static const setting_t add_settings[] = SETTINGS(0, "100");
static const setting_t set_settings[] = SETTINGS(-1, "-1");


const command_t registry_commands[] = {
    { .noun = "registry",
      .verb = "add",
      .words = "NAME",
      .summary = "Add a registry to which clients are sent.",
      .detail = "See docs/chaining.md.",
      .settings = add_settings,
      .needs = "kind endpoint",
      .conf_size = sizeof(conf_t),
      .run = add },
    { .noun = "registry",
      .verb = "set",
      .words = "NAME",
      .summary = "Change what the flags name.",
      .settings = set_settings,
      .conf_size = sizeof(conf_t),
      .run = set },
    { .noun = "registry",
      .verb = "remove",
      .words = "NAME",
      .summary = "Remove a registry from the map.",
      .run = remove_one },
    { .noun = "registry",
      .verb = "list",
      .summary = "List the registries and their states.",
      .has_json = true,
      .run = list },
    { .noun = "registry",
      .verb = "show",
      .words = "NAME",
      .summary = "Show a registry.",
      .has_json = true,
      .run = show },
    { .noun = "registry",
      .verb = "allocate",
      .words = "REPOSITORY",
      .summary = "Show to which registries a client would be sent.",
      .detail = "Prints nothing where the map has none: the client stays with "
                "the host that it asked.",
      .settings = allocate_settings,
      .conf_size = sizeof(allocate_conf_t),
      .has_json = true,
      .run = allocate },
    { .noun = "registry",
      .verb = "nginx-map",
      .summary =
          "Print a file for nginx: to which edge it redirects for a blob.",
      .detail = "Registries that are down are left out. With --output the exit "
                "status is 0 if the file was replaced, 3 if it was the same. "
                "docs/chaining.md.",
      .settings = nginx_map_settings,
      .conf_size = sizeof(nginx_map_conf_t),
      .run = nginx_map },
    { .noun = "registry",
      .verb = "check",
      .summary = "Check the registries, and note which are up.",
      .detail = "Runs until it is stopped; several may run at the same time, "
                "on other servers too. docs/chaining.md.",
      .settings = check_settings,
      .conf_size = sizeof(check_conf_t),
      .run = check },
    { .noun = NULL },
};
