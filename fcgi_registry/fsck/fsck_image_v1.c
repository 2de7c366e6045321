/* fsck_image_v1.c: images of the original protocol: whether each has its
 * parents and its layer. */

#include "fsck/fsck_scan.h"
#include "repository/blob.h"
#include "repository/image_v1.h"

#include "common/name.h"


static void
broken(fsck_scan_t *scan, const char *id, const char *what)
{
    fsck_report(scan->fsck, FSCK_BROKEN_IMAGE, scan->name, id, false, "%s",
                what);
}


/* Every other one of the chain is checked as itself. */
static void
parent_check(fsck_scan_t *scan, const char *id)
{
    store_op_t *op = &scan->fsck->op;
    str_t *ids, json;
    size_t n;
    int rc = image_v1_ancestry(op, scan->name, reg_cstr(id), &ids, &n);

    if (rc == DECLINED) {
        broken(scan, id, "its ancestry is missing or broken");

    } else if (rc == OK && n > 1) {
        rc = image_v1_json(op, scan->name, ids[1], &json);

        if (rc == DECLINED) {
            broken(scan, id, "its parent is missing");
        }
    }

    fsck_scan_note(scan, rc);
}


static void
layer_check(fsck_scan_t *scan, const char *id)
{
    store_op_t *op = &scan->fsck->op;
    reg_digest_t digest, stored;
    int rc = image_v1_layer(op, scan->name, reg_cstr(id), &digest);

    if (rc == OK) {
        rc = blob_find(op, scan->name, &digest, &stored);
    }

    if (rc == DECLINED) {
        broken(scan, id, "its layer is not stored, or not linked");
    }

    fsck_scan_note(scan, rc);
}


void
fsck_image_v1(void *data, const char *id)
{
    fsck_scan_t *scan = data;
    store_op_t *op = &scan->fsck->op;
    str_t json;

    if (reg_image_id_is_valid(reg_cstr(id))
        && image_v1_json(op, scan->name, reg_cstr(id), &json) == OK
        && image_v1_is_uploading(op, scan->name, reg_cstr(id)) == DECLINED) {
        parent_check(scan, id);
        layer_check(scan, id);
    }

    fsck_next(scan->fsck);
}
