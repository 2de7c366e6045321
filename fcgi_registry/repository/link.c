/* link.c: link files: what makes content part of a repository or a tag. */

#include "repository/link.h"

#include "fcgi_core/log.h"

#include <poll.h>

#define LINK_MAX 1024 /* a digest has 135 bytes */
#define LINK_TRIES 4
#define LINK_PAUSE_MS 10


/* registry:2 truncates a link before it writes it again: an empty one may be
 * whole in a moment. */
int
link_text(store_op_t *op, const char *key, size_t max, str_t *content_r)
{
    for (int i = 1;; i++) {
        int rc = store_get(op, key, max, content_r);

        if (rc != OK || content_r->len != 0 || i == LINK_TRIES) {
            return rc;
        }

        poll(NULL, 0, LINK_PAUSE_MS);
    }
}


static int
link_read(store_op_t *op, const char *key, int rc_broken,
          reg_digest_t *digest_r)
{
    str_t content;
    int rc = link_text(op, key, LINK_MAX, &content);

    if (rc != OK) {
        return rc;
    }

    if (reg_link_parse(content, digest_r) != OK) {
        log_warn("the link %s holds no digest and is ignored",
                 store_path(op, key));
        return rc_broken;
    }

    return OK;
}


int
link_get(store_op_t *op, const char *key, reg_digest_t *digest_r)
{
    return link_read(op, key, DECLINED, digest_r);
}


int
link_get_strict(store_op_t *op, const char *key, reg_digest_t *digest_r)
{
    return link_read(op, key, ERROR, digest_r);
}


/* A link that is there was made durable by its own writer, but that may be
 * about to do it: writing again is what makes sure. */
int
link_put(store_op_t *op, const char *key, const reg_digest_t *digest)
{
    char text[REG_DIGEST_MAX + 1];
    size_t len = reg_digest_print(digest, text);

    return store_put(op, key, (str_t){ len, (unsigned char *)text });
}
