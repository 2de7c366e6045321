/* snapshot.c: what a repository holds, as lines of the spool. */

#include "reindex/snapshot.h"
#include "repository/image_config.h"
#include "repository/link.h"
#include "manifest/manifest_schema1.h"
#include "spool/record.h"
#include "spool/spool.h"
#include "repository/tag.h"
#include "repository/walk.h"

#include "common/manifest_scan.h"
#include "common/name.h"

#include "fcgi_core/log.h"

#include <errno.h>

#define NAMES 4096     /* that one read of a directory yields: 1.1 MiB */
#define LINE_HEAD 2048 /* of a page, without its items */
#define ITEMS_MAX (SPOOL_LINE_MAX - LINE_HEAD)
#define HOLD_MS 200 /* how long a repository is locked for a part */

/* What a repository has two kinds of. */
typedef struct {
    reg_snapshot_t of;
    const char *directory;
    int (*list)(snapshot_t *snapshot, const walk_t *walk, const char *key);

    /* DECLINED where there is no such thing; ERROR, logged, if that is
     * unknown. */
    int (*item)(snapshot_t *snapshot, const char *name, json_t **item_r);
} kind_t;


int
snapshot_open(snapshot_t *snapshot, pool_t *pool, store_op_t *op, size_t max)
{
    *snapshot = (snapshot_t){ .op = op, .max = max };
    snapshot->listing = listing_create(pool, NAMES);

    /* a page may be begun right below max, and another one ended then */
    snapshot->part.data = pool_alloc(pool, max + 2 * (size_t)SPOOL_LINE_MAX);

    return uuid_make(snapshot->run) == OK
               ? OK
               : store_error(op, "draw", "a random number");
}


/* --- lines --------------------------------------------------------------- */


/* Takes the reference; name is empty where it is of no repository. */
static int
line_add(snapshot_t *snapshot, str_t name, json_t *said)
{
    const record_t record = { .action = REG_EVENT_SNAPSHOT,
                              .repository = name,
                              .snapshot = said };
    str_t line;

    if (record_print(snapshot->op->pool, &record, 1, NULL, &line) != OK) {
        return ERROR;
    }

    memcpy(snapshot->part.data + snapshot->part.len, line.data, line.len);
    snapshot->part.len += line.len;

    return OK;
}


int
snapshot_mark(snapshot_t *snapshot, reg_snapshot_t of)
{
    snapshot->part.len = 0;

    return line_add(snapshot, reg_str(""),
                    json_pack("{s:s, s:s}", reg_member_run, snapshot->run,
                              reg_member_of, reg_snapshot_name(of)));
}


/* --- manifests ----------------------------------------------------------- */


static void
digest_pass(void *data, const reg_digest_t *digest)
{
    snapshot_t *snapshot = data;
    char text[REG_DIGEST_MAX + 1];

    reg_digest_print(digest, text);
    listing_add(snapshot->listing, text);
}


static int
manifests_list(snapshot_t *snapshot, const walk_t *walk, const char *key)
{
    (void)snapshot;

    return walk_digests(walk, key, digest_pass);
}


/* The manifest's fields other than its type, into its item.  One that cannot
 * be understood is there all the same. */
static int
manifest_describe(snapshot_t *snapshot, const char *digest, str_t content,
                  json_t *item)
{
    store_op_t *op = snapshot->op;
    manifest_t manifest;
    const json_t *config;
    const char *error;

    if (manifest_parse_any(op->pool, content, &manifest, &error) != OK) {
        log_error("reindex: %.*s@%s cannot be understood: %s",
                  STR(snapshot->name), digest, error);
        snapshot->has_failed = true;
        return OK;
    }

    if (image_config(op, snapshot->name, &manifest, &config) == ERROR) {
        return ERROR;
    }

    record_manifest(item, &manifest, config);

    return OK;
}


/* Its type is what the module says of these bytes. */
static int
manifest_report(snapshot_t *snapshot, const char *digest, str_t content,
                json_t **item_r)
{
    reg_manifest_scan_t scan;
    int rc;

    reg_manifest_scan_init(&scan);
    reg_manifest_scan_feed(&scan, content.data, content.len);
    *item_r = json_pack("{s:s, s:s, s:I}", reg_member_digest, digest,
                        reg_member_media_type, reg_manifest_scan_type(&scan),
                        reg_member_size, (json_int_t)content.len);
    rc = manifest_describe(snapshot, digest, content, *item_r);

    if (rc == OK) {
        snapshot->manifests++;

    } else {
        json_decref(*item_r);
    }

    return rc;
}


static int
manifest_item(snapshot_t *snapshot, const char *name, json_t **item_r)
{
    store_op_t *op = snapshot->op;
    store_key_t key;
    reg_digest_t digest, stored;
    str_t content;
    int rc;

    if (reg_digest_parse(reg_cstr(name), &digest) != OK) {
        return DECLINED;
    }

    key = key_revision_link(snapshot->name, &digest);
    rc = link_get(op, key.text, &stored);

    if (rc == DECLINED && store_check(op, key.text) != DECLINED) {
        return ERROR; /* a link that says nothing */
    }

    if (rc != OK) {
        return rc;
    }

    key = key_blob(&stored);
    rc = store_get(op, key.text, MANIFEST_BYTES_MAX, &content);

    if (rc == OK) {
        rc = manifest_report(snapshot, name, content, item_r);

    } else if (rc == DECLINED) {
        log_warn("reindex: %.*s@%s has a link, but is not stored",
                 STR(snapshot->name), name);
    }

    return rc;
}


/* --- tags ---------------------------------------------------------------- */


static void
tag_pass(void *data, const char *name)
{
    snapshot_t *snapshot = data;

    if (reg_tag_is_valid(reg_cstr(name))) {
        listing_add(snapshot->listing, name);
    }
}


static int
tags_list(snapshot_t *snapshot, const walk_t *walk, const char *key)
{
    (void)snapshot;

    return walk_names(walk, key, tag_pass);
}


static int
tag_item(snapshot_t *snapshot, const char *name, json_t **item_r)
{
    store_op_t *op = snapshot->op;
    str_t tag = reg_cstr(name);
    char text[REG_DIGEST_MAX + 1];
    reg_digest_t digest;
    int rc = tag_get_strict(op, snapshot->name, tag, &digest);

    if (rc != OK) {
        return rc;
    }

    reg_digest_print(&digest, text);
    *item_r =
        json_pack("{s:s, s:s}", reg_member_name, name, reg_member_digest, text);
    snapshot->tags++;

    return OK;
}


/* --- pages --------------------------------------------------------------- */


static const kind_t kinds[] = {
    { REG_SNAPSHOT_MANIFESTS, "_manifests/revisions", manifests_list,
      manifest_item },
    { REG_SNAPSHOT_TAGS, "_manifests/tags", tags_list, tag_item },
};


static void
page_begin(snapshot_t *snapshot, const char *after)
{
    memmove(snapshot->after, after, strlen(after) + 1);
    memmove(snapshot->seen, after, strlen(after) + 1);
    json_decref(snapshot->items); /* of a page that was not ended */
    snapshot->items = json_array();
    snapshot->size = 0;
}


/* The page covers what is behind its after, up to "to". */
static int
page_end(snapshot_t *snapshot, const char *to)
{
    json_t *items = snapshot->items;

    snapshot->is_named = true;
    snapshot->items = NULL;

    return line_add(snapshot, snapshot->name,
                    json_pack("{s:s, s:s, s:s, s:s, s:o}", reg_member_run,
                              snapshot->run, reg_member_of,
                              reg_snapshot_name(kinds[snapshot->kind].of),
                              reg_member_after, snapshot->after, reg_member_to,
                              to, reg_member_items, items));
}


/* Ends a page with what was seen, if anything, and begins another one. */
static int
page_turn(snapshot_t *snapshot, const char *after)
{
    int rc = OK;

    if (strcmp(snapshot->seen, snapshot->after) != 0) {
        rc = page_end(snapshot, snapshot->seen);
    }

    page_begin(snapshot, after);

    return rc;
}


static int
item_add(snapshot_t *snapshot, const char *name, json_t *item)
{
    size_t size = json_dumpb(item, NULL, 0, JSON_COMPACT) + 1;
    int rc = OK;

    if (snapshot->size + size > ITEMS_MAX) {
        rc = page_turn(snapshot, snapshot->seen);
    }

    json_array_append_new(snapshot->items, item);
    snapshot->size += size;
    memcpy(snapshot->seen, name, strlen(name) + 1);

    return rc;
}


/* What cannot be read is behind one page, and before the next. */
static int
name_report(snapshot_t *snapshot, const char *name)
{
    json_t *item = NULL;
    int rc = kinds[snapshot->kind].item(snapshot, name, &item);

    if (rc == OK) {
        rc = item_add(snapshot, name, item);

    } else if (rc == DECLINED) {
        memcpy(snapshot->seen, name, strlen(name) + 1);
        rc = OK;

    } else {
        snapshot->has_failed = true;
        rc = page_turn(snapshot, name);
    }

    pool_reset(snapshot->op->pool);

    return rc;
}


/* --- parts --------------------------------------------------------------- */


static void
kind_begin(snapshot_t *snapshot, size_t kind)
{
    snapshot->kind = kind;
    snapshot->is_done = kind == sizeof(kinds) / sizeof(kinds[0]);

    if (!snapshot->is_done) {
        page_begin(snapshot, "");
    }
}


void
snapshot_begin(snapshot_t *snapshot, str_t name)
{
    snapshot->name = name;
    snapshot->is_named = false;
    kind_begin(snapshot, 0);
}


static bool
is_full(const snapshot_t *snapshot)
{
    struct timespec now;

    if (snapshot->part.len >= snapshot->max) {
        return true;
    }

    clock_gettime(CLOCK_MONOTONIC, &now);

    return snapshot->since.tv_sec != 0
           && (now.tv_sec - snapshot->since.tv_sec) * 1000
                      + (now.tv_nsec - snapshot->since.tv_nsec) / 1000000
                  >= HOLD_MS;
}


/* The names behind those that were seen.  However long that takes, some of them
 * are in this part. */
static int
names_list(snapshot_t *snapshot)
{
    const kind_t *kind = &kinds[snapshot->kind];
    walk_t walk = { snapshot->op, snapshot, NULL };
    store_key_t key = key_repository(snapshot->name, kind->directory);
    int rc;

    listing_begin(snapshot->listing, snapshot->seen);
    rc = kind->list(snapshot, &walk, key.text);
    listing_end(snapshot->listing);

    if (snapshot->since.tv_sec == 0) {
        clock_gettime(CLOCK_MONOTONIC, &snapshot->since);
    }

    return rc;
}


/* Where a directory cannot be listed, no page covers what may be in it. */
static int
kind_leave(snapshot_t *snapshot)
{
    int rc = page_turn(snapshot, "");

    snapshot->has_failed = true;
    kind_begin(snapshot, snapshot->kind + 1);

    return rc;
}


static int
names_report(snapshot_t *snapshot)
{
    const listing_t *listing = snapshot->listing;

    if (names_list(snapshot) == ERROR) {
        return kind_leave(snapshot);
    }

    for (size_t i = 0; i < listing->n; i++) {
        if (is_full(snapshot)) {
            return OK;
        }

        if (name_report(snapshot, listing->names[i]) != OK) {
            return ERROR;
        }
    }

    if (listing->has_more) {
        return OK;
    }

    if (page_end(snapshot, "") != OK) {
        return ERROR;
    }

    kind_begin(snapshot, snapshot->kind + 1);

    return OK;
}


int
snapshot_next(snapshot_t *snapshot)
{
    snapshot->part.len = 0;
    snapshot->since = (struct timespec){ 0, 0 };

    while (!snapshot->is_done && !is_full(snapshot)) {
        if (names_report(snapshot) != OK) {
            return ERROR;
        }
    }

    pool_reset(snapshot->op->pool);

    return snapshot->is_done ? OK : page_turn(snapshot, snapshot->seen);
}
