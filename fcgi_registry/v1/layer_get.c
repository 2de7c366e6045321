/* layer_get.c: what the files of a layer are, and what it changes. */

#include "v1/layer_get.h"
#include "layer/layer_diff.h"
#include "v1/layer_unpack.h"


int
layer_files_get(req_t *rq)
{
    str_t files;

    return layer_files_find(rq, registry_of(rq)->image_id, &files) == OK
               ? reply_bytes(rq, 200, "application/json", files)
               : ERROR;
}


/* Each ancestor has memory of its own: lists are long. */
static int
ancestor_add(req_t *rq, layer_diff_t *diff, str_t id)
{
    registry_t *registry = registry_of(rq);
    store_op_t *whole = registry->op, part = store_part_begin(whole);
    str_t files;
    int rc;

    registry->op = &part;
    rc = layer_files_find(rq, id, &files);

    if (rc == OK) {
        rc = layer_diff_ancestor(diff, files);
    }

    registry->op = whole;
    store_part_end(&part, whole);

    return rc;
}


int
layer_diff_get(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    layer_diff_t *diff = NULL;
    str_t files, *ids;
    size_t n;
    int rc = layer_files_find(rq, registry->image_id, &files);

    if (rc == OK) {
        rc = image_v1_ancestry(registry->op, registry->name, registry->image_id,
                               &ids, &n);
        diff = layer_diff_open(rq->pool, files);
    }

    if (rc != OK || diff == NULL) {
        return rq->is_failed ? ERROR : req_fail(rq, REG_ERR_UNKNOWN, NULL);
    }

    for (size_t i = 1; i < n && rc == OK; i++) {
        rc = ancestor_add(rq, diff, ids[i]);
    }

    return rc == ERROR ? ERROR
                       : reply_bytes(rq, 200, "application/json",
                                     layer_diff_text(diff));
}
