/* command_repository.c: the subcommands of repository. */

#include "access/visibility.h"
#include "app.h"
#include "command/commands.h"
#include "common/name.h"
#include "db/db_profile.h"
#include "fcgi_core/file.h"
#include "fcgi_core/lines.h"
#include "fcgi_core/log.h"
#include "repository/profile.h"
#include "repository/removal.h"
#include "repository/repository_view.h"


static int
repository_set_visibility(const call_t *call)
{
    const char *const *words = call->words;
    visibility_t visibility;
    bool was_unknown;
    change_t change;
    int rc;

    if (command_visibility(words[1], &visibility) != OK
        || command_open_change(&change) != OK) {
        return EXIT_FAILURE;
    }

    rc = visibility_set(&change, words[0], visibility, &was_unknown);

    return command_finish(
        &change, rc, "repository %s is %s%s", words[0], words[1],
        was_unknown ? "; the index did not know it before" : "");
}


/* --- profiles ------------------------------------------------------------- */

typedef struct {
    const char *visibility;
    const char *description;
    const char *page_file;
    const char *topics;
    const char *links;
} repository_conf_t;

typedef struct {
    const char *name;
    const repository_conf_t *conf;
    profile_t profile;
    visibility_t visibility;
} work_t;


/* Each of them; NULL is good. */
static int
words_check(const call_t *call, const char *text, size_t max,
            bool (*is_valid)(str_t word), const char *what,
            const char **lines_r)
{
    json_t *words = command_words(text), *word;
    size_t i;

    json_array_foreach(words, i, word)
    {
        if (!is_valid(reg_cstr(json_string_value(word))) || i == max) {
            call_misused(call, "%s: %s", what, json_string_value(word));
            return ERROR;
        }
    }

    *lines_r = lines_join(app.pool, words);

    return OK;
}


/* Of a file, or, for "-", of standard input: "slipway" runs as a user that
 * cannot read every file. */
static int
page_read(const char *path, str_t *page_r)
{
    unsigned char *text;
    size_t len;

    if (strcmp(path, "-") != 0) {
        return file_get(app.pool, path, PROFILE_PAGE_MAX, page_r);
    }

    text = pool_alloc(app.pool, PROFILE_PAGE_MAX + 1);
    len = fread(text, 1, PROFILE_PAGE_MAX + 1, stdin);
    *page_r = (str_t){ len, text };

    return ferror(stdin) == 0 && len <= PROFILE_PAGE_MAX ? OK : ERROR;
}


static bool
is_text(str_t page)
{
    json_t *value = json_stringn((const char *)page.data, page.len);
    bool is_utf8 = value != NULL;

    json_decref(value);

    return is_utf8 && memchr(page.data, '\0', page.len) == NULL;
}


static int
profile_read(const call_t *call, profile_t *profile_r)
{
    const repository_conf_t *conf = call->conf;
    str_t page;

    profile_r->description = conf->description;

    if (command_text(call, "description", conf->description,
                     PROFILE_DESCRIPTION_MAX)
            != OK
        || words_check(call, conf->topics, PROFILE_TOPICS_MAX,
                       profile_topic_is_valid, "no topic, or too many",
                       &profile_r->topics)
               != OK
        || words_check(call, conf->links, PROFILE_LINKS_MAX,
                       profile_link_is_valid, "no link, or too many",
                       &profile_r->links)
               != OK) {
        return ERROR;
    }

    if (conf->page_file == NULL) {
        return OK;
    }

    if (page_read(conf->page_file, &page) != OK || !is_text(page)) {
        call_misused(call,
                     "%s cannot be read, is longer than %d bytes, or is no "
                     "text in UTF-8",
                     conf->page_file, PROFILE_PAGE_MAX);
        return ERROR;
    }

    profile_r->page = pool_strndup(app.pool, page);

    return OK;
}


static bool
has_profile(const profile_t *profile)
{
    return profile->description != NULL || profile->page != NULL
           || profile->topics != NULL || profile->links != NULL;
}


static int
put(change_t *change, uint64_t id, const work_t *work, audit_action_t action)
{
    int rc = OK;

    if (has_profile(&work->profile)) {
        rc = profile_put(change->db, id, &work->profile);
    }

    if (rc == DECLINED) {
        return change_fail(change, FAULT_INVALID, "page",
                           "the page is too long, or nested too deep");
    }

    return rc == OK ? change_audit(change, action, id, work->name, NULL) : rc;
}


static int
add_in_namespace(change_t *change, void *data)
{
    const work_t *work = data;
    uint64_t namespace_id = change->access.facts.namespace_id;
    visibility_t visibility = work->visibility;
    repository_defaults_row_t defaults;
    uint64_t id;
    int rc = db_repository_defaults(change->db, namespace_id, &defaults);

    if (rc == OK && work->conf->visibility == NULL) {
        visibility = (visibility_t)defaults.visibility;
    }

    if (rc == OK) {
        rc = profile_create(change->db, namespace_id, work->name, visibility,
                            change->now, &id);

        if (rc == DECLINED) {
            return change_fail(change, FAULT_TAKEN, "name",
                               "%s is there already", work->name);
        }
    }

    return rc == OK ? put(change, id, work, AUDIT_REPOSITORY_CREATE) : rc;
}


static int
repository_add(const call_t *call)
{
    const repository_conf_t *conf = call->conf;
    work_t work = { .name = call->words[0], .conf = conf };
    change_t change;

    if (!reg_name_is_valid(reg_cstr(work.name))) {
        return call_misused(call, "%s is no name of a repository", work.name);
    }

    if (profile_read(call, &work.profile) != OK
        || (conf->visibility != NULL
            && command_visibility(conf->visibility, &work.visibility) != OK)) {
        return COMMAND_USAGE;
    }

    return command_open_change(&change) == OK ? command_finish(
               &change,
               change_run(&change,
                          pool_strndup(app.pool,
                                       reg_name_namespace(reg_cstr(work.name))),
                          CHANGE_OWNER, add_in_namespace, &work),
               "repository %s is added", work.name)
                                              : EXIT_FAILURE;
}


static int
set_in_transaction(change_t *change, void *data)
{
    const work_t *work = data;
    uint64_t id = change->access.facts.repository_id;

    return profile_hold(change->db, id) == OK
               ? put(change, id, work, AUDIT_REPOSITORY_EDIT)
               : ERROR;
}


static int
repository_set(const call_t *call)
{
    work_t work = { .name = call->words[0], .conf = call->conf };
    change_t change;

    if (profile_read(call, &work.profile) != OK) {
        return COMMAND_USAGE;
    }

    return command_open_change(&change) == OK
               ? command_finish(&change,
                                change_run(&change, work.name, CHANGE_ADMIN,
                                           set_in_transaction, &work),
                                "repository %s is changed", work.name)
               : EXIT_FAILURE;
}


static int
repository_delete(const call_t *call)
{
    const char *name = call->words[0];
    change_t change;

    return command_open_change(&change) == OK
               ? command_finish(&change, removal_request(&change, name),
                                "repository %s is being deleted: see removal",
                                name)
               : EXIT_FAILURE;
}


static int
repository_show(const call_t *call)
{
    const char *name = call->words[0];
    repository_get_row_t row;
    int rc = app_open() == OK ? db_repository_get(app.db, name, &row) : ERROR;

    if (rc == DECLINED) {
        log_error("there is no repository %s", name);
    } else if (rc == OK) {
        command_show(call, repository_json(app.pool, name, &row, ROLE_ADMIN));
    }

    return rc == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}


#define PROFILE                                                                \
    { "description",                                                           \
      NULL,                                                                    \
      SETTING_STRING,                                                          \
      offsetof(repository_conf_t, description),                                \
      0,                                                                       \
      0,                                                                       \
      NULL,                                                                    \
      "What it is, in one line; empty: nothing." },                            \
        { "page-file",                                                         \
          NULL,                                                                \
          SETTING_STRING,                                                      \
          offsetof(repository_conf_t, page_file),                              \
          0,                                                                   \
          0,                                                                   \
          NULL,                                                                \
          "File with its page in Markdown; -: standard input." },              \
        { "topics",                                                            \
          NULL,                                                                \
          SETTING_STRING,                                                      \
          offsetof(repository_conf_t, topics),                                 \
          0,                                                                   \
          0,                                                                   \
          NULL,                                                                \
          "Its topics, with commas between; empty: none." },                   \
    {                                                                          \
        "links", NULL, SETTING_STRING, offsetof(repository_conf_t, links), 0,  \
            0, NULL, "Its links, with commas between; empty: none."            \
    }

static const setting_t add_settings[] = {
    { "visibility", NULL, SETTING_STRING,
      offsetof(repository_conf_t, visibility), 0, 0, NULL,
      "public, unlisted, internal or private; by default what its namespace "
      "says." },
    PROFILE,
    { .name = NULL },
};

static const setting_t set_settings[] = { PROFILE, { .name = NULL } };

const command_t repository_commands[] = {
    { .noun = "repository",
      .verb = "add",
      .words = "NAME",
      .summary = "Create a repository to which nothing was pushed yet.",
      .settings = add_settings,
      .conf_size = sizeof(repository_conf_t),
      .run = repository_add },
    { .noun = "repository",
      .verb = "set",
      .words = "NAME",
      .summary = "Describe a repository.",
      .settings = set_settings,
      .conf_size = sizeof(repository_conf_t),
      .run = repository_set },
    { .noun = "repository",
      .verb = "show",
      .words = "NAME",
      .summary = "Show a repository, with its page.",
      .has_json = true,
      .run = repository_show },
    { .noun = "repository",
      .verb = "delete",
      .words = "NAME",
      .summary = "Delete a repository, and revoke the tokens for it.",
      .detail = "removal run deletes its manifests in the registry.",
      .run = repository_delete },
    { .noun = "repository",
      .verb = "set-visibility",
      .words = "NAME " COMMAND_VISIBILITIES,
      .summary = "Set the visibility.",
      .detail = "A repository that only the store knows is added, with the "
                "owner of its namespace, if there is one.",
      .run = repository_set_visibility },
    { .noun = "repository",
      .verb = "list",
      .summary = "List the repositories.",
      .detail = "Name, visibility, owner or \"-\", \"stored\" if the mirror "
                "has it: one repository per line.",
      .settings = listing_settings,
      .conf_size = sizeof(listing_conf_t),
      .has_json = true,
      .run = command_repository_list },
    { .noun = NULL },
};
