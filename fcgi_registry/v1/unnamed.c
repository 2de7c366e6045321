/* unnamed.c: requests to images that name no repository. */

#include "v1/unnamed.h"
#include "repository/image_copy.h"
#include "repository/image_v1.h"


/* --- hints --------------------------------------------------------------- */


/* The repository that an image was last seen in, and is in still. */
static int
hint_get(store_op_t *op, str_t id, str_t *name_r)
{
    store_key_t key = key_image_v1(reg_str(REGISTRY_UNNAMED), id, "repository");
    int rc = store_get(op, key.text, REG_NAME_MAX, name_r);

    if (rc != OK) {
        return rc;
    }

    if (!reg_name_is_valid(*name_r)) {
        return DECLINED;
    }

    key = key_image_v1(*name_r, id, "json");

    return store_check(op, key.text);
}


static int
hint_put(store_op_t *op, str_t id, str_t name)
{
    store_key_t key = key_image_v1(reg_str(REGISTRY_UNNAMED), id, "repository");
    str_t known;
    int rc = store_get(op, key.text, REG_NAME_MAX, &known);

    if (rc == ERROR) {
        return ERROR;
    }

    if (rc == DECLINED || !reg_str_eq(known, name)) {
        store_put_hint(op, key.text, name);
    }

    return OK;
}


int
unnamed_note(req_t *rq, str_t id)
{
    registry_t *registry = registry_of(rq);

    return registry->is_open ? hint_put(registry->op, id, registry->name) : OK;
}


/* A client that reads the ancestry asks for each of it next. */
static int
chain_note(registry_t *registry)
{
    str_t *ids;
    size_t n;
    int rc = image_v1_ancestry(registry->op, registry->name, registry->image_id,
                               &ids, &n);

    for (size_t i = 0; rc == OK && i < n; i++) {
        rc = hint_put(registry->op, ids[i], registry->name);
    }

    return rc == ERROR ? ERROR : OK;
}


/* --- what waits ---------------------------------------------------------- */


/* Copies an image to a repository that does not have it: from what waits, or
 * from where a hint leads.  OK also where it is nowhere. */
static int
image_take(store_op_t *op, str_t to, str_t id)
{
    store_key_t key = key_image_v1(to, id, "json");
    str_t from;
    int rc = store_check(op, key.text);

    if (rc != DECLINED) {
        return rc;
    }

    rc = image_copy(op, reg_str(REGISTRY_UNNAMED), to, id);

    if (rc == DECLINED) {
        rc = hint_get(op, id, &from);
        rc = rc == OK ? image_copy(op, from, to, id) : rc;
    }

    return rc == ERROR ? ERROR : OK;
}


int
unnamed_take(req_t *rq, str_t id)
{
    registry_t *registry = registry_of(rq);

    return registry->is_open ? image_take(registry->op, registry->name, id)
                             : OK;
}


/* The client has pushed nothing of what the registry has already: the parent
 * may be anywhere.  What the json says wrongly is refused later. */
static int
parent_take(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    str_t body, parent = { 0, NULL };
    const char *error;
    json_t *model;

    if (req_body(rq, IMAGE_V1_JSON_MAX, &body) != OK) {
        return ERROR;
    }

    if (json_parse(rq->pool, body, &model, &error) != OK
        || !json_is_object(model)
        || json_member_string(model, "parent", &parent) != OK
        || !reg_image_id_is_valid(parent)) {
        return OK;
    }

    return image_take(registry->op, registry->name, parent);
}


/* Where no hint leads, it is what waits. */
static int
reader_find(registry_t *registry)
{
    str_t name;
    int rc = hint_get(registry->op, registry->image_id, &name);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    registry->name = name;

    return registry->act == REG_ACT_V1_IMAGE_ANCESTRY_GET ? chain_note(registry)
                                                          : OK;
}


int
unnamed_find(req_t *rq)
{
    registry_t *registry = registry_of(rq);

    if (!reg_str_eq(registry->name, reg_str(REGISTRY_UNNAMED))) {
        return OK;
    }

    if (registry->act == REG_ACT_V1_IMAGE_JSON_PUT) {
        return parent_take(rq);
    }

    return registry_is_change(registry) ? OK : reader_find(registry);
}
