/* api_pull_token.c: tokens of the registry for pages that show what is in an
 * image. */

#include "api/api_pull_token.h"
#include "api/problem.h"
#include "app.h"
#include "common/name.h"
#include "fcgi_core/reply.h"
#include "token/issue.h"

#define SECONDS_MAX 300

static const field_t model_fields[] = {
    { .name = "token",
      .type = FIELD_STRING,
      .help = "For Authorization: Bearer, at the registry." },
    { .name = "expires_at", .type = FIELD_TIME, .help = "When it ends." },
    { .name = NULL },
};

const model_t api_pull_token_model = { "PullToken", model_fields };


static grant_list_t *
grants_of(const api_t *api)
{
    grant_list_t *list = pool_new(api->pool, grant_list_t);

    list->grants[0] = (grant_t){
        .scope = { .type = reg_str("repository"),
                   .name = reg_cstr(api->repository.name),
                   .actions = REG_ACTION_PULL },
        .name = api->repository.name,
    };
    list->n = 1;

    return list;
}


/* What the caller came with, if that was an access token: it narrows what is
 * granted, and its end and its revocation are the token's, too. */
static const access_token_t *
access_token_of(const api_t *api)
{
    const caller_t *caller = &api->caller;
    access_token_t *token;

    if (caller->kind != CALLER_TOKEN) {
        return NULL;
    }

    token = pool_new(api->pool, access_token_t);
    *token = (access_token_t){ .id = caller->token_id,
                               .account = caller->account,
                               .credential = caller->credential,
                               .edition = caller->token_edition,
                               .expires_at = caller->token_expires_at };

    return token;
}


static issuer_t
issuer_of_app(void)
{
    long seconds = app.settings.token_seconds;

    return (issuer_t){ .db = app.db,
                       .cache = app.cache,
                       .secret = app.secret,
                       .seal_key = app.seal_key,
                       .token_seconds =
                           seconds < SECONDS_MAX ? seconds : SECONDS_MAX };
}


/* What was allowed a moment ago may have been taken away since. */
static int
check(api_t *api, const issue_t *issue, int rc)
{
    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL);
    }

    if (rc != OK) {
        return problem_database(api);
    }

    return issue->grants->grants[0].granted != 0
               ? OK
               : problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
}


int
api_pull_token_issue(api_t *api)
{
    str_t service = req_param_str(api->rq, "INDEX_SERVICE");
    issuer_t issuer = issuer_of_app();
    issue_t *issue = pool_new(api->pool, issue_t);

    if (!reg_service_is_valid(service)) {
        return problem_fail(api, PROBLEM_CLOSED, NULL,
                            "the server has no registry_service");
    }

    *issue = (issue_t){ .issuer = &issuer,
                        .account = api_account(api),
                        .service = service,
                        .grants = grants_of(api),
                        .access_token = access_token_of(api) };

    if (check(api, issue, issue_token(issue)) != OK) {
        return ERROR;
    }

    issue->issuer = NULL;
    api->prepared = issue;

    return OK;
}


int
api_pull_token_create(api_t *api)
{
    const issue_t *issue = api->prepared;

    return reply_json(api->rq, 201,
                      json_pack("{s:o, s:o}", "token", json_str(issue->token),
                                "expires_at", api_time(issue->expires_at)));
}
