/* fsck_tag.c: tags of a repository: whether they point to its manifests. */

#include "fsck/fsck_scan.h"
#include "repository/manifest.h"
#include "repository/referrers_tag.h"
#include "repository/tag.h"

#include "common/name.h"


/* What a tag pointed to before its link was lost: the newest entry of its
 * history that is still a manifest of the repository. */
typedef struct {
    fsck_scan_t *scan;
    const char *tag;
    bool is_found;
    time_t when;
    char hex[REG_DIGEST_HEX_MAX + 1];
    reg_digest_t digest;
} history_t;


static void
history_pass(void *data, const reg_digest_t *digest)
{
    history_t *history = data;
    store_op_t *op = &history->scan->fsck->op;
    reg_digest_t stored;
    store_stat_t stat;
    store_key_t key =
        key_tag_index(history->scan->name, reg_cstr(history->tag), digest);

    if (store_stat(op, key.text, &stat) == OK
        && (!history->is_found || stat.time.tv_sec > history->when)
        && manifest_find(op, history->scan->name, digest, &stored) == OK) {
        history->is_found = true;
        history->when = stat.time.tv_sec;
        snprintf(history->hex, sizeof(history->hex), "%.*s", STR(digest->hex));
        history->digest =
            (reg_digest_t){ digest->algorithm, reg_cstr(history->hex) };
    }
}


static void
bad_tag_report(fsck_scan_t *scan, const char *tag)
{
    fsck_t *fsck = scan->fsck;
    history_t history = { .scan = scan, .tag = tag };
    walk_t walk = { &fsck->op, &history, NULL };
    char text[REG_DIGEST_MAX + 1] = "nothing";
    bool is_repaired;
    store_key_t key = key_tag(scan->name, reg_cstr(tag));

    fsck_scan_note(
        scan,
        walk_digests(&walk, pool_printf(fsck->op.pool, "%s/index", key.text),
                     history_pass));

    if (history.is_found) {
        reg_digest_print(&history.digest, text);
        key = key_tag_current(scan->name, reg_cstr(tag));
        is_repaired = fsck_link_write(scan, key.text, &history.digest);

    } else {
        is_repaired =
            fsck_may_repair(fsck) && store_del_tree(&fsck->op, key.text) == OK;
    }

    fsck_report(fsck, FSCK_BAD_LINK, scan->name, tag, is_repaired,
                "the tag's link holds no digest; its history says %s", text);
}


/* A tag that points to what is no manifest of the repository. */
static void
target_check(fsck_scan_t *scan, const char *tag, const reg_digest_t *digest)
{
    fsck_t *fsck = scan->fsck;
    store_key_t key;
    char text[REG_DIGEST_MAX + 1];
    bool is_aside;

    reg_digest_print(digest, text);

    if (fsck_scan_has(scan, digest) && fsck_is_manifest(scan, digest)) {
        key = key_revision_link(scan->name, digest);
        fsck_report(fsck, FSCK_MISSING_LINK, scan->name, text,
                    fsck_link_write(scan, key.text, digest),
                    "tag %s points to it, and it is stored, but %s is missing",
                    tag, key.text);
        return;
    }

    is_aside = fsck_is_aside(fsck, digest);
    fsck_report(fsck, FSCK_DANGLING_TAG, scan->name, tag,
                !is_aside && fsck_may_repair(fsck)
                    && tag_del(&fsck->op, scan->name, reg_cstr(tag)) == OK,
                "it points to %s, which is missing%s", text,
                is_aside ? "; it was corrupt, push it again" : "");
}


/* What has no current link: what a crash left of a tag, or a file that is none
 * of ours, or a tag that has gone by now. */
static void
unfinished_report(fsck_scan_t *scan, const char *tag)
{
    fsck_t *fsck = scan->fsck;
    store_key_t key = key_tag(scan->name, reg_cstr(tag));
    int rc = store_check(&fsck->op, key.text);

    if (rc == OK) {
        fsck_stray(fsck, key.text);

    } else if (rc == DECLINED) {
        rc = store_check_below(&fsck->op, key.text);

        if (rc == OK) {
            fsck_report(fsck, FSCK_UNFINISHED_TAG, scan->name, tag,
                        fsck_may_repair(fsck)
                            && store_del_tree(&fsck->op, key.text) == OK,
                        "it points nowhere");
        }
    }

    fsck_scan_note(scan, rc);
}


void
fsck_tag(void *data, const char *tag)
{
    fsck_scan_t *scan = data;
    store_op_t *op = &scan->fsck->op;
    store_key_t key;
    reg_digest_t digest, stored, start;
    int rc;

    if (!reg_tag_is_valid(reg_cstr(tag))) {
        key = key_repository(scan->name, "_manifests/tags");
        fsck_stray(scan->fsck, pool_printf(op->pool, "%s/%s", key.text, tag));
        fsck_next(scan->fsck);
        return;
    }

    key = key_tag_current(scan->name, reg_cstr(tag));
    key = key_parent(key.text);
    fsck_directory(scan->fsck, scan->name, key.text, "link");
    rc = tag_get(op, scan->name, reg_cstr(tag), &digest);

    if (rc == OK) {
        rc = manifest_find(op, scan->name, &digest, &stored);

        if (rc == DECLINED) {
            target_check(scan, tag, &digest);
        }

        if (referrers_tag_parse(reg_cstr(tag), &start) == OK
            && !referrers_tag_is_of(&start, &digest)) {
            digest_set_add(scan->lists, &digest);
        }

    } else if (rc == DECLINED) {
        rc = tag_check(op, scan->name, reg_cstr(tag));

        if (rc == OK) {
            bad_tag_report(scan, tag);

        } else if (rc == DECLINED) {
            unfinished_report(scan, tag);
        }
    }

    fsck_scan_note(scan, rc);
    fsck_next(scan->fsck);
}
