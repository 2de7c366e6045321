/* api_repository.c: repositories: lists, and what people say of them. */

#include "api/api_repository.h"
#include "activity/activity.h"
#include "access/visibility.h"
#include "api/etag.h"
#include "fcgi_core/lines.h"
#include "api/param.h"
#include "api/problem.h"
#include "common/name.h"
#include "db/db_activity.h"
#include "db/db_star.h"
#include "fcgi_core/reply.h"
#include "markdown/markdown.h"
#include "repository/profile.h"
#include "repository/repository_view.h"
#include "repository/removal.h"

static const char *const visibilities[] = { "public", "unlisted", "internal",
                                            "private", NULL };
static const char *const roles[] = { "none", "read", "write", "admin", NULL };


/* --- tables --------------------------------------------------------------- */

static const grammar_t grammar_topic = { "^[a-z0-9][a-z0-9-]{0,39}$",
                                         profile_topic_is_valid };
static const grammar_t grammar_link = { "^https?://[!-~]+$",
                                        profile_link_is_valid };

#define VISIBILITY(text)                                                       \
    {                                                                          \
        .name = "visibility", .type = FIELD_STRING, .values = visibilities,    \
        .help = text                                                           \
    }
#define DESCRIPTION                                                            \
    {                                                                          \
        .name = "description", .type = FIELD_STRING,                           \
        .max = PROFILE_DESCRIPTION_MAX, .help = "What it is, in one line."     \
    }
#define PAGE                                                                   \
    {                                                                          \
        .name = "page", .type = FIELD_TEXT, .max = PROFILE_PAGE_MAX,           \
        .help = "Its page, as Markdown; at most 64 KiB."                       \
    }
#define TOPICS                                                                 \
    {                                                                          \
        .name = "topics", .type = FIELD_STRINGS, .max = PROFILE_TOPICS_MAX,    \
        .grammar = &grammar_topic, .help = "Words that it is found by."        \
    }
#define LINKS                                                                  \
    {                                                                          \
        .name = "links", .type = FIELD_STRINGS, .max = PROFILE_LINKS_MAX,      \
        .grammar = &grammar_link,                                              \
        .help = "Where there is more about it: addresses of the web."          \
    }

const field_t api_repository_create_body[] = {
    { .name = "name",
      .type = FIELD_STRING,
      .flags = FIELD_REQUIRED,
      .min = 1,
      .max = REG_NAME_MAX,
      .grammar = &grammar_repository,
      .help = "Its whole name: the namespace, and what is behind it." },
    VISIBILITY("Who may pull it; by default as the namespace says."),
    DESCRIPTION,
    PAGE,
    TOPICS,
    LINKS,
    { .name = NULL },
};

const field_t api_repository_edit_body[] = {
    VISIBILITY("Who may pull it; only its admins change that."),
    DESCRIPTION,
    PAGE,
    TOPICS,
    LINKS,
    { .name = NULL },
};

#define MODEL_FIELDS                                                           \
    { .name = "name", .type = FIELD_STRING, .help = "Its whole name." },       \
        { .name = "namespace",                                                 \
          .type = FIELD_STRING,                                                \
          .help = "The first component of its name." },                        \
        { .name = "visibility",                                                \
          .type = FIELD_STRING,                                                \
          .values = visibilities,                                              \
          .help = "Who may pull it without a role on it." },                   \
        { .name = "description",                                               \
          .type = FIELD_STRING,                                                \
          .help = "What it is, in one line; or empty." },                      \
        { .name = "topics",                                                    \
          .type = FIELD_STRINGS,                                               \
          .help = "Words that it is found by." },                              \
        { .name = "is_stored",                                                 \
          .type = FIELD_BOOLEAN,                                               \
          .help = "Whether the store holds something of it." },                \
        { .name = "created_at",                                                \
          .type = FIELD_TIME,                                                  \
          .help = "When the index first knew it." },                           \
        { .name = "pushed_at",                                                 \
          .type = FIELD_TIME,                                                  \
          .flags = FIELD_NULLABLE,                                             \
          .help = "The last push; null where none is known." },                \
        { .name = "pushed_by",                                                 \
          .type = FIELD_STRING,                                                \
          .flags = FIELD_NULLABLE,                                             \
          .help = "Login of who made that." },                                 \
        { .name = "star_count",                                                \
          .type = FIELD_INTEGER,                                               \
          .help = "How many accounts have starred it." },                      \
        { .name = "pull_count",                                                \
          .type = FIELD_INTEGER,                                               \
          .help = "How often it was pulled." },                                \
    {                                                                          \
        .name = "pulled_at", .type = FIELD_TIME, .flags = FIELD_NULLABLE,      \
        .help = "The last pull; null where none is known."                     \
    }

static const field_t item_fields[] = { MODEL_FIELDS, { .name = NULL } };

static const field_t model_fields[] = {
    MODEL_FIELDS,
    { .name = "links",
      .type = FIELD_STRINGS,
      .help = "Where there is more about it." },
    { .name = "page",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "Its page, as Markdown; null where there is none." },
    { .name = "page_html",
      .type = FIELD_STRING,
      .flags = FIELD_NULLABLE,
      .help = "The same as HTML that is safe to show." },
    { .name = "role",
      .type = FIELD_STRING,
      .values = roles,
      .help = "What the caller may do with it." },
    { .name = "is_starred",
      .type = FIELD_BOOLEAN,
      .help = "Whether the caller has starred it." },
    { .name = "is_followed",
      .type = FIELD_BOOLEAN,
      .help = "Whether the caller follows it." },
    { .name = NULL },
};

const model_t api_repository_model = { "Repository", model_fields };
const model_t api_repository_item_model = { "RepositoryItem", item_fields };


/* --- models --------------------------------------------------------------- */

/* The visibility is changed by others, too, and is of what people edit. */
static uint64_t
edition_of(const repository_get_row_t *row)
{
    return row->edition * 4 + row->visibility;
}


static int
find(api_t *api, const char *name, repository_get_row_t *row_r)
{
    int rc = db_repository_get(api->db, name, row_r);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_NOT_FOUND, NULL, NULL);
    }

    return rc == OK ? OK : problem_database(api);
}


/* What else the caller has to do with it. */
static int
put_caller(api_t *api, uint64_t repository_id, json_t *model)
{
    uint64_t account_id = api->caller.account.id; /* 0: no one's */
    star_get_row_t star;
    follow_get_row_t follow;
    int starred, followed;

    starred = db_star_get(api->db, repository_id, account_id, &star);
    followed = db_follow_get(api->db, repository_id, account_id, &follow);

    if (starred == ERROR || followed == ERROR) {
        return ERROR;
    }

    json_object_set_new(model, "is_starred", json_boolean(starred == OK));
    json_object_set_new(model, "is_followed", json_boolean(followed == OK));

    return OK;
}


static int
reply_repository(api_t *api, int status, const char *name)
{
    repository_get_row_t row;
    json_t *model;

    if (find(api, name, &row) != OK) {
        return ERROR;
    }

    if (etag_reply(api, row.id, edition_of(&row)) == DECLINED) {
        return OK;
    }

    model = json_pooled(
        api->pool, repository_json(api->pool, name, &row, api->access.role));

    return put_caller(api, row.id, model) == OK
               ? reply_json(api->rq, status, json_incref(model))
               : problem_database(api);
}


static int
record(api_t *api, audit_action_t action, const target_t *repository)
{
    const audit_t audit = { .action = action,
                            .namespace_id = api->access.facts.namespace_id,
                            .repository_id = repository->id,
                            .target = repository->name };

    return audit_add(api->db, &api->actor, api->now, &audit) == OK
               ? OK
               : problem_database(api);
}


int
api_repository_get(api_t *api)
{
    return reply_repository(api, 200, api->repository.name);
}


/* --- changes -------------------------------------------------------------- */

static bool
has_profile(const api_t *api)
{
    return api_has(api, "description") || api_has(api, "page")
           || api_has(api, "topics") || api_has(api, "links");
}


static int
set_profile(api_t *api, uint64_t repository_id)
{
    const profile_t profile = {
        .description = api_str(api, "description"),
        .page = api_str(api, "page"),
        .topics = lines_join(api->pool, api_strings(api, "topics")),
        .links = lines_join(api->pool, api_strings(api, "links")),
    };
    int rc = profile_put(api->db, repository_id, &profile);

    if (rc == DECLINED) {
        return problem_fail(api, PROBLEM_FIELD, "page",
                            "page must have at most %d bytes, and be nested "
                            "no more than %d deep",
                            PROFILE_PAGE_MAX, MARKDOWN_DEPTH_MAX);
    }

    return rc == OK ? OK : problem_database(api);
}


/* A token for descriptions may not say who sees them. */
static int
check_visibility_right(api_t *api, const char *name)
{
    const caller_t *caller = &api->caller;

    if (caller->kind == CALLER_TOKEN
        && (credential_actions(&caller->credential, name) & CREDENTIAL_MANAGE)
               == 0) {
        return problem_fail(api, PROBLEM_SCOPE, "visibility",
                            "the token needs the action manage on %s", name);
    }

    return api->access.role == ROLE_ADMIN
               ? OK
               : problem_fail(api, PROBLEM_FORBIDDEN, "visibility",
                              "only an admin of the repository sets its "
                              "visibility");
}


/* As it is now is no change. */
static int
set_visibility(api_t *api, const repository_get_row_t *row)
{
    visibility_t visibility = VISIBILITY_PRIVATE;
    change_t change = api_change(api);
    bool was_unknown;

    if (!api_has(api, "visibility")
        || visibility_parse(api_text(api, "visibility"), &visibility) != OK
        || visibility == (visibility_t)row->visibility) {
        return OK;
    }

    return check_visibility_right(api, api->repository.name) == OK
               ? problem_change(api,
                                visibility_set(&change, api->repository.name,
                                               visibility, &was_unknown),
                                &change)
               : ERROR;
}


int
api_repository_edit(api_t *api)
{
    const target_t *repository = &api->repository;
    repository_get_row_t row;

    if (profile_hold(api->db, repository->id) != OK) {
        return problem_database(api);
    }

    if (find(api, repository->name, &row) != OK
        || etag_check(api, row.id, edition_of(&row)) != OK
        || set_visibility(api, &row) != OK) {
        return ERROR;
    }

    if (has_profile(api)
        && (set_profile(api, repository->id) != OK
            || record(api, AUDIT_REPOSITORY_EDIT, repository) != OK)) {
        return ERROR;
    }

    return reply_repository(api, 200, repository->name);
}


/* Of a repository that is not there yet. */
static int
check_create(api_t *api, const char *name)
{
    if (access_repository(api->db, &api->caller.account, name, &api->access)
        != OK) {
        return problem_database(api);
    }

    if (api->access.role < ROLE_WRITE) {
        return problem_fail(api, PROBLEM_FORBIDDEN, "name",
                            "the caller may not push to %s", name);
    }

    /* an administrator has a role in namespaces that do not exist */
    return api->access.facts.namespace_id != 0
               ? OK
               : problem_fail(api, PROBLEM_FIELD, "name",
                              "its namespace does not exist");
}


/* The namespace's, where the request has none. */
static int
new_visibility(api_t *api, const char *name, visibility_t *visibility_r)
{
    repository_defaults_row_t defaults;

    if (db_repository_defaults(api->db, api->access.facts.namespace_id,
                               &defaults)
        != OK) {
        return problem_database(api);
    }

    *visibility_r = (visibility_t)defaults.visibility;

    if (!api_has(api, "visibility")) {
        return OK;
    }

    visibility_parse(api_text(api, "visibility"), visibility_r);

    return *visibility_r == (visibility_t)defaults.visibility
               ? OK
               : check_visibility_right(api, name);
}


static int
note_create(api_t *api, uint64_t id)
{
    const activity_t activity = {
        .kind = ACTIVITY_CREATE,
        .namespace_id = api->access.facts.namespace_id,
        .repository_id = id,
        .at = api->now,
        .actor = api->caller.account.login,
    };

    return activity_add(api->db, &activity) == OK ? OK : problem_database(api);
}


int
api_repository_create(api_t *api)
{
    target_t repository = { api_str(api, "name"), 0 };
    visibility_t visibility;
    int rc;

    if (check_create(api, repository.name) != OK
        || new_visibility(api, repository.name, &visibility) != OK) {
        return ERROR;
    }

    rc = profile_create(api->db, api->access.facts.namespace_id,
                        repository.name, visibility, api->now, &repository.id);

    if (rc != OK) {
        return rc == DECLINED ? problem_fail(api, PROBLEM_EXISTS, "name", NULL)
                              : problem_database(api);
    }

    api_location(api, "/repositories/%s", api_segment(api, repository.name));

    return (!has_profile(api) || set_profile(api, repository.id) == OK)
                   && record(api, AUDIT_REPOSITORY_CREATE, &repository) == OK
                   && note_create(api, repository.id) == OK
               ? reply_repository(api, 201, repository.name)
               : ERROR;
}


/* The registry goes on: removal.h. */
int
api_repository_delete(api_t *api)
{
    change_t change = api_change(api);

    return problem_change(api, removal_request(&change, api->repository.name),
                          &change)
                   == OK
               ? reply_empty(api->rq, 202)
               : ERROR;
}
