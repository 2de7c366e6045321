/* api_namespace.c: namespaces: personal ones and organizations. */

#include "api/api_namespace.h"
#include "access/namespace.h"
#include "api/cursor.h"
#include "api/etag.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "db/db_access.h"
#include "db/db_namespace.h"
#include "fcgi_core/reply.h"

#define DESCRIPTION_CHARACTERS 255

/* In the order of sort_name a slash is "!": a namespace's repositories are at
 * its name or behind it, and in front of its name with END. */
#define END "\""
#define LAST "~" /* behind all names */

static const char *const lists[] = { "mine", "public", "all", NULL };
static const char *const kinds[] = { "personal", "organization", NULL };
static const char *const roles[] = { "none", "read", "write", "admin", NULL };
static const char *const visibilities[] = { "public", "unlisted", "internal",
                                            "private", NULL };


/* --- tables --------------------------------------------------------------- */

const field_t api_namespace_list_query[] = {
    { .name = "list",
      .type = FIELD_STRING,
      .values = lists,
      .help = "mine: those that the caller owns or is a member of, which is "
              "what an account gets without; public: those with a public "
              "repository; all: for administrators." },
    { .name = NULL },
};

#define DESCRIPTION                                                            \
    {                                                                          \
        .name = "description", .type = FIELD_STRING,                           \
        .max = DESCRIPTION_CHARACTERS, .help = "What it is, in one line."      \
    }

const field_t api_namespace_create_body[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 2,
      .max = REG_LOGIN_MAX,
      .grammar = &grammar_login,
      .help = "Its name: the first component of its repositories' names." },
    DESCRIPTION,
    { .name = NULL },
};

const field_t api_namespace_edit_body[] = {
    DESCRIPTION,
    { .name = "visibility",
      .type = FIELD_STRING,
      .values = visibilities,
      .help = "How new repositories begin." },
    { .name = "base_role",
      .type = FIELD_STRING,
      .values = roles,
      .help = "What every member of an organization may do everywhere in it." },
    { .name = "writers_delete",
      .type = FIELD_BOOLEAN,
      .help = "Whether the role write deletes as well." },
    { .name = NULL },
};

#define MODEL_FIELDS                                                           \
    { .name = "name", .type = FIELD_STRING, .help = "Its name." },             \
        { .name = "kind",                                                      \
          .type = FIELD_STRING,                                                \
          .values = kinds,                                                     \
          .help = "Whether an account or an organization has it." },           \
        { .name = "owner",                                                     \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_NULLABLE,                                             \
          .help = "Login of the account that has it; null: an organization, "  \
                  "or no one." },                                              \
        { .name = "description",                                               \
          .type = FIELD_STRING,                                                \
          .help = "What it is, in one line; or empty." },                      \
    {                                                                          \
        .name = "created_at", .type = FIELD_TIME, .help = "When it was made."  \
    }

static const field_t item_fields[] = { MODEL_FIELDS, { .name = NULL } };

static const field_t model_fields[] = {
    MODEL_FIELDS,
    { .name = "role",
      .type = FIELD_STRING,
      .values = roles,
      .help = "The caller's role on all of it." },
    { .name = "is_member",
      .type = FIELD_BOOLEAN,
      .help = "Whether the caller is a member." },
    { .name = "is_owner",
      .type = FIELD_BOOLEAN,
      .help = "Whether the caller decides who has rights in it." },
    { .name = "visibility",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .values = visibilities,
      .help = "How new repositories begin; null for strangers, as the next "
              "two are." },
    { .name = "base_role",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .values = roles,
      .help = "What every member may do everywhere in it." },
    { .name = "writers_delete",
      .type = FIELD_BOOLEAN,
      .flags = FIELD_NULLABLE,
      .help = "Whether the role write deletes as well." },
    { .name = NULL },
};

const model_t api_namespace_model = { "Namespace", model_fields };
const model_t api_namespace_item_model = { "NamespaceItem", item_fields };


/* --- models --------------------------------------------------------------- */

static json_t *
item_of(const namespace_row_t *row)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "name", row->name, "kind",
                     kinds[row->kind == NAMESPACE_ORGANIZATION], "owner",
                     api_string_or_null(row->owner), "description",
                     api_string_or_null(row->description), "created_at",
                     api_time(row->created_at));
}


static json_t *
model_of(const namespace_row_t *row, const access_t *access)
{
    bool is_stranger = !access->is_owner && !access->facts.is_member;
    json_t *model = item_of(row);

    json_object_update_new(
        model,
        json_pack(
            "{s:s, s:b, s:b, s:o, s:o, s:o}", "role", role_name(access->role),
            "is_member", access->facts.is_member, "is_owner", access->is_owner,
            "visibility",
            api_string_or_null(
                is_stranger ? NULL
                            : visibility_name((visibility_t)row->visibility)),
            "base_role",
            api_string_or_null(is_stranger ? NULL
                                           : role_name((role_t)row->base_role)),
            "writers_delete",
            is_stranger ? json_null() : json_boolean(row->writers_delete)));

    return model;
}


static int
find(api_t *api, const char *name, namespace_row_t *row_r)
{
    int rc = db_namespace_find(api->db, name, row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


/* As it is now: what the door found out may have changed. */
static int
reply_namespace(api_t *api, int status, const char *name)
{
    namespace_row_t row;
    access_t access;

    if (find(api, name, &row) != OK) {
        return ERROR;
    }

    if (access_namespace(api->db, api_account(api), name, &access) != OK) {
        return problem_database(api);
    }

    return etag_reply(api, row.id, row.revision) == DECLINED
               ? OK
               : reply_json(api->rq, status, model_of(&row, &access));
}


/* --- who may know of it --------------------------------------------------- */

/* OK where a repository of that visibility is in the namespace. */
static int
has_listed(api_t *api, visibility_t visibility, const char *name)
{
    namespace_listed_row_t row;

    return db_namespace_listed(api->db, visibility, name,
                               pool_printf(api->pool, "%s" END, name), &row);
}


/* OK, DECLINED or ERROR: by a role on something in it, or by what everybody, or
 * every account, may see of it. */
static int
is_known(api_t *api, const char *name)
{
    const account_t *account = api_account(api);
    access_any_row_t row;
    access_t access;
    int rc;

    if (access_namespace(api->db, account, name, &access) != OK) {
        return ERROR;
    }

    if (access.facts.namespace_id == 0 || access.role != ROLE_NONE
        || access.facts.is_member || api_is_admin(api)) {
        return access.facts.namespace_id != 0 ? OK : DECLINED;
    }

    rc = has_listed(api, VISIBILITY_PUBLIC, name);

    if (rc == DECLINED && account != NULL) {
        rc = has_listed(api, VISIBILITY_INTERNAL, name);
    }

    if (rc == DECLINED && account != NULL) {
        rc = db_access_any(api->db, access.facts.namespace_id, account->id,
                           &row);
    }

    return rc;
}


int
api_namespace_get(api_t *api)
{
    const char *name = api_param(api, "namespace");
    int rc = is_known(api, name);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? reply_namespace(api, 200, name) : problem_database(api);
}


/* --- lists ---------------------------------------------------------------- */

static int
reply_rows(api_t *api, const namespace_row_t *rows, size_t n)
{
    json_t *items = json_pooled(api->pool, json_array());
    size_t limit = cursor_limit(api);

    for (size_t i = 0; i < n && i < limit; i++) {
        json_array_append_new(items, item_of(&rows[i]));
    }

    return cursor_reply(api, json_incref(items),
                        n > limit ? rows[limit - 1].name : NULL);
}


/* The next namespace with a public repository: a jump over those of one.  OK,
 * DECLINED at the end, or ERROR. */
static int
next_public(api_t *api, const char *after, namespace_row_t *row_r)
{
    const char *first = after;
    namespace_listed_row_t listed;
    int rc;

    if (after[0] != '\0') {
        first = pool_printf(api->pool, "%s" END, after);
    }

    rc = db_namespace_listed(api->db, VISIBILITY_PUBLIC, first, LAST, &listed);

    return rc == OK ? db_namespace_find(
               api->db,
               pool_strndup(api->pool,
                            reg_name_namespace(reg_cstr(listed.name))),
               row_r)
                    : rc;
}


static int
list_public(api_t *api, const char *after)
{
    size_t limit = cursor_limit(api), n = 0;
    namespace_row_t *rows = pool_alloc(api->pool, (limit + 1) * sizeof(*rows));
    int rc = OK;

    while (n <= limit && rc == OK) {
        rc = next_public(api, after, &rows[n]);

        if (rc == OK) {
            after = rows[n++].name;
        }
    }

    return rc == ERROR ? problem_database(api) : reply_rows(api, rows, n);
}


static int
list_mine(api_t *api, const char *after)
{
    namespace_row_t *rows;
    size_t n;

    if (!api_has_account(api)) {
        return problem_fail(api, PROBLEM_UNAUTHENTICATED, NULL, NULL);
    }

    return db_namespace_of_account(api->db, api->caller.account.id, after,
                                   cursor_limit(api) + 1, &rows, &n)
                   == OK
               ? reply_rows(api, rows, n)
               : problem_database(api);
}


static int
list_all(api_t *api, const char *after)
{
    namespace_row_t *rows;
    size_t n;

    if (!api_is_admin(api)) {
        return problem_fail(api,
                            api_has_account(api) ? PROBLEM_FORBIDDEN
                                                 : PROBLEM_UNAUTHENTICATED,
                            "list", NULL);
    }

    return db_namespace_list(api->db, after, cursor_limit(api) + 1, &rows, &n)
                   == OK
               ? reply_rows(api, rows, n)
               : problem_database(api);
}


int
api_namespace_list(api_t *api)
{
    const char *after = cursor_text(api, "");
    const char *list = api_str(api, "list");

    if (after == NULL) {
        return ERROR;
    }

    if (list == NULL) {
        list = api_has_account(api) ? "mine" : "public";
    }

    if (strcmp(list, "public") == 0) {
        return list_public(api, after);
    }

    return strcmp(list, "all") == 0 ? list_all(api, after)
                                    : list_mine(api, after);
}


/* --- changes -------------------------------------------------------------- */

static int
set(api_t *api, const char *name, const namespace_settings_t *settings)
{
    change_t change = api_change(api);

    return problem_change(api, namespace_set(&change, name, settings), &change);
}


int
api_namespace_create(api_t *api)
{
    const char *name = api_str(api, "name");
    namespace_settings_t settings = { .description =
                                          api_str(api, "description") };
    change_t change = api_change(api);
    int rc = organization_add(&change, name, api->caller.account.login);

    if (problem_change(api, rc, &change) != OK
        || (settings.description != NULL && set(api, name, &settings) != OK)) {
        return ERROR;
    }

    api_location(api, "/namespaces/%s", name);

    return reply_namespace(api, 201, name);
}


int
api_namespace_edit(api_t *api)
{
    const char *name = api->namespace.name;
    namespace_settings_t settings = { .description =
                                          api_str(api, "description") };
    namespace_row_t row;
    visibility_t visibility;
    role_t base_role;
    bool writers_delete = api_boolean(api, "writers_delete", false);

    if (find(api, name, &row) != OK
        || etag_check(api, row.id, row.revision) != OK) {
        return ERROR;
    }

    if (api_has(api, "visibility")
        && visibility_parse(api_text(api, "visibility"), &visibility) == OK) {
        settings.visibility = &visibility;
    }

    if (api_has(api, "base_role")
        && role_parse(api_text(api, "base_role"), &base_role) == OK) {
        settings.base_role = &base_role;
    }

    if (api_has(api, "writers_delete")) {
        settings.writers_delete = &writers_delete;
    }

    return set(api, name, &settings) == OK ? reply_namespace(api, 200, name)
                                           : ERROR;
}


int
api_namespace_delete(api_t *api)
{
    change_t change = api_change(api);
    int rc = organization_delete(&change, api->namespace.name);

    return problem_change(api, rc, &change) == OK ? reply_empty(api->rq, 204)
                                                  : ERROR;
}
