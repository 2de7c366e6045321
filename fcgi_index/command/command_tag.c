/* command_tag.c: the subcommands of tag, manifest and blob: what the mirror
 * knows of the store. */

#include "app.h"
#include "command/command_site.h"
#include "command/commands.h"
#include "common/name.h"
#include "common/scope.h"
#include "fcgi_core/log.h"
#include "repository/manifest_referrer.h"
#include "repository/tag_view.h"

#define BODY_MAX 65536
#define TAG_COLUMNS "name digest pushed_at pushed_by compressed_size platforms"
#define PAST_COLUMNS "digest began_at began_by ended_at ended_by"
#define MANIFEST_COLUMNS                                                       \
    "digest pushed_at pushed_by compressed_size media_type artifact_type "     \
    "subject"


/* Prints what is missing; the exit status for what a query returned. */
static int
found(const call_t *call, int rc)
{
    if (rc == DECLINED) {
        log_error("%s has no %s", call->words[0], call->words[1]);
    }

    return rc == OK ? EXIT_SUCCESS : EXIT_FAILURE;
}


/* --- tags ----------------------------------------------------------------- */

static int
print_tags(const call_t *call, const char **after)
{
    tag_item_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_repository(call->words[0], &id) != OK
        || db_tag_list(app.db, id, *after, COMMAND_PAGE, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, tag_json(&rows[i]), TAG_COLUMNS);
        *after = rows[i].name;
    }

    return OK;
}


static int
tag_list(const call_t *call)
{
    return command_list(call, print_tags);
}


static int
tag_show(const call_t *call)
{
    tag_item_row_t row;
    uint64_t id;
    int rc = ERROR;

    if (app_open() == OK && command_repository(call->words[0], &id) == OK) {
        rc = db_tag_get(app.db, id, call->words[1], &row);
    }

    if (rc == OK) {
        command_show(call, tag_json(&row));
    }

    return found(call, rc);
}


static int
print_present(const call_t *call, uint64_t id)
{
    tag_present_row_t row;
    int rc = db_tag_present(app.db, id, call->words[1], &row);

    if (rc == OK) {
        command_print(call, tag_present_json(&row), PAST_COLUMNS);
    }

    return rc;
}


/* A tag that is gone has a history still. */
static int
print_history(const call_t *call, const char **after)
{
    bool is_first = (*after)[0] == '\0';
    tag_past_list_row_t *rows;
    uint64_t id;
    size_t n;
    int rc = OK;

    if (command_repository(call->words[0], &id) != OK) {
        return ERROR;
    }

    if (is_first) {
        rc = print_present(call, id);
    }

    if (rc == ERROR
        || db_tag_past_list(app.db, id, call->words[1],
                            command_key(*after, INT64_MAX), COMMAND_PAGE, &rows,
                            &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, tag_past_json(&rows[i]), PAST_COLUMNS);
        *after = command_key_text(rows[i].id);
    }

    return rc == DECLINED && n == 0 ? found(call, rc), ERROR : OK;
}


static int
tag_history(const call_t *call)
{
    return command_list(call, print_history);
}


/* --- delete --------------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *tag;
    uint64_t repository_id;
} tag_t;


/* The registry has deleted it by then. */
static int
record_in_transaction(change_t *change, void *data)
{
    const tag_t *tag = data;

    return change_audit(change, AUDIT_TAG_DELETE, tag->repository_id, tag->name,
                        json_pack("{s:s}", "tag", tag->tag));
}


/* The events of the registry take it out of the mirror. */
static int
tag_delete(const call_t *call)
{
    tag_t tag = { .name = call->words[0], .tag = call->words[1] };
    registry_site_t site;
    registry_call_t what = {
        .method = "DELETE",
        .repository = tag.name,
        .path = pool_printf(app.pool, "manifests/%s", tag.tag),
        .actions = REG_ACTION_PULL | REG_ACTION_DELETE,
        .wanted = "Docker-Content-Digest",
        .body_max = BODY_MAX,
    };
    http_answer_t answer;
    int rc;

    if (!reg_tag_is_valid(reg_cstr(tag.tag))) {
        return call_misused(call, "%s is no tag", tag.tag);
    }

    if (app.settings.registry_url == NULL
        || app.settings.registry_service == NULL) {
        return call_misused(call, "--registry and --service are needed");
    }

    if (command_site(NULL, &site) != OK
        || command_repository(tag.name, &tag.repository_id) != OK) {
        return EXIT_FAILURE;
    }

    what.account = command_operator()->login;
    rc = registry_call(&site, app.pool, &what, &answer);

    if (rc != OK || answer.status / 100 != 2) {
        log_error("%s:%s was not deleted: %s", tag.name, tag.tag,
                  registry_call_error(app.pool, &answer));
        return EXIT_FAILURE;
    }

    if (command_change(record_in_transaction, &tag) != OK) {
        return EXIT_FAILURE;
    }

    printf("tag %s of %s is deleted\n", tag.tag, tag.name);

    return EXIT_SUCCESS;
}


const command_t tag_commands[] = {
    { .noun = "tag",
      .verb = "list",
      .words = "NAME",
      .summary = "List the tags of a repository.",
      .detail = "Tag, digest, last push and by whom, bytes of config and "
                "layers, platforms: one tag per line.",
      .has_json = true,
      .run = tag_list },
    { .noun = "tag",
      .verb = "show",
      .words = "NAME TAG",
      .summary = "Show a tag.",
      .has_json = true,
      .run = tag_show },
    { .noun = "tag",
      .verb = "history",
      .words = "NAME TAG",
      .summary = "List where a tag points and pointed before.",
      .detail = "Digest, from when and by whom, until when and by whom: the "
                "newest first.",
      .has_json = true,
      .run = tag_history },
    { .noun = "tag",
      .verb = "delete",
      .words = "NAME TAG",
      .summary = "Delete a tag in the registry.",
      .detail = "Its manifest stays until garbage collection.  The registry is "
                "the one of --registry; its events take the tag out of lists.",
      .run = tag_delete },
    { .noun = NULL },
};


/* --- manifests ------------------------------------------------------------ */

static int
print_manifests(const call_t *call, const char **after)
{
    manifest_item_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_repository(call->words[0], &id) != OK
        || db_manifest_list(app.db, id, *after, COMMAND_PAGE, &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, manifest_item_json(&rows[i]), MANIFEST_COLUMNS);
        *after = rows[i].digest;
    }

    return OK;
}


static int
manifest_list(const call_t *call)
{
    return command_list(call, print_manifests);
}


static int
print_referrers(const call_t *call, const char **after)
{
    referrer_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_repository(call->words[0], &id) != OK
        || referrer_list(app.db, id, call->words[1], *after, COMMAND_PAGE,
                         &rows, &n)
               != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, referrer_json(&rows[i]), MANIFEST_COLUMNS);
        *after = rows[i].digest;
    }

    return OK;
}


static int
manifest_referrers(const call_t *call)
{
    return command_list(call, print_referrers);
}


static int
manifest_show(const call_t *call)
{
    manifest_item_row_t row;
    json_t *model;
    uint64_t id;
    int rc = ERROR;

    if (app_open() == OK && command_repository(call->words[0], &id) == OK) {
        rc = db_manifest_get(app.db, id, call->words[1], &row);
    }

    if (rc == OK) {
        rc = manifest_json(app.db, id, &row, &model);
    }

    if (rc == OK) {
        command_show(call, json_incref(model));
    }

    return found(call, rc);
}


const command_t manifest_commands[] = {
    { .noun = "manifest",
      .verb = "list",
      .words = "NAME",
      .summary = "List the manifests of a repository.",
      .detail = "Digest, last push and by whom, bytes of config and layers, "
                "media type, artifact type, subject: one manifest per line.",
      .has_json = true,
      .run = manifest_list },
    { .noun = "manifest",
      .verb = "show",
      .words = "NAME DIGEST",
      .summary = "Show a manifest, its tags, layers and children.",
      .has_json = true,
      .run = manifest_show },
    { .noun = "manifest",
      .verb = "referrers",
      .words = "NAME DIGEST",
      .summary = "List what refers to a manifest: signatures, SBOMs, "
                 "attestations.",
      .has_json = true,
      .run = manifest_referrers },
    { .noun = NULL },
};


/* --- blobs ---------------------------------------------------------------- */

static int
print_blobs(const call_t *call, const char **after)
{
    blob_list_row_t *rows;
    uint64_t id;
    size_t n;

    if (command_repository(call->words[0], &id) != OK
        || db_blob_list(app.db, id, *after, COMMAND_PAGE, &rows, &n) != OK) {
        return ERROR;
    }

    for (size_t i = 0; i < n; i++) {
        command_print(call, blob_json(&rows[i]),
                      "digest size pushed_at pushed_by");
        *after = rows[i].digest;
    }

    return OK;
}


static int
blob_list(const call_t *call)
{
    return command_list(call, print_blobs);
}


const command_t blob_commands[] = {
    { .noun = "blob",
      .verb = "list",
      .words = "NAME",
      .summary = "List the blobs that were pushed to a repository.",
      .detail = "Digest, bytes, when and by whom: one blob per line.",
      .has_json = true,
      .run = blob_list },
    { .noun = NULL },
};
