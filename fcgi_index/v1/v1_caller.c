/* v1_caller.c: who asks, in the original protocol. */

#include "v1/v1_caller.h"
#include "account/basic.h"
#include "account/login.h"
#include "common/token_v1.h"
#include "db/db_token.h"
#include "token/token.h"
#include "token/token_list.h"


/* --- Basic ---------------------------------------------------------------- */

static int
by_access_token(v1_t *v1, str_t login, str_t secret)
{
    v1_caller_t *caller = &v1->caller;
    access_token_t *token = &caller->access_token;
    int rc = access_token_find(v1->db, &login, secret, v1->now, token);

    if (rc == OK) {
        access_token_note_use(v1->db, token, v1->now, v1->rq->remote_addr);
        caller->kind = V1_CALLER_ACCESS_TOKEN;
        caller->account = token->account;
    }

    return rc == ERROR ? v1_fail_database(v1) : rc;
}


static int
by_password(v1_t *v1, str_t login, str_t password)
{
    int rc =
        login_password(v1->rq, v1->db, login, password, &v1->caller.account);

    if (rc == OK) {
        v1->caller.kind = V1_CALLER_PASSWORD;
    }

    return rc;
}


static int
by_basic(v1_t *v1, str_t header)
{
    str_t login, password;

    switch (basic_parse(v1->pool, header, &login, &password)) {
    case OK:
        return access_token_is(password) ? by_access_token(v1, login, password)
                                         : by_password(v1, login, password);
    case DECLINED:
        return OK;
    default:
        return DECLINED;
    }
}


/* --- Token ---------------------------------------------------------------- */

/* The only grant of a verdict, which is of a repository. */
static int
read_grant(v1_t *v1, const reg_verdict_t *verdict)
{
    reg_scope_t scope, other;
    size_t pos = 0;

    if (reg_verdict_next_grant(verdict, &pos, &scope) != REG_OK
        || reg_verdict_next_grant(verdict, &pos, &other) == REG_OK
        || !reg_str_eq(scope.type, reg_str("repository"))
        || scope.klass.len != 0 || scope.actions == 0) {
        return DECLINED;
    }

    v1->caller.repository = pool_strndup(v1->pool, scope.name);
    v1->caller.actions = scope.actions;

    return OK;
}


/* One without a row was not revoked. */
static int
check_revoked(v1_t *v1, str_t token)
{
    token_find_row_t row;
    int rc = db_token_find(v1->db, token_hash(v1->pool, token), &row);

    if (rc == ERROR) {
        return v1_fail_database(v1);
    }

    return rc == OK && row.is_revoked ? DECLINED : OK;
}


/* What the client says next to the signature proves nothing; but where it is of
 * another repository, something is wrong. */
static int
by_token(v1_t *v1, const reg_token_v1_t *token)
{
    reg_verdict_t verdict;
    str_t text;
    const char *list;

    if (token_verify(v1->pool, v1->issuer.secret, token->signature, &text) != OK
        || token_list_split(v1->pool, text, &text, &list) == OK
        || reg_verdict_parse(text, &verdict) != REG_OK
        || !reg_str_eq(verdict.service, v1->service)
        || verdict.expires <= v1->now || read_grant(v1, &verdict) != OK) {
        return DECLINED;
    }

    if (token->repository.len != 0
        && !reg_str_eq(reg_name_from_v1(token->repository),
                       reg_cstr(v1->caller.repository))) {
        return DECLINED;
    }

    v1->caller.kind = V1_CALLER_TOKEN;

    return check_revoked(v1, token->signature);
}


/* --- all ------------------------------------------------------------------ */

static int
identify(v1_t *v1)
{
    str_t header = req_param_str(v1->rq, "HTTP_AUTHORIZATION");
    reg_token_v1_t token;

    if (header.len == 0) {
        return OK;
    }

    switch (reg_token_v1_parse(header, &token)) {
    case REG_OK:
        return by_token(v1, &token);
    case REG_DECLINED:
        return by_basic(v1, header);
    default:
        return DECLINED;
    }
}


int
v1_caller_identify(v1_t *v1)
{
    const v1_caller_t *caller = &v1->caller;
    int rc = identify(v1);

    if (v1_account(v1) != NULL) {
        v1->actor.id = caller->account.id;
        v1->actor.login = caller->account.login;
        v1->actor.token_id = caller->access_token.id;
        v1->actor.kind =
            caller->kind == V1_CALLER_PASSWORD ? "password" : "token";
    }

    return rc;
}


int
v1_caller_hold(v1_t *v1)
{
    const v1_caller_t *caller = &v1->caller;
    int rc = OK;

    if (caller->kind == V1_CALLER_ACCESS_TOKEN) {
        rc = access_token_hold(v1->db, &caller->access_token);
    } else if (caller->kind == V1_CALLER_PASSWORD) {
        rc = account_hold(v1->db, &caller->account);
    }

    return rc == DECLINED ? v1_fail_unauthorized(v1, "Requires authorization")
                          : rc;
}
