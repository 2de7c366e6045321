/* caller.c: who calls the API. */

#include "api/caller.h"
#include "account/basic.h"
#include "account/login.h"
#include "api/cookie.h"
#include "api/problem.h"

#define CONFIRMED_SECONDS 600


/* --- kinds ---------------------------------------------------------------- */

static int
by_session(api_t *api)
{
    caller_t *caller = &api->caller;
    session_t session;
    int rc = session_find(api->db, &api->session_conf, cookie_read(api),
                          api->now, &session);

    if (rc != OK) {
        return rc == DECLINED ? OK : problem_database(api);
    }

    *caller = (caller_t){ .kind = CALLER_SESSION,
                          .account = session.account,
                          .session_id = session.id,
                          .key_hash = session.key_hash,
                          .confirmed_at = session.confirmed_at,
                          .credential = credential_whole };

    return OK;
}


static int
by_password(api_t *api, str_t login, str_t password)
{
    caller_t *caller = &api->caller;
    int rc =
        login_password(api->rq, api->db, login, password, &caller->account);

    if (rc != OK) {
        return rc == DECLINED
                   ? problem_fail(api, PROBLEM_CREDENTIALS, NULL, NULL)
                   : ERROR;
    }

    caller->kind = CALLER_PASSWORD;
    caller->credential = credential_whole;

    return OK;
}


static int
by_token(api_t *api, const str_t *login, str_t secret)
{
    caller_t *caller = &api->caller;
    access_token_t token;
    int rc = access_token_find(api->db, login, secret, api->now, &token);

    if (rc != OK) {
        return rc == DECLINED
                   ? problem_fail(api, PROBLEM_CREDENTIALS, NULL, NULL)
                   : problem_database(api);
    }

    access_token_note_use(api->db, &token, api->now, api->rq->remote_addr);
    caller->kind = CALLER_TOKEN;
    caller->account = token.account;
    caller->token_id = token.id;
    caller->token_edition = token.edition;
    caller->token_expires_at = token.expires_at;
    caller->credential = token.credential;

    return OK;
}


static int
by_header(api_t *api, str_t header)
{
    str_t login, password, bearer = req_bearer(header);

    if (bearer.len != 0) {
        return by_token(api, NULL, bearer);
    }

    if (basic_parse(api->pool, header, &login, &password) == OK) {
        api->caller.is_basic = true;
        return access_token_is(password) ? by_token(api, &login, password)
                                         : by_password(api, login, password);
    }

    return problem_fail(api, PROBLEM_CREDENTIALS, NULL, NULL);
}


static void
actor_fill(api_t *api)
{
    const caller_t *caller = &api->caller;

    api->actor = (audit_actor_t){
        .id = caller->account.id,
        .login = caller->account.id != 0 ? caller->account.login : "",
        .kind = audit_kinds[caller->kind],
        .token_id = caller->token_id,
        .address = api->rq->remote_addr,
    };
}


int
caller_identify(api_t *api)
{
    str_t header = req_param_str(api->rq, "HTTP_AUTHORIZATION");
    int rc = header.len != 0 ? by_header(api, header) : by_session(api);

    actor_fill(api);

    return rc;
}


/* --- checks --------------------------------------------------------------- */

/* The bit of a token that a route needs; 0: any token will do. */
static unsigned
action_of(const route_t *route)
{
    static const unsigned actions[RIGHT_N] = {
        [RIGHT_ADMIN] = CREDENTIAL_MANAGE,
        [RIGHT_REPOSITORY_READ] = CREDENTIAL_PULL,
        [RIGHT_REPOSITORY_WRITE] = CREDENTIAL_PUSH,
        [RIGHT_REPOSITORY_ADMIN] = CREDENTIAL_MANAGE,
        [RIGHT_NAMESPACE_READ] = CREDENTIAL_PULL,
        [RIGHT_NAMESPACE_WRITE] = CREDENTIAL_PUSH,
        [RIGHT_NAMESPACE_ADMIN] = CREDENTIAL_MANAGE,
        [RIGHT_NAMESPACE_OWNER] = CREDENTIAL_MANAGE,
    };

    if (route->action != 0 || route->right != RIGHT_ACCOUNT) {
        return route->action != 0 ? route->action : actions[route->right];
    }

    return strcmp(route->method, "GET") == 0 ? 0 : CREDENTIAL_ACCOUNT;
}


/* What of the credential's patterns must match: see credential_actions(). */
static const char *
pattern_of(api_t *api)
{
    switch (api->route->right) {
    case RIGHT_REPOSITORY_READ:
    case RIGHT_REPOSITORY_WRITE:
    case RIGHT_REPOSITORY_ADMIN:
        return api_param(api, "repository");
    case RIGHT_NAMESPACE_READ:
    case RIGHT_NAMESPACE_WRITE:
    case RIGHT_NAMESPACE_ADMIN:
    case RIGHT_NAMESPACE_OWNER:
        return pool_printf(api->pool, "%s/*", api_param(api, "namespace"));
    default:
        return "*";
    }
}


/* Says which action is missing, and where; the account itself has no word. */
static int
refuse_scope(api_t *api, unsigned action)
{
    const char *const *word = credential_words;

    while (*word != NULL && (credential_bit(*word) & action) == 0) {
        word++;
    }

    return *word != NULL ? problem_fail(api, PROBLEM_SCOPE, NULL,
                                        "the token needs the action %s on %s",
                                        *word, pattern_of(api))
                         : problem_fail(api, PROBLEM_SCOPE, NULL,
                                        "this needs a session or the password");
}


static int
check_scope(api_t *api)
{
    unsigned action = action_of(api->route);

    if (api->caller.kind != CALLER_TOKEN || action == 0
        || (credential_actions(&api->caller.credential, pattern_of(api))
            & action)
               != 0) {
        return OK;
    }

    return refuse_scope(api, action);
}


int
caller_check_fresh(api_t *api)
{
    return api->caller.kind != CALLER_SESSION
                   || api->caller.confirmed_at >= api->now - CONFIRMED_SECONDS
               ? OK
               : problem_fail(api, PROBLEM_STALE, NULL,
                              "POST /api/v1/session/confirmation first");
}


static int
check_session(api_t *api)
{
    const route_t *route = api->route;

    if (strcmp(route->method, "GET") == 0) {
        return OK;
    }

    /* a browser that once asked for them sends Basic's by itself, too */
    if (api->caller.kind != CALLER_SESSION) {
        return api->caller.is_basic || (route->flags & ROUTE_ORIGIN) != 0
                   ? cookie_check_origin(api)
                   : OK;
    }

    if (cookie_check(api) != OK) {
        return ERROR;
    }

    return (route->flags & ROUTE_FRESH) != 0 ? caller_check_fresh(api) : OK;
}


int
caller_check(api_t *api)
{
    right_t right = api->route->right;

    if ((right == RIGHT_ACCOUNT || right == RIGHT_ADMIN)
        && !api_has_account(api)) {
        return problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL);
    }

    if (right == RIGHT_ADMIN && !api->caller.account.is_admin) {
        return problem_fail(api, PROBLEM_FORBIDDEN, NULL, NULL);
    }

    return check_scope(api) == OK ? check_session(api) : ERROR;
}
