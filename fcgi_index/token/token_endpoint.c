/* token_endpoint.c: where clients get tokens. */

#include "token/token_endpoint.h"
#include "app.h"
#include "token/issue.h"
#include "account/login.h"
#include "audit/audit.h"
#include "token/token_list.h"
#include "token/token_request.h"
#include "common/name.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/log.h"
#include "fcgi_core/reply.h"

#define FORM "application/x-www-form-urlencoded"
#define PURGE_EVERY 256
#define DAY 86400


/* 400 in both of the forms that clients read. */
static int
refuse(req_t *rq, const token_fault_t *fault)
{
    return reply_json(rq, 400,
                      json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "error",
                                fault->code, "error_description",
                                fault->message, "errors", "code", "UNSUPPORTED",
                                "message", fault->message));
}


/* The same words for a login that no one has, a wrong password, an account
 * that is disabled and a refresh token that has ended. */
static int
unauthorized(req_t *rq, const token_request_t *request, str_t service)
{
    bool is_login = reg_actor_is_valid(request->login);

    log_info("login refused: account=%.*s remote_addr=%s",
             is_login ? (int)request->login.len : 1,
             is_login ? (const char *)request->login.data : "-",
             rq->remote_addr);
    reply_header(rq, "WWW-Authenticate", "Basic realm=\"%.*s\"", STR(service));

    return req_fail(rq, REG_ERR_UNAUTHORIZED, "incorrect login or password");
}


static int
method_unknown(req_t *rq)
{
    reply_header(rq, "Allow", "GET, HEAD, POST");

    return req_fail(rq, REG_ERR_UNSUPPORTED, NULL);
}


/* OK, DECLINED with *fault_r, or ERROR, which was recorded. */
static int
read_request(req_t *rq, token_request_t *request_r, token_fault_t *fault_r)
{
    str_t body;
    int rc;

    if (strcmp(rq->method, "GET") == 0 || strcmp(rq->method, "HEAD") == 0) {
        rc = token_request_query(rq->pool, reg_cstr(rq->query),
                                 req_param_str(rq, "HTTP_AUTHORIZATION"),
                                 request_r, fault_r);
        return rc == OK ? OK : DECLINED;
    }

    if (strcmp(rq->method, "POST") != 0) {
        return method_unknown(rq);
    }

    if (strcmp(rq->content_type, FORM) != 0) {
        *fault_r = (token_fault_t){ "invalid_request", "not a form: " FORM };
        return DECLINED;
    }

    if (req_body(rq, TOKEN_FORM_MAX, &body) != OK) {
        return ERROR;
    }

    rc = token_request_form(rq->pool, body, request_r, fault_r);

    return rc == OK ? OK : DECLINED;
}


/* A password that has the form of an access token is one: *account_r is its
 * account. */
static int
by_access_token(req_t *rq, const token_request_t *request, issue_t *issue,
                account_t *account_r)
{
    access_token_t *token = pool_new(rq->pool, access_token_t);
    int rc = access_token_find(app.db, &request->login, request->password,
                               clock_now(), token);

    if (rc == OK) {
        issue->access_token = token;
        *account_r = token->account;
    }

    return rc;
}


/* *account_r is NULL for no one.  OK, DECLINED, or ERROR as
 * login_password(). */
static int
authenticate(req_t *rq, const token_request_t *request, issue_t *issue,
             account_t *buf, const account_t **account_r)
{
    *account_r = buf;

    switch (request->credentials) {
    case CREDENTIALS_PASSWORD:
        if (access_token_is(request->password)) {
            return by_access_token(rq, request, issue, buf);
        }

        return login_password(rq, app.db, request->login, request->password,
                              buf);
    case CREDENTIALS_REFRESH:
        return issue_refresh_account(app.db, request->refresh_token,
                                     issue->service, rq->remote_addr, buf);
    case CREDENTIALS_NONE:
        break;
    }

    *account_r = NULL;

    return OK;
}


/* There is no room for what would be granted. */
static int
refuse_long(req_t *rq, const issue_t *issue)
{
    token_fault_t fault = {
        "invalid_scope",
        pool_printf(
            rq->pool,
            "the grants have more than %d bytes: request fewer repositories",
            REG_VERDICT_MAX)
    };

    if (issue->fault == ISSUE_FAULT_LONG) {
        return refuse(rq, &fault);
    }

    rq->retry_after = (unsigned)app.settings.token_seconds;

    return req_fail(
        rq, REG_ERR_TOOMANYREQUESTS,
        "lists of scopes that do not fit into a token have more than %zu "
        "bytes: request fewer repositories",
        token_lists_max(issue->account != NULL ? issue->account->id : 0));
}


static int
reply_token(req_t *rq, const token_request_t *request, const issue_t *issue)
{
    json_t *model = json_object();
    json_t *token = json_str(issue->token);
    char issued_at[CLOCK_TEXT_SIZE];

    json_object_set(model, "access_token", token);

    if (request->is_form) {
        json_object_set_new(
            model, "scope",
            json_string(grant_list_print(rq->pool, issue->grants)));
        json_object_set_new(model, "token_type", json_string("Bearer"));
    } else {
        json_object_set(model, "token", token);
    }

    json_decref(token);
    json_object_set_new(model, "expires_in",
                        json_integer(issue->expires_at - issue->now));
    json_object_set_new(model, "issued_at",
                        json_string(clock_print(issue->now, issued_at)));

    if (issue->refresh_token != NULL) {
        json_object_set_new(model, "refresh_token",
                            json_string(issue->refresh_token));
    }

    return reply_json(rq, 200, model);
}


static issuer_t
issuer_of_app(void)
{
    return (issuer_t){ .db = app.db,
                       .cache = app.cache,
                       .secret = app.secret,
                       .seal_key = app.seal_key,
                       .token_seconds = app.settings.token_seconds,
                       .refresh_days = app.settings.refresh_days };
}


static int
answer(req_t *rq, token_request_t *request, str_t service)
{
    account_t buf;
    const account_t *account;
    issuer_t issuer = issuer_of_app();
    issue_t issue = { .issuer = &issuer,
                      .service = service,
                      .grants = &request->grants,
                      .is_catalog_open =
                          strcmp(req_param(rq, "INDEX_CATALOG"), "on") == 0 };
    int rc = authenticate(rq, request, &issue, &buf, &account);

    if (rc == OK) {
        issue.account = account;

        /* a client that has a refresh token keeps that one; so does one that
         * came with an access token, which is as good and can be revoked */
        issue.wants_refresh = request->wants_refresh
                              && request->credentials == CREDENTIALS_PASSWORD
                              && issue.access_token == NULL;
        rc = issue_token(&issue);
    }

    if (rc == DECLINED) {
        return unauthorized(rq, request, service);
    }

    if (issue.fault != ISSUE_FAULT_NONE) {
        return refuse_long(rq, &issue);
    }

    if (rc != OK) {
        return rq->is_failed || rq->is_deferred
                   ? ERROR
                   : req_unavailable(rq, DB_RETRY_SECONDS);
    }

    if (issue.access_token != NULL) {
        access_token_note_use(app.db, issue.access_token, issue.now,
                              rq->remote_addr);
    }

    if (request->wants_refresh && request->credentials == CREDENTIALS_REFRESH) {
        issue.refresh_token = pool_strndup(rq->pool, request->refresh_token);
    }

    return reply_token(rq, request, &issue);
}


/* Where no one changes anything, wrong passwords are what fills it. */
static void
purge_audit(void)
{
    static unsigned requests;

    if (requests++ % PURGE_EVERY == 0
        && audit_purge(app.db, clock_now() - app.settings.audit_days * DAY)
               != OK) {
        log_info("the audit log was not purged this time");
    }
}


int
token_endpoint(req_t *rq)
{
    str_t service = req_param_str(rq, "INDEX_SERVICE");
    token_request_t *request = pool_new(rq->pool, token_request_t);
    token_fault_t fault;
    int rc;

    reply_header(rq, "Cache-Control", "no-store");

    if (service.len == 0) {
        log_error("INDEX_SERVICE is missing: the location needs "
                  "registry_service and index_params");
        return req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }

    rc = read_request(rq, request, &fault);

    /* nginx may make it of what the client says, as the host */
    if (rc == OK
        && (!reg_service_is_valid(service)
            || (request->service.len != 0
                && !reg_str_eq(request->service, service)))) {
        fault =
            (token_fault_t){ "invalid_request",
                             "tokens for that service are not issued here" };
        rc = DECLINED;
    }

    if (rc != OK) {
        return rc == DECLINED ? refuse(rq, &fault) : ERROR;
    }

    rc = answer(rq, request, service);

    if (!rq->is_deferred) {
        purge_audit();
    }

    return rc;
}
