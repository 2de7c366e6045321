/* v1_token.c: tokens of the original protocol, and where they are good. */

#include "v1/v1_token.h"
#include "v1/v1_endpoints.h"

static const struct {
    const char *word;
    unsigned actions;
} accesses[] = {
    [V1_ACCESS_READ] = { "read", REG_ACTION_PULL },
    [V1_ACCESS_WRITE] = { "write", REG_ACTION_PULL | REG_ACTION_PUSH },
    [V1_ACCESS_DELETE] = { "delete", REG_ACTION_PULL | REG_ACTION_DELETE },
    [V1_ACCESS_REMOVE] = { "delete", REG_ACTION_PULL | REG_ACTION_DELETE },
};


static grant_list_t *
grants_of(v1_t *v1, v1_access_t access)
{
    grant_list_t *list = pool_new(v1->pool, grant_list_t);

    list->grants[0] = (grant_t){
        .scope = { .type = reg_str("repository"),
                   .name = reg_cstr(v1->name),
                   .actions = accesses[access].actions },
        .name = v1->name,
        .is_removal = access == V1_ACCESS_REMOVE,
    };
    list->n = 1;

    return list;
}


/* Clients read the one header or the other. */
static void
token_headers(v1_t *v1, v1_access_t access, str_t token)
{
    const char *text =
        pool_printf(v1->pool, "signature=%.*s,repository=\"%s\",access=%s",
                    STR(token), v1->name, accesses[access].word);

    reply_header(v1->rq, "X-Docker-Token", "%s", text);
    reply_header(v1->rq, "WWW-Authenticate", "Token %s", text);
}


static int
token_issue(v1_t *v1, v1_access_t access)
{
    issue_t issue = { .issuer = &v1->issuer,
                      .service = v1->service,
                      .account = v1_account(v1),
                      .grants = grants_of(v1, access) };
    int rc;

    if (v1->caller.kind == V1_CALLER_ACCESS_TOKEN) {
        issue.access_token = &v1->caller.access_token;
    }

    rc = issue_token(&issue);

    if (rc != OK) {
        return rc == DECLINED
                   ? v1_fail_unauthorized(v1, "Requires authorization")
                   : v1_fail_database(v1);
    }

    if (issue.grants->grants[0].granted != accesses[access].actions) {
        return v1_fail(v1, 403, "Permission denied");
    }

    token_headers(v1, access, issue.token);

    return OK;
}


int
v1_token_reply(v1_t *v1, v1_access_t access)
{
    if (v1_wants_token(v1) && token_issue(v1, access) != OK) {
        return ERROR;
    }

    return v1_endpoints_reply(v1, access != V1_ACCESS_READ);
}


int
v1_token_check(v1_t *v1, int status, uint64_t *repository_id_r)
{
    const v1_caller_t *caller = &v1->caller;
    access_t access;

    if (strcmp(caller->repository, v1->name) != 0) {
        return status == 401
                   ? v1_fail_unauthorized(v1, "Requires authorization")
                   : v1_fail(v1, status, "Permission denied");
    }

    if (access_repository(v1->db, NULL, v1->name, &access) != OK) {
        return v1_fail_database(v1);
    }

    if (access.facts.repository_id == 0
        || (access.facts.is_removed
            && (caller->actions & REG_ACTION_DELETE) == 0)) {
        return v1_fail(v1, 404, "Repository not found");
    }

    *repository_id_r = access.facts.repository_id;

    return OK;
}
