/* key.h: the keys of the store: the paths of common/path.h, without a root. */

#ifndef KEY_H
#define KEY_H

#include "fcgi_core/core.h"
#include "common/path.h"

typedef struct {
    char text[REG_PATH_MAX];
} store_key_t;

/* Each is the path that reg_path_...() of the same name prints; what is NULL
 * there may be NULL here. */
store_key_t key_blob(const reg_digest_t *digest);
store_key_t key_repositories(void);
store_key_t key_repository(str_t name, const char *sub);
store_key_t key_layer_link(str_t name, const reg_digest_t *digest);
store_key_t key_revision_link(str_t name, const reg_digest_t *digest);
store_key_t key_revision_sparse(str_t name, const reg_digest_t *digest);
store_key_t key_revision_descriptor(str_t name, const reg_digest_t *digest);
store_key_t key_revision_v1(str_t name, const reg_digest_t *digest);
store_key_t key_image_v1(str_t name, str_t id, const char *sub);
store_key_t key_tag(str_t name, str_t tag);
store_key_t key_tag_current(str_t name, str_t tag);
store_key_t key_tag_index(str_t name, str_t tag, const reg_digest_t *digest);
store_key_t key_upload(str_t name, str_t id, const char *sub);
store_key_t key_referrers(str_t name, const reg_digest_t *subject,
                          const reg_digest_t *referrer);

/* The key of a name right below another key. */
store_key_t key_below(const char *above, const char *name);

/* The key that another key is right below. */
store_key_t key_parent(const char *key);

#endif
