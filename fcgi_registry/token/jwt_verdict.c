/* jwt_verdict.c: what a token of another token server grants, for nginx. */

#include "token/jwt_verdict.h"
#include "fcgi_core/jwt.h"

#include "common/encode.h"
#include "common/verdict.h"

#include "fcgi_core/log.h"
#include "fcgi_core/reply.h"

#include <time.h>


/* --- the verdict --------------------------------------------------------- */


/* The subject as a verdict and a log can have it: what a login cannot have is
 * percent-encoded, and a name that is too long is cut. */
static str_t
account_of(pool_t *pool, str_t subject)
{
    str_t account = { 0, pool_alloc(pool, 3 * subject.len + 1) };

    for (size_t i = 0; i < subject.len; i++) {
        str_t one = { 1, subject.data + i };
        char *end = (char *)account.data + account.len;
        size_t len = 1;

        if (reg_account_is_valid(one) && one.data[0] != '%') {
            *end = (char)one.data[0];

        } else {
            len = reg_percent_encode(one, end);
        }

        if (account.len + len > REG_SERVICE_MAX) {
            break;
        }

        account.len += len;
    }

    return account;
}


static unsigned
actions_of(json_t *names)
{
    unsigned actions = 0;
    json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        if (json_is_string(name)) {
            actions |= reg_action_find(reg_cstr(json_string_value(name)));
        }
    }

    return actions;
}


/* What one entry of "access" grants; DECLINED for what is no such entry. */
static int
entry_scope(json_t *entry, reg_scope_t *scope_r)
{
    *scope_r = (reg_scope_t){ .klass = { 0, NULL } };

    if (json_member_string(entry, "type", &scope_r->type) != OK
        || json_member_string(entry, "name", &scope_r->name) != OK) {
        return DECLINED;
    }

    scope_r->actions = actions_of(json_object_get(entry, "actions"));

    return OK;
}


/* Appends what "access" grants, as far as a verdict can say it; the length, or
 * ERROR where it has no room for all. */
static int
grants_print(char *text, int len, json_t *access)
{
    reg_scope_t scope;
    json_t *entry;
    size_t i, n = 0;

    json_array_foreach(access, i, entry)
    {
        int rc = entry_scope(entry, &scope);

        if (rc == OK) {
            rc = reg_verdict_print_grant(text, REG_VERDICT_MAX, (size_t)len, n,
                                         &scope);
        }

        if (rc == REG_ERROR) {
            return ERROR;
        }

        if (rc > 0) {
            len = rc;
            n++;
        }
    }

    return len;
}


/* OK, DECLINED where the token grants more than a verdict can say, ERROR where
 * the service is not fit for one. */
static int
verdict_print(req_t *rq, const jwt_t *jwt, str_t service, str_t *verdict_r)
{
    reg_verdict_t verdict = { .expires = jwt->expires,
                              .service = service,
                              .account = account_of(rq->pool, jwt->subject) };
    char *text = pool_alloc(rq->pool, REG_VERDICT_MAX);
    int len = reg_verdict_print(text, REG_VERDICT_MAX, &verdict);

    if (len < 0) {
        return ERROR;
    }

    len = grants_print(text, len, jwt->access);

    if (len < 0) {
        return DECLINED;
    }

    *verdict_r = (str_t){ (size_t)len, (unsigned char *)text };

    return OK;
}


/* --- the answer ---------------------------------------------------------- */


/* No one is let in, and no one is sent away for good. */
static int
misconfigured(req_t *rq, const char *what)
{
    if (what != NULL) {
        log_error("%s is missing or wrong in the location of the verdict",
                  what);
    }

    return req_fail(rq, REG_ERR_UNAVAILABLE, NULL);
}


int
jwt_verdict(req_t *rq)
{
    jwt_terms_t terms = { .issuer = req_param_str(rq, "REGISTRY_TOKEN_ISSUER"),
                          .service = req_param_str(rq, "REGISTRY_SERVICE"),
                          .now = (int64_t)time(NULL) };
    str_t token = req_bearer(req_param_str(rq, "HTTP_AUTHORIZATION"));
    const char *reason;
    str_t verdict;
    jwt_t jwt;
    int rc;

    /* it is nginx that asks, and of its client's HEAD it wants the body, too */
    rq->method = "GET";

    if (terms.issuer.len == 0) {
        return misconfigured(rq, "REGISTRY_TOKEN_ISSUER");
    }

    if (keyring_load(rq->pool, req_param(rq, "REGISTRY_TOKEN_CERTIFICATES"),
                     req_param(rq, "REGISTRY_TOKEN_KEYS"), &terms.ring)
        != OK) {
        return misconfigured(rq, NULL);
    }

    if (jwt_verify(rq->pool, token, &terms, &jwt, &reason) != OK) {
        log_info("a token is refused: %s", reason);
        return req_fail(rq, REG_ERR_DENIED, NULL);
    }

    rc = verdict_print(rq, &jwt, terms.service, &verdict);

    if (rc == ERROR) {
        return misconfigured(rq, "REGISTRY_SERVICE");
    }

    /* half of it would be refused later, without a word */
    if (rc == DECLINED) {
        log_warn("a token is refused: its \"access\" has more than %d entries, "
                 "or more than %d bytes as a verdict",
                 REG_VERDICT_GRANTS_MAX, REG_VERDICT_MAX);
        return req_fail(rq, REG_ERR_DENIED, NULL);
    }

    return reply_bytes(rq, 200, "text/plain", verdict);
}
