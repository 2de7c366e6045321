/* image_tag.c: tags of a repository, as the original protocol has them: names
 * of images, which are the manifests that the tags of version 2 point to. */

#include "v1/image_tag.h"
#include "repository/image_derive.h"
#include "repository/image_v1.h"
#include "repository/tag.h"
#include "request/event.h"
#include "request/image_push.h"
#include "request/tag_remove.h"
#include "v1/pusher.h"
#include "v1/unnamed.h"
#include "v1/v1_reply.h"

#define BODY_MAX 1024 /* an id in quotes */


/* --- GET ----------------------------------------------------------------- */


/* The id of a tag's image, which the client will ask for next; DECLINED with
 * *error_r set where this protocol cannot have it. */
static int
tag_image_find(req_t *rq, str_t tag, str_t *id_r, const char **error_r)
{
    registry_t *registry = registry_of(rq);
    int rc;

    *error_r = NULL;
    rc = image_derive_tag(registry->op, registry->name, tag, id_r, error_r);

    if (rc == OK) {
        return unnamed_note(rq, *id_r);
    }

    return rc == ERROR && *error_r != NULL ? DECLINED : rc;
}


/* One that this protocol cannot have is left out.  Each tag has memory of its
 * own: what an image is made of may be long, and tags are many. */
static int
tag_add(req_t *rq, const char *name, json_t *tags)
{
    registry_t *registry = registry_of(rq);
    store_op_t *whole = registry->op, part = store_part_begin(whole);
    const char *error;
    str_t id;
    int rc;

    registry->op = &part;
    rc = tag_image_find(rq, reg_cstr(name), &id, &error);

    if (rc == OK) {
        json_object_set_new(tags, name, json_str(id));
    }

    registry->op = whole;
    store_part_end(&part, whole);

    return rc;
}


static int
tags_add(req_t *rq, const store_names_t *names, json_t *tags)
{
    for (size_t i = 0; i < names->n; i++) {
        if (reg_tag_is_valid(reg_cstr(names->items[i]))
            && tag_add(rq, names->items[i], tags) == ERROR) {
            return ERROR;
        }
    }

    return OK;
}


int
image_tag_list(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    json_t *tags = json_pooled(rq->pool, json_object());
    store_names_t names;
    int rc = tag_entries(registry->op, registry->name, &names);

    if (rc == DECLINED) {
        names.n = 0;
    }

    if (rc == ERROR || tags_add(rq, &names, tags) != OK
        || (json_object_size(tags) == 0 && v1_repository_check(rq) != OK)) {
        return ERROR;
    }

    return reply_json(rq, 200, json_incref(tags));
}


int
image_tag_get(req_t *rq)
{
    const char *error;
    str_t id;
    int rc = tag_image_find(rq, registry_of(rq)->reference, &id, &error);

    if (rc == DECLINED && error != NULL) {
        return req_fail(rq, REG_ERR_MANIFEST_INVALID, "%s", error);
    }

    if (rc != OK) {
        return rc == DECLINED
                   ? req_fail(rq, REG_ERR_MANIFEST_UNKNOWN, "Tag not found")
                   : ERROR;
    }

    return reply_bytes(rq, 200, "application/json",
                       reg_cstr(pool_printf(rq->pool, "\"%.*s\"", STR(id))));
}


/* --- PUT, DELETE --------------------------------------------------------- */


/* A JSON string. */
static int
id_receive(req_t *rq, str_t *id_r)
{
    str_t body;

    if (req_body(rq, BODY_MAX, &body) != OK) {
        return ERROR;
    }

    while (body.len != 0 && strchr(" \t\r\n", body.data[body.len - 1])) {
        body.len--;
    }

    if (body.len < 2 || body.data[0] != '"' || body.data[body.len - 1] != '"') {
        return req_fail(rq, REG_ERR_MANIFEST_INVALID, "Invalid data");
    }

    *id_r = (str_t){ body.len - 2, body.data + 1 };

    return reg_image_id_is_valid(*id_r)
               ? OK
               : req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL);
}


int
image_tag_put(req_t *rq)
{
    str_t tag = registry_of(rq)->reference, id;
    int rc;

    if (!reg_tag_is_valid(tag)) {
        return req_fail(rq, REG_ERR_TAG_INVALID, "Invalid tag name");
    }

    if (event_check(rq) != OK || id_receive(rq, &id) != OK
        || unnamed_take(rq, id) != OK) {
        return ERROR;
    }

    rc = image_push(rq, id, tag);

    if (rc == DECLINED) {
        return req_fail(rq, REG_ERR_IMAGE_UNKNOWN, NULL);
    }

    return rc == OK && unnamed_note(rq, id) == OK && pusher_note(rq, id) == OK
               ? v1_true(rq)
               : ERROR;
}


int
image_tag_delete(req_t *rq)
{
    str_t tag = registry_of(rq)->reference;
    int rc;

    if (event_check(rq) != OK) {
        return ERROR;
    }

    rc = reg_tag_is_valid(tag) ? tag_remove(rq, tag) : DECLINED;

    if (rc == DECLINED) {
        return req_fail(rq, REG_ERR_MANIFEST_UNKNOWN, "Tag not found: %.*s",
                        STR(tag));
    }

    return rc == OK ? v1_true(rq) : ERROR;
}
