/* v1.c: what the handlers of the original protocol share. */

#include "v1/v1.h"


const account_t *
v1_account(const v1_t *v1)
{
    return v1->caller.kind == V1_CALLER_PASSWORD
                   || v1->caller.kind == V1_CALLER_ACCESS_TOKEN
               ? &v1->caller.account
               : NULL;
}


bool
v1_credential_allows(const v1_t *v1, unsigned action)
{
    return v1->caller.kind != V1_CALLER_ACCESS_TOKEN
           || (credential_actions(&v1->caller.access_token.credential, v1->name)
               & action)
                  != 0;
}


bool
v1_wants_token(const v1_t *v1)
{
    return strcasecmp(req_param(v1->rq, "HTTP_X_DOCKER_TOKEN"), "true") == 0;
}


int
v1_reply_string(v1_t *v1, int status, const char *text)
{
    return reply_bytes(v1->rq, status, "application/json",
                       reg_cstr(pool_printf(v1->pool, "\"%s\"", text)));
}


static reg_err_t
code_of(int status)
{
    switch (status) {
    case 401:
        return REG_ERR_UNAUTHORIZED;
    case 403:
        return REG_ERR_DENIED;
    case 404:
        return REG_ERR_NAME_UNKNOWN;
    case 429:
        return REG_ERR_TOOMANYREQUESTS;
    default:
        return REG_ERR_UNSUPPORTED;
    }
}


int
v1_fail(v1_t *v1, int status, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = pool_vprintf(v1->pool, format, args);
    va_end(args);

    if (!v1->rq->is_failed) {
        v1->rq->err_status = status;
    }

    return req_fail(v1->rq, code_of(status), "%s", text);
}


int
v1_fail_unauthorized(v1_t *v1, const char *text)
{
    reply_header(v1->rq, "WWW-Authenticate",
                 "Basic realm=\"auth required\",Token");

    return v1_fail(v1, 401, "%s", text);
}


int
v1_fail_database(v1_t *v1)
{
    req_t *rq = v1->rq;

    return rq->is_failed || rq->is_deferred
               ? ERROR
               : req_unavailable(rq, DB_RETRY_SECONDS);
}


int
v1_fail_change(v1_t *v1, int rc, const change_t *change)
{
    if (rc != DECLINED) {
        return v1_fail_database(v1);
    }

    switch (change->fault) {
    case FAULT_NOT_FOUND:
        return v1_fail(v1, 404, "Repository not found");
    case FAULT_FORBIDDEN:
        return v1_fail(v1, 403, "Permission denied");
    case FAULT_STALE:
        return v1_fail_unauthorized(v1, "Requires authorization");
    default:
        return v1_fail(v1, 400, "%s",
                       change->message != NULL ? change->message
                                               : "Invalid data");
    }
}


int
v1_body(v1_t *v1, json_t **value_r)
{
    const char *error;
    str_t body;

    if (req_body(v1->rq, V1_BODY_MAX, &body) != OK) {
        return ERROR;
    }

    return json_measure(v1->pool, body, &reg_json_entering, &error) == OK
                   && json_parse(v1->pool, body, value_r, &error) == OK
               ? OK
               : v1_fail(v1, 400, "Invalid JSON: %s", error);
}


change_t
v1_change(v1_t *v1)
{
    return (change_t){ .db = v1->db,
                       .cache = v1->issuer.cache,
                       .token_seconds = v1->issuer.token_seconds,
                       .actor = &v1->caller.account,
                       .auditor = &v1->actor,
                       .revoke = &v1->revoke,
                       .now = v1->now };
}


void
v1_publish(v1_t *v1)
{
    /* a verdict that stays in memcached was logged */
    (void)revoke_publish(v1->issuer.cache, &v1->revoke,
                         v1->issuer.token_seconds);
}
