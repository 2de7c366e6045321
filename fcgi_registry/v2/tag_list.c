/* tag_list.c: the tags of a repository, page by page. */

#include "v2/tag_list.h"
#include "repository/manifest.h"
#include "repository/tag.h"

#include "fcgi_core/page.h"


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

        rc = tag_check(registry->op, registry->name, tag);

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
    rq->err_detail =
        reg_cstr(pool_printf(rq->pool, "{\"name\":\"%.*s\"}", STR(name)));

    return ERROR;
}


/* The tags of a repository that exists: one that has _manifests, as in the
 * catalogue, whatever is left in it. */
static int
repository_read(req_t *rq, store_names_t *names_r)
{
    registry_t *registry = registry_of(rq);
    store_names_t parts;
    store_key_t key;
    int rc = tag_entries(registry->op, registry->name, names_r);

    if (rc == DECLINED) {
        key = key_repository(registry->name, "_manifests");
        rc = store_list(registry->op, key.text, &parts);
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
