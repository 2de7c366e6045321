/* tag.c: tags of a repository. */

#include "repository/tag.h"
#include "repository/link.h"
#include "repository/manifest.h"

#include "fcgi_core/page.h"


int
tag_get(store_t *store, str_t name, str_t tag, reg_digest_t *digest_r)
{
    char key[REG_PATH_MAX];

    reg_path_tag_current(key, sizeof(key), NO_ROOT, name, tag);

    return link_get(store, key, digest_r);
}


int
tag_put(store_t *store, str_t name, str_t tag, const reg_digest_t *digest)
{
    char key[REG_PATH_MAX];

    reg_path_tag_index(key, sizeof(key), NO_ROOT, name, tag, digest);

    if (link_put(store, key, digest) != OK) {
        return ERROR;
    }

    reg_path_tag_current(key, sizeof(key), NO_ROOT, name, tag);

    return link_put(store, key, digest);
}


/* The link first: without it there is no tag, whatever is left.  What cannot
 * be removed then is logged, and does no harm but to registry:2's list. */
int
tag_del(store_t *store, str_t name, str_t tag)
{
    char key[REG_PATH_MAX];
    int rc;

    reg_path_tag_current(key, sizeof(key), NO_ROOT, name, tag);
    rc = store_del(store, key);

    if (rc != OK) {
        return rc;
    }

    reg_path_tag(key, sizeof(key), NO_ROOT, name, tag);

    store_del_tree(store, key);

    return OK;
}


/* Every entry of tags/, valid or not. */
static int
entries_list(store_t *store, str_t name, store_names_t *names_r)
{
    char key[REG_PATH_MAX];

    reg_path_repository(key, sizeof(key), NO_ROOT, name, "_manifests/tags");

    return store_list(store, key, names_r);
}


int
tag_find_all(store_t *store, str_t name, const reg_digest_t *digest,
             store_names_t *tags_r)
{
    size_t n = 0;
    int rc = entries_list(store, name, tags_r);

    if (rc != OK) {
        return rc == DECLINED ? OK : ERROR;
    }

    for (size_t i = 0; i < tags_r->n; i++) {
        str_t tag = reg_cstr(tags_r->items[i]);
        reg_digest_t current;

        rc = reg_tag_is_valid(tag) ? tag_get(store, name, tag, &current)
                                   : DECLINED;

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


/* A folder without a current link is what a crash left of a tag. */
int
tag_check(store_t *store, str_t name, str_t tag)
{
    char key[REG_PATH_MAX];
    uint64_t size;

    reg_path_tag_current(key, sizeof(key), NO_ROOT, name, tag);

    return store_stat(store, key, &size);
}


/* The page's tags into tags; *more_r: where there is another page, its
 * last. */
static int
page_fill(registry_t *registry, const store_names_t *names, const page_t *page,
          json_t *tags, const char **more_r)
{
    for (size_t i = 0; i < names->n && page->n != 0; i++) {
        str_t tag = reg_cstr(names->items[i]);
        int rc;

        if (strcmp(names->items[i], page->last) <= 0
            || !reg_tag_is_valid(tag)) {
            continue;
        }

        rc = tag_check(registry->store, registry->name, tag);

        if (rc == ERROR) {
            return ERROR;
        }

        if (rc == DECLINED) {
            continue;
        }

        if (json_array_size(tags) == page->n) {
            *more_r = json_string_value(json_array_get(tags, page->n - 1));
            return OK;
        }

        json_array_append_new(tags, json_string(names->items[i]));
    }

    return OK;
}


static int
name_unknown(req_t *rq, str_t name)
{
    req_fail(rq, REG_ERR_NAME_UNKNOWN, NULL);
    rq->err_detail = reg_cstr(
        pool_printf(rq->pool, "{\"name\":\"%.*s\"}", (int)name.len, name.data));

    return ERROR;
}


/* The tags of a repository that exists: one that has _manifests, as in the
 * catalogue, whatever is left in it. */
static int
repository_read(req_t *rq, store_names_t *names_r)
{
    registry_t *registry = registry_of(rq);
    store_names_t parts;
    char key[REG_PATH_MAX];
    int rc = entries_list(registry->store, registry->name, names_r);

    if (rc == DECLINED) {
        reg_path_repository(key, sizeof(key), NO_ROOT, registry->name,
                            "_manifests");
        rc = store_list(registry->store, key, &parts);
    }

    return rc == DECLINED ? name_unknown(rq, registry->name) : rc;
}


int
tag_list(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    json_t *tags = json_pooled(rq->pool, json_array());
    const char *more = NULL;
    store_names_t names;
    page_t page;

    if (page_read(rq, PAGE_ALL, PAGE_ALL, &page) != OK
        || repository_read(rq, &names) != OK
        || page_fill(registry, &names, &page, tags, &more) != OK) {
        return ERROR;
    }

    if (more != NULL) {
        page_next(rq, &page,
                  pool_printf(rq->pool, "/v2/%s/tags/list",
                              (char *)registry->name.data),
                  "", more);
    }

    return reply_json(rq, 200,
                      json_pack("{s:s#, s:O}", "name",
                                (char *)registry->name.data,
                                (int)registry->name.len, "tags", tags));
}
