/* mount.c: a blob of one repository put into another one. */

#include "v2/mount.h"
#include "repository/blob.h"
#include "request/event.h"


/* Takes the next name off a list separated by spaces. */
static bool
name_next(str_t *list, str_t *name_r)
{
    while (list->len != 0 && *list->data == ' ') {
        list->data++;
        list->len--;
    }

    *name_r = (str_t){ 0, list->data };

    while (name_r->len < list->len && name_r->data[name_r->len] != ' ') {
        name_r->len++;
    }

    list->data += name_r->len;
    list->len -= name_r->len;

    return name_r->len != 0;
}


/* The caller may read the repository that it may push to. */
static bool
is_readable(req_t *rq, str_t name)
{
    str_t list = req_param_str(rq, "REGISTRY_READABLE");
    str_t readable;

    if (reg_str_eq(list, reg_str("*"))
        || reg_str_eq(name, registry_of(rq)->name)) {
        return true;
    }

    while (name_next(&list, &readable)) {
        if (reg_str_eq(readable, name)) {
            return true;
        }
    }

    return false;
}


static int
find_from(req_t *rq, str_t from, const reg_digest_t *digest,
          reg_digest_t *stored_r)
{
    if (!reg_name_is_valid(from) || !is_readable(rq, from)) {
        return DECLINED;
    }

    return blob_find(registry_of(rq)->op, from, digest, stored_r);
}


/* Without ?from= in any repository that the caller may read, which is *from_r;
 * where that is every one, in the store, and *from_r stays empty. */
static int
find_anywhere(req_t *rq, const reg_digest_t *digest, str_t *from_r,
              reg_digest_t *stored_r)
{
    registry_t *registry = registry_of(rq);
    str_t list = req_param_str(rq, "REGISTRY_READABLE");
    str_t name = registry->name;
    int rc;

    *from_r = (str_t){ 0, NULL };

    if (reg_str_eq(list, reg_str("*"))) {
        *stored_r = *digest;
        return blob_is_stored(registry->op, digest);
    }

    do {
        rc = find_from(rq, name, digest, stored_r);
        *from_r = name;
    } while (rc == DECLINED && name_next(&list, &name));

    return rc;
}


/* Both arguments, DECLINED where there is no good digest to mount. */
static int
args_read(req_t *rq, reg_digest_t *digest_r, str_t *from_r, bool *has_from_r)
{
    str_t text;
    int rc;

    if (req_arg(rq, "mount", REG_DIGEST_MAX, &text) != OK
        || reg_digest_parse(text, digest_r) != OK) {
        return DECLINED;
    }

    rc = req_arg(rq, "from", REG_NAME_MAX, from_r);
    *has_from_r = rc == OK && from_r->len != 0;

    return rc == ERROR ? DECLINED : OK;
}


/* Touched before it is linked: a garbage collection that is running sees that
 * the content is wanted. */
static int
mount_link(req_t *rq, const reg_digest_t *digest, const reg_digest_t *stored,
           str_t from)
{
    registry_t *registry = registry_of(rq);
    store_stat_t stat;
    store_key_t key = key_blob(stored);
    int rc;

    store_batch_begin(registry->op);
    rc = store_touch(registry->op, key.text);

    if (rc == OK) {
        rc = store_sync(registry->op, key.text);
    }

    if (rc == OK) {
        rc = store_stat(registry->op, key.text, &stat);
    }

    if (rc == OK) {
        rc = blob_link(registry->op, registry->name, digest, stored);
    }

    if (rc == OK) {
        rc = store_commit(registry->op);
    }

    store_batch_drop(registry->op);

    return rc == OK
               ? event_spool_blob(rq, REG_EVENT_MOUNT, digest, stat.size, from)
               : rc;
}


int
mount_try(req_t *rq, reg_digest_t *digest_r)
{
    reg_digest_t stored;
    bool has_from;
    str_t from;
    int rc = args_read(rq, digest_r, &from, &has_from);

    if (rc != OK) {
        return rc;
    }

    rc = has_from ? find_from(rq, from, digest_r, &stored)
                  : find_anywhere(rq, digest_r, &from, &stored);

    if (rc == OK) {
        rc = event_check(rq);
    }

    return rc == OK ? mount_link(rq, digest_r, &stored, from) : rc;
}
