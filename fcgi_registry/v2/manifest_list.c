/* manifest_list.c: one image of a Docker manifest list. */

#include "v2/manifest_list.h"
#include "repository/manifest.h"
#include "repository/tag.h"


#define LIST_MAX (1024 * 1024) /* thousands of platforms */


static bool
is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}


/* The digest of the list's image for linux/amd64, NULL where it has none. */
static const char *
image_find(const json_t *list)
{
    json_t *child;
    size_t i;

    json_array_foreach(json_object_get(list, "manifests"), i, child)
    {
        const json_t *platform = json_object_get(child, "platform");

        if (is_text(json_object_get(platform, "os"), "linux")
            && is_text(json_object_get(platform, "architecture"), "amd64")) {
            return json_string_value(json_object_get(child, "digest"));
        }
    }

    return NULL;
}


/* The image that the tag's list has in this repository.  DECLINED where the
 * tag, the image, or its manifest is not there. */
static int
image_of_tag(req_t *rq, reg_digest_t *digest_r)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t list, stored;
    const char *text, *error;
    manifest_t manifest;
    str_t content;
    json_t *root;
    uint64_t size;
    int rc = tag_get(registry->op, registry->name, registry->reference, &list);

    if (rc == OK) {
        rc = manifest_stat(registry->op, registry->name, &list, &size);
    }

    if (rc == OK && size > LIST_MAX) {
        return DECLINED;
    }

    if (rc == OK) {
        rc = manifest_read(registry->op, registry->name, &list, &content,
                           &manifest);
    }

    if (rc != OK
        || manifest_json(rq->pool, content, false, &root, &error) != OK) {
        return rc == ERROR ? ERROR : DECLINED;
    }

    text = image_find(root);

    if (text == NULL || reg_digest_parse(reg_cstr(text), digest_r) != OK) {
        return DECLINED;
    }

    return manifest_find(registry->op, registry->name, digest_r, &stored);
}


int
manifest_list_get(req_t *rq)
{
    registry_t *registry = registry_of(rq);
    char text[REG_DIGEST_MAX + 1];
    reg_digest_t digest;
    int rc = registry->has_digest ? DECLINED : image_of_tag(rq, &digest);

    if (rc != OK) {
        return rc == ERROR ? ERROR
                           : req_fail_detail(rq, REG_ERR_MANIFEST_UNKNOWN,
                                             registry->reference, NULL);
    }

    reg_digest_print(&digest, text);
    reply_header(rq, "X-Accel-Redirect", "/v2/%.*s/manifests/%s",
                 STR(registry->name), text);

    return reply_empty(rq, 200);
}
