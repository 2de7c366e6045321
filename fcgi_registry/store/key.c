/* key.c: the keys of the store. */

#include "store/key.h"

/* A function's body: what a function of common/path.h prints below no root. */
#define KEY(print, ...)                                                        \
    store_key_t key;                                                           \
                                                                               \
    print(key.text, sizeof(key.text), reg_str(""), ##__VA_ARGS__);             \
                                                                               \
    return key


store_key_t
key_blob(const reg_digest_t *digest)
{
    KEY(reg_path_blob, digest);
}


store_key_t
key_repositories(void)
{
    KEY(reg_path_repositories);
}


store_key_t
key_repository(str_t name, const char *sub)
{
    KEY(reg_path_repository, name, sub);
}


store_key_t
key_layer_link(str_t name, const reg_digest_t *digest)
{
    KEY(reg_path_layer_link, name, digest);
}


store_key_t
key_revision_link(str_t name, const reg_digest_t *digest)
{
    KEY(reg_path_revision_link, name, digest);
}


store_key_t
key_revision_sparse(str_t name, const reg_digest_t *digest)
{
    KEY(reg_path_revision_sparse, name, digest);
}


store_key_t
key_revision_descriptor(str_t name, const reg_digest_t *digest)
{
    KEY(reg_path_revision_descriptor, name, digest);
}


store_key_t
key_revision_v1(str_t name, const reg_digest_t *digest)
{
    KEY(reg_path_revision_v1, name, digest);
}


store_key_t
key_image_v1(str_t name, str_t id, const char *sub)
{
    KEY(reg_path_image_v1, name, id, sub);
}


store_key_t
key_tag(str_t name, str_t tag)
{
    KEY(reg_path_tag, name, tag);
}


store_key_t
key_tag_current(str_t name, str_t tag)
{
    KEY(reg_path_tag_current, name, tag);
}


store_key_t
key_tag_index(str_t name, str_t tag, const reg_digest_t *digest)
{
    KEY(reg_path_tag_index, name, tag, digest);
}


store_key_t
key_upload(str_t name, str_t id, const char *sub)
{
    KEY(reg_path_upload, name, id, sub);
}


store_key_t
key_referrers(str_t name, const reg_digest_t *subject,
              const reg_digest_t *referrer)
{
    KEY(reg_path_referrers, name, subject, referrer);
}


store_key_t
key_below(const char *above, const char *name)
{
    store_key_t key;

    snprintf(key.text, sizeof(key.text), "%s/%s", above, name);

    return key;
}


store_key_t
key_parent(const char *key)
{
    store_key_t parent;
    const char *slash = strrchr(key, '/');

    snprintf(parent.text, sizeof(parent.text), "%.*s", (int)(slash - key), key);

    return parent;
}
