/* serve.c: the subcommand serve: answers nginx. */

#include "serve.h"
#include "api/api_endpoint.h"
#include "api/api_image.h"
#include "api/quota.h"
#include "api/short_endpoint.h"
#include "app.h"
#include "index_upkeep.h"
#include "mirror/catalog_endpoint.h"
#include "mirror/event_endpoint.h"
#include "mirror/search_endpoint.h"
#include "account/login.h"
#include "account/password.h"
#include "account/sign_up_limit.h"
#include "token/token_endpoint.h"
#include "token/verdict_endpoint.h"
#include "v1/v1_endpoint.h"
#include "common/range.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/prefork.h"

#include <sys/prctl.h>

#define SKEW_SECONDS 10
#define SKEW_LOG_MS 60000

/* INDEX_ROUTE, which nginx's configuration says, never a client. */
static const struct {
    const char *name;
    int (*handler)(req_t *rq);
} routes[] = {
    { "token", token_endpoint }, { "verdict", verdict_endpoint },
    { "event", event_endpoint }, { "catalog", catalog_endpoint },
    { "api", api_endpoint },     { "search", search_endpoint },
    { "short", short_endpoint }, { "v1", v1_endpoint },
};


/* nginx compares the end of a verdict with its own clock.  A request that
 * waited for a process was on its way for some seconds at most. */
static void
check_clock(req_t *rq)
{
    static int64_t next;
    str_t text = req_param_str(rq, "NGINX_TIME");
    uint64_t seconds;
    int64_t ahead;

    text.len = strcspn((const char *)text.data, ".");

    if (clock_ms() < next || reg_number_parse(text, &seconds) != REG_OK) {
        return;
    }

    ahead = (int64_t)seconds - clock_now();

    if (ahead > SKEW_SECONDS || ahead < -SKEW_SECONDS) {
        next = clock_ms() + SKEW_LOG_MS;
        log_warn(
            "nginx's clock is %lld seconds %s this one: tokens expire too %s",
            (long long)(ahead > 0 ? ahead : -ahead),
            ahead > 0 ? "ahead of" : "behind", ahead > 0 ? "early" : "late");
    }
}


static void
serve(req_t *rq)
{
    const char *route = req_param(rq, "INDEX_ROUTE");

    db_use(app.db, rq->pool);
    check_clock(rq);

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(routes[i].name, route) == 0) {
            routes[i].handler(rq);
            return;
        }
    }

    log_error("INDEX_ROUTE is unknown: see index_params");
    req_fail(rq, REG_ERR_UNKNOWN, NULL);
}


/* A database that is away may come back; one of another version will not
 * change by itself. */
static int
check_database(void)
{
    if (db_connect(app.db) == OK) {
        db_close(app.db);
        return OK;
    }

    if (db_failure(app.db) == DB_FAILURE_SCHEMA) {
        return ERROR;
    }

    log_warn("starting without the database");

    return OK;
}


static int
command_serve(const call_t *call)
{
    const prefork_t prefork = { .socket = app.settings.socket,
                                .processes = app.settings.processes,
                                .init = app_open,
                                .serve = serve,
                                .tick = upkeep_tick };

    (void)call;

    /* keys and passwords are in memory from now on: not for a core file, nor
     * for other programs of the same user */
    prctl(PR_SET_DUMPABLE, 0);

    app.is_serving = true;

    if (app_load_secret() != OK || password_open() != OK
        || login_open(app.pool, app.settings.processes) != OK
        || api_image_open(app.pool, app.settings.processes) != OK
        || quota_open() != OK || sign_up_limit_open() != OK || app_open() != OK
        || check_database() != OK) {
        return EXIT_FAILURE;
    }

    return prefork_run(&prefork);
}


const command_t serve_commands[] = {
    { .noun = "serve",
      .summary = "Answer nginx.",
      .detail =
          "Does not start on an older schema, nor on a newer one that does "
          "not work with this version; see migrate.",
      .run = command_serve },
    { .noun = NULL },
};
