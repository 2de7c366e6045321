/* tag.c: tags of a repository. */

#include "repository/tag.h"
#include "repository/link.h"

#include "common/name.h"


int
tag_get(store_op_t *op, str_t name, str_t tag, reg_digest_t *digest_r)
{
    store_key_t key = key_tag_current(name, tag);

    return link_get(op, key.text, digest_r);
}


int
tag_get_strict(store_op_t *op, str_t name, str_t tag, reg_digest_t *digest_r)
{
    store_key_t key = key_tag_current(name, tag);

    return link_get_strict(op, key.text, digest_r);
}


int
tags_put(store_op_t *op, str_t name, const str_t *tags, size_t n,
         const reg_digest_t *digest)
{
    for (size_t i = 0; i < n; i++) {
        store_key_t key = key_tag_index(name, tags[i], digest);

        if (link_put(op, key.text, digest) != OK) {
            return ERROR;
        }
    }

    store_barrier(op);

    for (size_t i = 0; i < n; i++) {
        store_key_t key = key_tag_current(name, tags[i]);

        if (link_put(op, key.text, digest) != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* The link first: without it there is no tag, whatever is left.  What cannot
 * be removed then is logged, and does no harm but to registry:2's list. */
int
tag_del(store_op_t *op, str_t name, str_t tag)
{
    store_key_t key = key_tag_current(name, tag);
    int rc = store_del(op, key.text);

    if (rc != OK) {
        return rc;
    }

    key = key_tag(name, tag);
    store_del_tree(op, key.text);

    return OK;
}


int
tag_entries(store_op_t *op, str_t name, store_names_t *names_r)
{
    store_key_t key = key_repository(name, "_manifests/tags");

    return store_list(op, key.text, names_r);
}


int
tag_find_all(store_op_t *op, str_t name, const reg_digest_t *digest,
             store_names_t *tags_r)
{
    size_t n = 0;
    int rc = tag_entries(op, name, tags_r);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    for (size_t i = 0; i < tags_r->n; i++) {
        str_t tag = reg_cstr(tags_r->items[i]);
        reg_digest_t current;

        rc =
            reg_tag_is_valid(tag) ? tag_get(op, name, tag, &current) : DECLINED;

        if (rc == ERROR) {
            return ERROR;
        }

        if (rc == OK && reg_digest_eq(&current, digest)) {
            tags_r->items[n++] = tags_r->items[i];
        }
    }

    tags_r->n = n;

    return OK;
}


/* A directory without a current link is what a crash left of a tag. */
int
tag_check(store_op_t *op, str_t name, str_t tag)
{
    store_key_t key = key_tag_current(name, tag);

    return store_check(op, key.text);
}
