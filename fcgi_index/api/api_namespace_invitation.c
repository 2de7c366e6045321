/* api_namespace_invitation.c: invitations to be a member of an organization, or
 * to have a role. */

#include "api/api_namespace_invitation.h"
#include "access/invitation.h"
#include "access/name_pattern.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "fcgi_core/reply.h"

#define ALL "*" /* the pattern of all names */

static const char *const offers[] = { "member", "owner", "read",
                                      "write",  "admin", NULL };
static const char *const roles[] = { "read", "write", "admin", NULL };


/* --- tables --------------------------------------------------------------- */

#define LOGIN                                                                  \
    {                                                                          \
        .name = "login", .type = FIELD_STRING, .flags = FIELD_REQUIRED,        \
        .min = 2, .max = REG_LOGIN_MAX, .grammar = &grammar_login,             \
        .help = "The account that is invited."                                 \
    }

const field_t api_namespace_invite_body[] = {
    LOGIN,
    { .name = "role",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .values = offers,
      .help = "member or owner of the organization; or a collaborator's role: "
              "read, write, admin." },
    { .name = "pattern",
      .type = FIELD_STRING,
      .min = 1,
      .max = NAME_PATTERN_MAX,
      .grammar = &grammar_pattern,
      .help = "The names that a collaborator's role is on, behind the "
              "namespace and its slash; all by default." },
    { .name = NULL },
};

const field_t api_namespace_invite_collaborator_body[] = {
    LOGIN,
    { .name = "role",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .values = roles,
      .help = "What the account may do with the repository." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "namespace",
      .type = FIELD_STRING,
      .help = "The namespace that invites." },
    { .name = "login",
      .type = FIELD_STRING,
      .help = "The account that is invited." },
    { .name = "role",
      .type = FIELD_STRING,
      .values = offers,
      .help = "What is offered." },
    { .name = "repository",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The repository that the role is on; null: another thing." },
    { .name = "pattern",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The names that the role is on; null: another thing." },
    { .name = "invited_by",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Login of who invites; null: an operator." },
    { .name = "invited_at", .type = FIELD_TIME, .help = "When." },
    { .name = "expires_at",
      .type = FIELD_TIME,
      .help = "Until when it can be accepted." },
    { .name = NULL },
};

const model_t api_namespace_invitation_model = { "Invitation", model_fields };


/* --- models --------------------------------------------------------------- */

static int
find(api_t *api, uint64_t id, invitation_row_t *row_r)
{
    int rc = db_invitation_by_id(api->db, id, api->now, row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


static int
reply_rows(api_t *api, const invitation_row_t *rows, size_t n)
{
    json_t *items = json_pooled(api->pool, json_array());
    size_t limit = cursor_limit(api);

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, invitation_json(api->pool, &rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}


/* What invitation_add_...() returned. */
static int
reply_new(api_t *api, int rc, const change_t *change, uint64_t id)
{
    invitation_row_t row;

    if (problem_change(api, rc, change) != OK || find(api, id, &row) != OK) {
        return ERROR;
    }

    return reply_json(api->rq, 201, invitation_json(api->pool, &row));
}


/* --- of a namespace ------------------------------------------------------- */

int
api_namespace_invitations(api_t *api)
{
    invitation_row_t *rows;
    uint64_t after;
    size_t n;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    return db_invitation_of_namespace(api->db, api->namespace.id, after,
                                      api->now, cursor_limit(api) + 1, &rows,
                                      &n)
                   == OK
               ? reply_rows(api, rows, n)
               : problem_database(api);
}


int
api_namespace_invite(api_t *api)
{
    const char *name = api->namespace.name, *login = api_str(api, "login");
    const char *pattern = api_str(api, "pattern");
    collaborator_t who = { .login = login,
                           .pattern = pattern != NULL ? pattern : ALL };
    change_t change = api_change(api);
    uint64_t id;
    role_t role;
    int rc;

    if (role_parse(api_text(api, "role"), &role) == OK) {
        rc = invitation_add_collaborator(&change, name, &who, role, &id);
        return reply_new(api, rc, &change, id);
    }

    if (pattern != NULL) {
        return problem_fail(api, PROBLEM_FIELD, "pattern",
                            "members are of the whole organization");
    }

    rc = invitation_add_member(&change, name, login,
                               strcmp(api_str(api, "role"), "owner") == 0, &id);

    return reply_new(api, rc, &change, id);
}


static int
withdraw(api_t *api, const char *namespace, const char *repository)
{
    change_t change = api_change(api);
    int rc = invitation_withdraw(&change, namespace, repository,
                                 api_param_number(api, "id"));

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}


int
api_namespace_withdraw(api_t *api)
{
    return withdraw(api, api->namespace.name, NULL);
}


/* --- to a repository ------------------------------------------------------ */

int
api_namespace_invitations_repository(api_t *api)
{
    invitation_row_t *rows;
    uint64_t after;
    size_t n;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    return db_invitation_of_repository(api->db, api->namespace.id,
                                       api->repository.id, after, api->now,
                                       cursor_limit(api) + 1, &rows, &n)
                   == OK
               ? reply_rows(api, rows, n)
               : problem_database(api);
}


int
api_namespace_invite_collaborator(api_t *api)
{
    const collaborator_t who = { .login = api_str(api, "login"),
                                 .repository = api->repository.name };
    change_t change = api_change(api);
    role_t role = ROLE_NONE;
    uint64_t id;
    int rc;

    role_parse(api_text(api, "role"), &role);
    rc = invitation_add_collaborator(&change, api->namespace.name, &who, role,
                                     &id);

    return reply_new(api, rc, &change, id);
}


int
api_namespace_withdraw_collaborator(api_t *api)
{
    return withdraw(api, api->namespace.name, api->repository.name);
}


/* --- to the caller -------------------------------------------------------- */

int
api_namespace_invitations_mine(api_t *api)
{
    invitation_row_t *rows;
    uint64_t after;
    size_t n;

    if (cursor_number(api, 0, &after) != OK) {
        return ERROR;
    }

    return db_invitation_of_account(api->db, api->caller.account.id, after,
                                    api->now, cursor_limit(api) + 1, &rows, &n)
                   == OK
               ? reply_rows(api, rows, n)
               : problem_database(api);
}


/* Another's is not there, also for the owner that has sent it. */
static int
answer(api_t *api, int (*fn)(change_t *change, uint64_t id))
{
    uint64_t id = api_param_number(api, "id");
    change_t change = api_change(api);
    invitation_row_t row;

    if (find(api, id, &row) != OK) {
        return ERROR;
    }

    if (row.account_id != api->caller.account.id) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return problem_change(api, fn(&change, id), &change) == OK
               ? reply_empty(api->rq, 204)
               : ERROR;
}


int
api_namespace_accept(api_t *api)
{
    return answer(api, invitation_accept);
}


int
api_namespace_decline(api_t *api)
{
    return answer(api, invitation_delete);
}
