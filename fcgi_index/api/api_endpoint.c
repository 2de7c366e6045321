/* api_endpoint.c: the door of the API: what is checked before a handler runs,
 * and what happens behind it. */

#include "api/api_endpoint.h"
#include "activity/activity.h"
#include "api/caller.h"
#include "api/cors.h"
#include "api/fields.h"
#include "api/idempotency.h"
#include "api/problem.h"
#include "api/quota.h"
#include "api/right.h"
#include "api/router.h"
#include "api/routes.h"
#include "app.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/reply.h"

#define PUBLIC_SECONDS 300
#define PURGE_EVERY 256
#define PURGE_ACTIVITY 1024 /* more than come between two purges */
#define DAY 86400


/* --- in front of the handler ---------------------------------------------- */

/* DECLINED where the answer is made already. */
static int
find_route(api_t *api)
{
    req_t *rq = api->rq;
    router_match_t match;
    router_result_t result =
        router_match(api->pool, api->routes, API_PREFIX, rq->method,
                     req_param_str(rq, "REQUEST_URI"), &match);

    switch (result) {
    case ROUTER_FOUND:
        api->route = match.route;
        memcpy(api->segments, match.segments, sizeof(api->segments));
        return OK;
    case ROUTER_MALFORMED:
        return problem_fail(api, PROBLEM_MALFORMED, NULL,
                            "the path is malformed");
    case ROUTER_NO_PATH:
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL,
                            "there is no such path");
    case ROUTER_NO_METHOD:
        reply_header(rq, "Allow", "%s", match.allow);
        return problem_fail(api, PROBLEM_METHOD, NULL, NULL);
    case ROUTER_OPTIONS:
        break;
    }

    reply_header(rq, "Allow", "%s", match.allow);
    cors_preflight(api, match.allow);
    reply_empty(rq, 204);

    return DECLINED;
}


static int
admit(api_t *api)
{
    if ((api->route->flags & ROUTE_RAW) != 0) {
        return quota_take(api) == OK
                   ? req_body(api->rq, API_BODY_MAX, &api->body)
                   : ERROR;
    }

    if (caller_identify(api) != OK || quota_take(api) != OK
        || caller_check(api) != OK || right_check(api) != OK
        || idempotency_check(api) != OK || fields_read(api) != OK) {
        return ERROR;
    }

    return api->route->prepare != NULL ? api->route->prepare(api) : OK;
}


/* --- the handler ---------------------------------------------------------- */

/* What was found out in front of the transaction holds in it too: here for the
 * account, in right_check() for its rights. */
static int
hold_caller(api_t *api)
{
    const caller_t *caller = &api->caller;
    access_token_t token = { .id = caller->token_id,
                             .account = caller->account,
                             .edition = caller->token_edition };
    int rc = OK;

    if (caller->kind == CALLER_TOKEN) {
        rc = access_token_hold(api->db, &token);
    } else if (api_has_account(api)) {
        rc = account_hold(api->db, &caller->account);
    }

    return rc == DECLINED
               ? problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL)
               : rc;
}


static int
change_in_transaction(void *data)
{
    api_t *api = data;
    int rc;

    api->is_failed = false;
    api->revoke = (revoke_t){ 0 };
    api->location = NULL;
    reply_reset(api->rq);

    if (hold_caller(api) != OK || right_lock(api) != OK
        || right_check(api) != OK) {
        return ERROR;
    }

    rc = idempotency_begin(api);

    if (rc != OK) {
        return rc;
    }

    return api->route->handler(api) == OK && idempotency_end(api) == OK ? OK
                                                                        : ERROR;
}


/* Not worth failing a request for. */
static void
purge(api_t *api)
{
    static unsigned changes;

    if (changes++ % PURGE_EVERY == 0
        && (idempotency_purge(api->db, api->now) != OK
            || audit_purge(api->db, api->now - app.settings.audit_days * DAY)
                   != OK
            || activity_purge(api->db,
                              api->now - app.settings.activity_days * DAY,
                              PURGE_ACTIVITY)
                   != OK
            || session_purge(api->db, api->now) != OK)) {
        log_info("what has ended was not purged this time");
    }
}


static int
change(api_t *api)
{
    int rc = db_transaction(api->db, change_in_transaction, api);

    if (rc == ERROR) {
        return problem_database(api);
    }

    if (rc == OK) {
        revoke_publish(app.cache, &api->revoke, app.settings.token_seconds);
        purge(api);
    }

    return OK;
}


static int
run(api_t *api)
{
    if (strcmp(api->route->method, "GET") != 0) {
        return change(api);
    }

    return api->route->handler(api) == OK ? OK : problem_database(api);
}


/* --- behind it ------------------------------------------------------------ */

/* Private, unless the row says otherwise and it was a success; and never a
 * page or a script. */
static void
head(api_t *api, bool is_good)
{
    req_t *rq = api->rq;

    if (is_good && api->route != NULL
        && (api->route->flags & ROUTE_PUBLIC) != 0) {
        reply_header(rq, "Cache-Control", "public, max-age=%d", PUBLIC_SECONDS);
    } else {
        reply_header(rq, "Cache-Control", "private, no-store");
    }

    reply_header(rq, "X-Content-Type-Options", "nosniff");
    reply_header(rq, "Content-Security-Policy",
                 "default-src 'none'; frame-ancestors 'none'");
    reply_header(rq, "Referrer-Policy", "no-referrer");

    if (is_good && api->location != NULL) {
        reply_header(rq, "Location", "%s", api->location);
    }

    quota_head(api);
    cors_head(api);
}


api_t
api_begin(req_t *rq)
{
    return (api_t){ .rq = rq,
                    .db = app.db,
                    .pool = rq->pool,
                    .now = clock_now(),
                    .origin = req_param(rq, "INDEX_ORIGIN"),
                    .session_conf = { app.settings.session_idle,
                                      app.settings.session_max },
                    .routes = &routes };
}


int
api_run(api_t *api)
{
    return admit(api) == OK ? run(api) : ERROR;
}


int
api_end(api_t *api, int rc)
{
    if (api->rq->is_deferred) {
        return ERROR;
    }

    if (rc == ERROR) {
        problem_reply(api);
    }

    head(api, rc != ERROR);

    return OK;
}


int
api_endpoint(req_t *rq)
{
    api_t api = api_begin(rq);
    int rc = find_route(&api);

    return api_end(&api, rc == OK ? api_run(&api) : rc);
}
