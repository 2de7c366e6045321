/* path.c: the layout of the store, distribution's to the letter. */

#include "path.h"
#include "writer.h"


static void
put_part(reg_writer_t *w, reg_str_t part)
{
    reg_put_char(w, '/');
    reg_put(w, part);
}


/* "/<alg>/<hex>" */
static void
put_digest(reg_writer_t *w, const reg_digest_t *digest)
{
    put_part(w, reg_algorithm_name(digest->algorithm));
    put_part(w, digest->hex);
}


static reg_writer_t
begin_repositories(char *buf, size_t size, reg_str_t root)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put(&w, root);
    reg_put_cstr(&w, REG_PATH_PREFIX "/repositories");

    return w;
}


static reg_writer_t
begin_repository(char *buf, size_t size, reg_str_t root, reg_str_t name)
{
    reg_writer_t w = begin_repositories(buf, size, root);

    put_part(&w, name);

    return w;
}


static reg_writer_t
begin_tag(char *buf, size_t size, reg_str_t root, reg_str_t name, reg_str_t tag)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    reg_put_cstr(&w, "/_manifests/tags");
    put_part(&w, tag);

    return w;
}


static reg_writer_t
begin_upload(char *buf, size_t size, reg_str_t root, reg_str_t name,
             reg_str_t id)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    reg_put_cstr(&w, "/_uploads");
    put_part(&w, id);

    return w;
}


/* The optional end of a path: "/sub" unless that is NULL. */
static int
finish_sub(reg_writer_t *w, const char *sub)
{
    if (sub != NULL) {
        put_part(w, reg_cstr(sub));
    }

    return reg_writer_finish(w);
}


/* The end of a path to a link: "/<alg>/<hex>/link". */
static int
finish_link(reg_writer_t *w, const reg_digest_t *digest)
{
    put_digest(w, digest);
    reg_put_cstr(w, "/link");

    return reg_writer_finish(w);
}


bool
reg_root_is_valid(reg_str_t root)
{
    size_t start = 1; /* of a part of the path */

    if (root.len < 2 || root.len > REG_ROOT_MAX || root.data[0] != '/'
        || root.data[root.len - 1] == '/') {
        return false;
    }

    for (size_t i = 1; i <= root.len; i++) {
        if (i == root.len || root.data[i] == '/') {
            if (i - start == 2 && memcmp(root.data + start, "..", 2) == 0) {
                return false;
            }

            start = i + 1;
        }
    }

    return true;
}


static bool
is_name(reg_str_t part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (part.data[i] < ' ' || part.data[i] == 0x7f) {
            return false;
        }
    }

    return part.len != 0 && !reg_str_eq(part, reg_str("."))
           && !reg_str_eq(part, reg_str(".."));
}


bool
reg_root_is_below(reg_str_t root, reg_str_t directory)
{
    size_t start = directory.len + 1; /* of a part of the path */

    if (!reg_root_is_valid(root) || !reg_root_is_valid(directory)
        || root.len <= start
        || memcmp(root.data, directory.data, directory.len) != 0
        || root.data[directory.len] != '/') {
        return false;
    }

    for (size_t i = start; i <= root.len; i++) {
        if (i == root.len || root.data[i] == '/') {
            if (!is_name((reg_str_t){ i - start, root.data + start })) {
                return false;
            }

            start = i + 1;
        }
    }

    return true;
}


int
reg_path_blob(char *buf, size_t size, reg_str_t root,
              const reg_digest_t *digest)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put(&w, root);
    reg_put_cstr(&w, REG_PATH_PREFIX "/blobs");
    put_part(&w, reg_algorithm_name(digest->algorithm));
    put_part(&w, (reg_str_t){ 2, digest->hex.data });
    put_part(&w, digest->hex);
    reg_put_cstr(&w, "/data");

    return reg_writer_finish(&w);
}


int
reg_path_repositories(char *buf, size_t size, reg_str_t root)
{
    reg_writer_t w = begin_repositories(buf, size, root);

    return reg_writer_finish(&w);
}


int
reg_path_repository(char *buf, size_t size, reg_str_t root, reg_str_t name,
                    const char *sub)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    return finish_sub(&w, sub);
}


int
reg_path_layer_link(char *buf, size_t size, reg_str_t root, reg_str_t name,
                    const reg_digest_t *digest)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    reg_put_cstr(&w, "/_layers");

    return finish_link(&w, digest);
}


static reg_writer_t
begin_revisions(char *buf, size_t size, reg_str_t root, reg_str_t name)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    reg_put_cstr(&w, "/_manifests/revisions");

    return w;
}


int
reg_path_revision_link(char *buf, size_t size, reg_str_t root, reg_str_t name,
                       const reg_digest_t *digest)
{
    reg_writer_t w = begin_revisions(buf, size, root, name);

    return finish_link(&w, digest);
}


int
reg_path_revision_sparse(char *buf, size_t size, reg_str_t root, reg_str_t name,
                         const reg_digest_t *digest)
{
    reg_writer_t w = begin_revisions(buf, size, root, name);

    put_digest(&w, digest);

    return finish_sub(&w, "sparse");
}


int
reg_path_revision_descriptor(char *buf, size_t size, reg_str_t root,
                             reg_str_t name, const reg_digest_t *digest)
{
    reg_writer_t w = begin_revisions(buf, size, root, name);

    put_digest(&w, digest);

    return finish_sub(&w, "descriptor");
}


int
reg_path_revision_v1(char *buf, size_t size, reg_str_t root, reg_str_t name,
                     const reg_digest_t *digest)
{
    reg_writer_t w = begin_revisions(buf, size, root, name);

    put_digest(&w, digest);

    return finish_sub(&w, "v1");
}


int
reg_path_tag(char *buf, size_t size, reg_str_t root, reg_str_t name,
             reg_str_t tag)
{
    reg_writer_t w = begin_tag(buf, size, root, name, tag);

    return reg_writer_finish(&w);
}


int
reg_path_tag_current(char *buf, size_t size, reg_str_t root, reg_str_t name,
                     reg_str_t tag)
{
    reg_writer_t w = begin_tag(buf, size, root, name, tag);

    reg_put_cstr(&w, "/current/link");

    return reg_writer_finish(&w);
}


int
reg_path_tag_index(char *buf, size_t size, reg_str_t root, reg_str_t name,
                   reg_str_t tag, const reg_digest_t *digest)
{
    reg_writer_t w = begin_tag(buf, size, root, name, tag);

    reg_put_cstr(&w, "/index");

    return finish_link(&w, digest);
}


int
reg_path_upload(char *buf, size_t size, reg_str_t root, reg_str_t name,
                reg_str_t id, const char *sub)
{
    reg_writer_t w = begin_upload(buf, size, root, name, id);

    return finish_sub(&w, sub);
}


int
reg_path_image_v1(char *buf, size_t size, reg_str_t root, reg_str_t name,
                  reg_str_t id, const char *sub)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    reg_put_cstr(&w, "/_v1/");
    reg_put(&w, id);

    return finish_sub(&w, sub);
}


int
reg_path_hash_state(char *buf, size_t size, reg_str_t root, reg_str_t name,
                    reg_str_t id, reg_algorithm_t algorithm, uint64_t offset)
{
    reg_writer_t w = begin_upload(buf, size, root, name, id);

    reg_put_cstr(&w, "/hashstates");
    put_part(&w, reg_algorithm_name(algorithm));
    reg_put_char(&w, '/');
    reg_put_number(&w, offset);

    return reg_writer_finish(&w);
}


int
reg_path_referrers(char *buf, size_t size, reg_str_t root, reg_str_t name,
                   const reg_digest_t *subject, const reg_digest_t *referrer)
{
    reg_writer_t w = begin_repository(buf, size, root, name);

    reg_put_cstr(&w, "/_referrers");
    put_digest(&w, subject);

    return referrer == NULL ? reg_writer_finish(&w) : finish_link(&w, referrer);
}


static bool
is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


int
reg_path_pulls(char *buf, size_t size, reg_str_t root, unsigned n)
{
    reg_writer_t w = reg_writer(buf, size);

    reg_put(&w, root);
    reg_put_cstr(&w, "/slipway/events/pulls-");
    reg_put_number(&w, n);

    return reg_writer_finish(&w);
}


int
reg_link_parse(reg_str_t content, reg_digest_t *digest_r)
{
    while (content.len != 0 && is_space(content.data[0])) {
        content.data++;
        content.len--;
    }

    while (content.len != 0 && is_space(content.data[content.len - 1])) {
        content.len--;
    }

    return reg_digest_parse(content, digest_r);
}
