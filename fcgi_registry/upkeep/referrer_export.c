/* referrer_export.c: lists of referrers under fallback tags, as clients of a
 * registry without the referrers API keep and read them.
 *
 * A list gets the referrers that are missing in it and loses the entries whose
 * content has gone; its other fields stay.  It is checked while the repository
 * is in use, and if it has to change, again under the repository's exclusive
 * lock.  Then it is written as a push writes an index, and lists that had the
 * tag before go.  So it may be killed at any point and be run again, and a
 * second run finds nothing to do. */

#include "upkeep/referrer_export.h"
#include "repository/blob.h"
#include "repository/referrers_tag.h"
#include "repository/manifest.h"
#include "repository/manifest_del.h"
#include "repository/referrer.h"
#include "repository/tag.h"
#include "upkeep/upkeep.h"
#include "repository/walk.h"

#include "common/hash.h"
#include "common/manifest_scan.h"
#include "common/name.h"
#include "fcgi_core/log.h"

#include <stdlib.h>

#define LIST_MAX (4 * 1024 * 1024) /* bytes; clients read no longer ones */
#define TOO_LONG "the list would be too long for clients"

typedef struct {
    const char *store;
    bool is_dry_run;
    bool is_quiet;
} export_conf_t;

typedef struct {
    store_t store;
    store_op_t op; /* its pool is reset after each list */
    bool is_dry_run;
    bool is_quiet;
    str_t name; /* repository */
    uint64_t repositories, lists, written, added, dropped, older;
    bool has_failed;
    time_t reported; /* when progress was last reported */
} export_t;

/* A list, as it is and as it is to be.  All of it in the operation's pool. */
typedef struct {
    export_t *export;
    const char *tag;
    reg_digest_t start;          /* what the tag says of the subject */
    const reg_digest_t *subject; /* NULL: none is remembered */
    bool is_alone;               /* with the lock: what is listed is touched */
    bool is_there;
    reg_digest_t digest; /* of the list that is there */
    json_t *root;        /* what it says */
    json_t *entries;     /* as they are to be */
    json_t *listed;      /* their digests, as keys */
    json_t *older;       /* digests that the tag had before, as keys */
    size_t bytes;        /* of the entries' text, about */
    uint64_t added, dropped;
} list_t;

static const setting_t export_settings[] = {
    UPKEEP_STORE(export_conf_t),
    { "dry-run", NULL, SETTING_FLAG, offsetof(export_conf_t, is_dry_run), 0, 0,
      NULL, "Write nothing; print what would be written." },
    { "quiet", NULL, SETTING_FLAG, offsetof(export_conf_t, is_quiet), 0, 0,
      NULL, "Print only the summary, no progress and no line for each list." },
    { .name = NULL },
};


static int
list_refuse(const list_t *list, const char *why)
{
    const export_t *export = list->export;

    log_error("export-referrers: %.*s:%s is left as it is: %s",
              STR(export->name), list->tag, why);

    return ERROR;
}


static bool
has_changed(const list_t *list)
{
    return list->added != 0 || list->dropped != 0;
}


/* --- what there is ------------------------------------------------------- */


static int
root_read(list_t *list)
{
    store_op_t *op = &list->export->op;
    const char *error;
    manifest_t manifest;
    str_t content;
    int rc = manifest_read(op, list->export->name, &list->digest, &content,
                           &manifest);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == DECLINED
        || !referrers_tag_is_list(&list->start, &list->digest, &manifest)) {
        return list_refuse(list, "it is not a list of referrers");
    }

    list->is_there = true;

    /* all of it: its fields other than the entries are written again */
    return json_parse(op->pool, content, &list->root, &error) == OK
               ? OK
               : list_refuse(list, error);
}


/* OK with an empty list where there is none. */
static int
list_read(list_t *list)
{
    store_op_t *op = &list->export->op;
    str_t name = list->export->name, tag = reg_cstr(list->tag);
    reg_digest_t stored;
    int rc = tag_get(op, name, tag, &list->digest);
    int link = rc == DECLINED ? tag_check(op, name, tag) : DECLINED;

    if (link != DECLINED) {
        return link == ERROR
                   ? ERROR
                   : list_refuse(list,
                                 "its link is broken; fsck may repair it");
    }

    if (rc == OK) {
        rc = manifest_find(op, name, &list->digest, &stored);
    }

    if (rc == DECLINED) {
        list->root = json_pooled(
            op->pool, json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2,
                                "mediaType", REG_MT_OCI_INDEX, "manifests"));
        return OK;
    }

    return rc == OK ? root_read(list) : ERROR;
}


/* Whether content is in the repository.  With the lock it is touched: a garbage
 * collection that is running sees that it is wanted. */
static int
content_find(const list_t *list, const char *text)
{
    store_op_t *op = &list->export->op;
    str_t name = list->export->name;
    reg_digest_t digest, stored;
    int rc = reg_digest_parse(reg_cstr(text), &digest);

    if (rc != OK) {
        return OK; /* an unknown digest stays */
    }

    rc = manifest_find(op, name, &digest, &stored);

    if (rc == DECLINED) {
        rc = blob_find(op, name, &digest, &stored);
    }

    return rc == OK && list->is_alone ? blob_touch(op, &stored) : rc;
}


static void
entry_add(list_t *list, const char *text, json_t *entry)
{
    json_object_set_new(list->listed, text, json_true());
    json_array_append(list->entries, entry);
    list->bytes += json_dumpb(entry, NULL, 0, JSON_COMPACT);
}


/* What is listed, without what has gone and what comes twice. */
static int
entries_keep(list_t *list)
{
    json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(list->root, "manifests"), i, entry)
    {
        const char *text = json_string_value(json_object_get(entry, "digest"));
        int rc = json_object_get(list->listed, text) != NULL
                     ? DECLINED
                     : content_find(list, text);

        if (rc == ERROR) {
            return ERROR;
        }

        if (rc == OK) {
            entry_add(list, text, entry);

        } else {
            list->dropped++;
        }
    }

    return OK;
}


static int
referrer_add(list_t *list, const char *text)
{
    export_t *export = list->export;
    size_t bytes = 0;
    json_t *model;
    int rc;

    if (json_object_get(list->listed, text) != NULL) {
        return OK;
    }

    rc = referrer_describe(&export->op, export->name, list->subject, text,
                           SIZE_MAX, &bytes, &model);

    if (rc != OK) {
        return rc == ERROR ? ERROR : OK;
    }

    rc = content_find(list, text);

    if (rc == OK) {
        entry_add(list, text, model);
        list->added++;
    }

    json_decref(model);

    return rc == ERROR ? ERROR : OK;
}


static int
referrers_add(list_t *list)
{
    export_t *export = list->export;
    pool_t *pool = export->op.pool;
    json_t *candidates = json_pooled(pool, json_object());
    const char **texts;

    if (list->subject == NULL) {
        return OK;
    }

    if (referrer_links(&export->op, export->name, list->subject, candidates)
        != OK) {
        return ERROR;
    }

    texts = referrer_sort(pool, candidates);

    for (size_t i = 0; i < json_object_size(candidates); i++) {
        if (referrer_add(list, texts[i]) != OK) {
            return ERROR;
        }

        /* before memory has all of it: a client chooses how much */
        if (list->bytes > LIST_MAX) {
            return list_refuse(list, TOO_LONG);
        }
    }

    return OK;
}


/* Whether a list has another tag than ours, or may have one. */
static bool
is_tagged(const list_t *list, store_op_t *op, const reg_digest_t *digest)
{
    store_names_t tags;

    if (tag_find_all(op, list->export->name, digest, &tags) != OK) {
        return true;
    }

    return tags.n > 1 || (tags.n == 1 && strcmp(tags.items[0], list->tag) != 0);
}


/* In memory for one list. */
static bool
is_older(const list_t *list, store_op_t *op, const reg_digest_t *digest)
{
    manifest_t manifest;
    str_t content;

    if (list->is_there && !has_changed(list)
        && reg_digest_eq(digest, &list->digest)) {
        return false;
    }

    return manifest_read(op, list->export->name, digest, &content, &manifest)
               == OK
           && !manifest.has_subject
           && referrers_tag_is_list(&list->start, digest, &manifest)
           && !is_tagged(list, op, digest);
}


/* Lists that had the tag before, or that are about to lose it.  Clients choose
 * how many. */
static void
older_pass(void *data, const reg_digest_t *digest)
{
    list_t *list = data;
    store_op_t *op = &list->export->op, part = store_part_begin(op);
    char text[REG_DIGEST_MAX + 1];

    if (is_older(list, &part, digest)) {
        reg_digest_print(digest, text);
        json_object_set_new(list->older, text, json_true());
    }

    store_part_end(&part, op);
}


static int
older_find(list_t *list)
{
    walk_t walk = { &list->export->op, list, NULL };
    store_key_t key = key_tag(list->export->name, reg_cstr(list->tag));

    key = key_below(key.text, "index");

    return walk_digests(&walk, key.text, older_pass);
}


static int
list_look(list_t *list)
{
    pool_t *pool = list->export->op.pool;

    list->is_there = false;
    list->added = list->dropped = list->bytes = 0;
    list->entries = json_pooled(pool, json_array());
    list->listed = json_pooled(pool, json_object());
    list->older = json_pooled(pool, json_object());

    return list_read(list) == OK && entries_keep(list) == OK
                   && referrers_add(list) == OK && older_find(list) == OK
               ? OK
               : ERROR;
}


/* --- what is done -------------------------------------------------------- */


/* The text of the list, in the pool. */
static int
list_print(list_t *list, str_t *content_r)
{
    pool_t *pool = list->export->op.pool;

    json_object_set(list->root, "manifests", list->entries);
    content_r->len = json_dumpb(list->root, NULL, 0, JSON_COMPACT);

    if (content_r->len > LIST_MAX) {
        return list_refuse(list, TOO_LONG);
    }

    content_r->data = pool_alloc(pool, content_r->len + 1);
    json_dumpb(list->root, (char *)content_r->data, content_r->len,
               JSON_COMPACT);

    return OK;
}


/* As manifest_put(): docs/storage.md. */
static int
list_write(list_t *list)
{
    export_t *export = list->export;
    store_op_t *op = &export->op;
    store_key_t key;
    char hex[REG_DIGEST_HEX_MAX + 1], text[REG_DIGEST_MAX + 1];
    reg_digest_t digest = { REG_SHA256, { 0, NULL } };
    str_t content, tag = reg_cstr(list->tag);
    reg_hash_t hash;

    if (list_print(list, &content) != OK) {
        return ERROR;
    }

    reg_hash_init(&hash, digest.algorithm);
    reg_hash_update(&hash, content.data, content.len);
    reg_hash_hex(&hash, hex);
    digest.hex = reg_cstr(hex);
    reg_digest_print(&digest, text);
    json_object_del(list->older, text); /* it has been here before */
    key = key_repository(export->name, "_layers");

    if (store_make_directory(op, key.text) != OK
        || manifest_store(op, export->name, &digest, content) != OK) {
        return ERROR;
    }

    return tags_put(op, export->name, &tag, 1, &digest);
}


static int
older_remove(list_t *list)
{
    export_t *export = list->export;
    reg_digest_t digest;
    const char *text;
    json_t *value;

    json_object_foreach(list->older, text, value)
    {
        if (reg_digest_parse(reg_cstr(text), &digest) == OK
            && manifest_del(&export->op, export->name, &digest, NULL)
                   == ERROR) {
            return ERROR;
        }
    }

    return OK;
}


/* A list without entries goes with its tag. */
static int
list_apply(list_t *list)
{
    export_t *export = list->export;
    int rc = OK;

    if (has_changed(list)) {
        rc = json_array_size(list->entries) != 0
                 ? list_write(list)
                 : tag_del(&export->op, export->name, reg_cstr(list->tag));
    }

    return rc == ERROR ? ERROR : older_remove(list);
}


static void
list_report(const list_t *list)
{
    export_t *export = list->export;
    size_t older = json_object_size(list->older);
    size_t left = json_array_size(list->entries);

    export->written += has_changed(list);
    export->added += list->added;
    export->dropped += list->dropped;
    export->older += older;

    if (!export->is_quiet) {
        printf("list %.*s:%s: %zu referrers, %llu of them new, %llu that are "
               "gone dropped, %zu older lists removed\n",
               STR(export->name), list->tag, left,
               (unsigned long long)list->added,
               (unsigned long long)list->dropped, older);
    }
}


static void
progress_report(export_t *export)
{
    if (!export->is_quiet && upkeep_is_time(&export->reported)) {
        log_info("export-referrers: %llu repositories, %llu lists, %llu new "
                 "referrers",
                 (unsigned long long)export->repositories,
                 (unsigned long long)export->lists,
                 (unsigned long long)export->added);
    }
}


/* Looks again where there is something to be done, and does it. */
static int
list_change(list_t *list)
{
    export_t *export = list->export;

    if (!export->is_dry_run) {
        list->is_alone = true;

        if (manifest_lock(&export->op, export->name, false, NULL) != OK
            || list_look(list) != OK || list_apply(list) != OK) {
            return ERROR;
        }
    }

    list_report(list);

    return OK;
}


static void
list_export(export_t *export, const char *tag, const reg_digest_t *subject)
{
    list_t list = { .export = export, .tag = tag, .subject = subject };
    int rc = ERROR;

    export->lists++;

    if (referrers_tag_parse(reg_cstr(tag), &list.start) == OK) {
        rc = list_look(&list);
    }

    if (rc == OK && (has_changed(&list) || json_object_size(list.older) != 0)) {
        rc = list_change(&list);
    }

    if (rc != OK) {
        export->has_failed = true;
    }

    pool_reset(export->op.pool);
    progress_report(export);
}


/* --- the command --------------------------------------------------------- */


/* A tag outlives the operation's pool, which the lists reset. */
static void
subject_pass(void *data, const reg_digest_t *subject)
{
    export_t *export = data;
    pool_t *pool = pool_create();

    list_export(export, referrers_tag_name(pool, subject), subject);
    pool_destroy(pool);
}


/* A list whose subject is remembered had its turn. */
static void
tag_pass(void *data, const char *tag)
{
    export_t *export = data;
    store_key_t key;
    reg_digest_t start;
    int rc = DECLINED;

    if (referrers_tag_parse(reg_cstr(tag), &start) != OK) {
        return;
    }

    if (start.hex.len == reg_algorithm_hex_len(start.algorithm)) {
        key = key_referrers(export->name, &start, NULL);
        rc = store_check_below(&export->op, key.text);
    }

    if (rc == DECLINED) {
        list_export(export, tag, NULL);

    } else if (rc == ERROR) {
        export->has_failed = true;
    }

    pool_reset(export->op.pool);
}


static void
repository_pass(void *data, str_t name, unsigned has)
{
    export_t *export = data;
    walk_t walk = { &export->op, export, NULL };
    store_key_t key;

    if ((has & WALK_MANIFESTS) == 0 || !reg_name_is_valid(name)) {
        return;
    }

    export->repositories++;
    export->name = name;
    key = key_repository(name, "_referrers");

    if ((has & WALK_REFERRERS) != 0
        && walk_digests(&walk, key.text, subject_pass) == ERROR) {
        export->has_failed = true;
    }

    key = key_repository(name, "_manifests/tags");

    if (walk_names(&walk, key.text, tag_pass) == ERROR) {
        export->has_failed = true;
    }
}


static int
store_export(export_t *export)
{
    walk_t walk = { &export->op, export, NULL };
    const char *would = export->is_dry_run ? "would be " : "";

    upkeep_is_time(&export->reported); /* a second from now */

    if (walk_repositories(&walk, repository_pass) == ERROR) {
        export->has_failed = true;
    }

    printf("%llu repositories, %llu lists, %llu %swritten; %llu new referrers, "
           "%llu that are gone %sdropped, %llu older lists %sremoved\n",
           (unsigned long long)export->repositories,
           (unsigned long long)export->lists,
           (unsigned long long)export->written, would,
           (unsigned long long)export->added,
           (unsigned long long)export->dropped, would,
           (unsigned long long)export->older, would);
    pool_destroy(export->op.pool);

    return export->has_failed || fflush(stdout) != 0 ? EXIT_FAILURE
                                                     : EXIT_SUCCESS;
}


static int
referrer_export_run(const call_t *call)
{
    const export_conf_t *conf = call->conf;
    export_t export = { .has_failed = false };
    int rc = upkeep_open(call->words[0], conf->store, &export.store);

    if (rc != OK) {
        return rc == DECLINED ? EXIT_SUCCESS : EXIT_FAILURE;
    }

    json_open();
    export.op = store_op_begin(&export.store, pool_create());
    export.is_dry_run = conf->is_dry_run;
    export.is_quiet = conf->is_quiet;

    return store_export(&export);
}


const command_t referrer_export_commands[] = {
    { .noun = "export-referrers",
      .words = "ROOT",
      .summary = "Write the referrers of every manifest under fallback tags.",
      .detail = "For the way back to registry:2.  Can run while the registry "
                "is in use; docs/adopt.md.",
      .settings = export_settings,
      .conf_size = sizeof(export_conf_t),
      .usage_status = EXIT_FAILURE,
      .run = referrer_export_run },
    { .noun = NULL },
};
