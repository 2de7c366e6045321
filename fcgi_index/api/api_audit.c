/* api_audit.c: the audit log: all of it for administrators, what they did
 * themselves for others.  The newest stands first. */

#include "api/api_audit.h"
#include "api/cursor.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "db/db_account.h"

const field_t api_audit_query[] = {
    { .name = "actor",
      .type = FIELD_STRING,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login,
      .help = "Login of who acted; for administrators, whose list has all "
              "actors otherwise." },
    { .name = NULL },
};

static const field_t model_fields[] = {
    { .name = "id", .type = FIELD_INTEGER, .help = "Its number." },
    { .name = "at", .type = FIELD_TIME, .help = "When it was done." },
    { .name = "actor",
      .type = FIELD_STRING,
      .help = "Login of who did it; empty for no one." },
    { .name = "actor_kind",
      .type = FIELD_STRING,
      .values = audit_kinds,
      .help = "How the actor was known." },
    { .name = "access_token",
      .type = FIELD_INTEGER,
      .flags = FIELD_NULLABLE,
      .help = "Number of the access token that was used." },
    { .name = "address",
      .type = FIELD_STRING,
      .help = "Where it came from; empty for an operator." },
    { .name = "action",
      .type = FIELD_STRING,
      .values = audit_words,
      .help = "What was done." },
    { .name = "target",
      .type = FIELD_STRING,
      .help = "What it was done to, by its name at that time." },
    { .name = "count",
      .type = FIELD_INTEGER,
      .help = "How often: wrong passwords for one login from one address in "
              "ten minutes are one event." },
    { .name = "last_at", .type = FIELD_TIME, .help = "When it was done last." },
    { .name = "data", .type = FIELD_OBJECT, .help = "More about it." },
    { .name = NULL },
};

const model_t api_audit_model = { "AuditEvent", model_fields };


/* 0: all actors. */
static int
find_actor(api_t *api, uint64_t *actor_id_r)
{
    const char *login = api_str(api, "actor");
    account_id_row_t row;
    int rc;

    if (!api_is_admin(api)) {
        *actor_id_r = api->caller.account.id;
        return login == NULL || strcmp(login, api->caller.account.login) == 0
                   ? OK
                   : problem_fail(api, PROBLEM_FORBIDDEN, "actor", NULL);
    }

    *actor_id_r = 0;

    if (login == NULL) {
        return OK;
    }

    rc = db_account_id(api->db, login, &row);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_QUERY, "actor",
                                             "there is no such account")
                              : problem_database(api);
    }

    *actor_id_r = row.id;

    return OK;
}


int
api_audit_list(api_t *api)
{
    size_t limit = cursor_limit(api), n;
    json_t *items = json_pooled(api->pool, json_array());
    audit_item_row_t *rows;
    uint64_t before, actor_id;
    int rc;

    if (cursor_number(api, INT64_MAX, &before) != OK
        || find_actor(api, &actor_id) != OK) {
        return ERROR;
    }

    rc = actor_id == 0 ? db_audit_list(api->db, before, limit + 1, &rows, &n)
                       : db_audit_list_of_actor(api->db, actor_id, before,
                                                limit + 1, &rows, &n);

    if (rc != OK) {
        return problem_database(api);
    }

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, audit_json(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? cursor_key_number(api, rows[limit - 1].id)
                                  : NULL);
}
