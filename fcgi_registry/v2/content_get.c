/* content_get.c: GET and HEAD of blobs and manifests in a bucket. */

#include "v2/content_get.h"
#include "v2/manifest_list.h"
#include "repository/blob.h"
#include "repository/link.h"
#include "repository/tag.h"
#include "manifest/manifest_parse.h"

#include "common/hash.h"
#include "common/manifest_scan.h"
#include "common/range.h"
#include "fcgi_core/log.h"

#include <strings.h>

#define BLOB_TYPE "application/octet-stream"
#define PASS_VALID 1200 /* seconds; clocks may differ by 15 minutes */

/* What a request has found. */
typedef struct {
    char digest[REG_DIGEST_MAX + 1]; /* as the client asked for it */
    store_key_t key;                 /* of the content */
} found_t;


static int
unknown(req_t *rq, reg_err_t err)
{
    return req_fail_detail(rq, err, registry_of(rq)->reference, NULL);
}


/* --- what the client said --------------------------------------------------
 */


typedef struct {
    str_t digest;
    bool is_matched;
} matcher_t;


/* One element of If-None-Match: "D", W/"D", *, and as some clients send it,
 * D. */
static bool
tag_matches(str_t tag, str_t digest)
{
    if (tag.len > 2 && memcmp(tag.data, "W/", 2) == 0) {
        tag = (str_t){ tag.len - 2, tag.data + 2 };
    }

    if (tag.len >= 2 && tag.data[0] == '"' && tag.data[tag.len - 1] == '"') {
        tag = (str_t){ tag.len - 2, tag.data + 1 };
    }

    return reg_str_eq(tag, digest) || reg_str_eq(tag, reg_str("*"));
}


static bool
is_separator(unsigned char c)
{
    return c == ',' || c == ' ' || c == '\t';
}


static void
line_match(void *data, str_t value)
{
    matcher_t *matcher = data;
    size_t from = 0;

    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && !is_separator(value.data[i])) {
            continue;
        }

        if (i != from
            && tag_matches((str_t){ i - from, value.data + from },
                           matcher->digest)) {
            matcher->is_matched = true;
        }

        from = i + 1;
    }
}


static bool
client_has(req_t *rq, const found_t *found)
{
    matcher_t matcher = { reg_cstr(found->digest), false };

    req_param_each(rq, "HTTP_IF_NONE_MATCH", line_match, &matcher);

    return matcher.is_matched;
}


typedef struct {
    const char *type;
    bool is_found;
} accepter_t;


static void
line_accept(void *data, str_t value)
{
    accepter_t *accepter = data;
    size_t len = strlen(accepter->type);

    for (size_t i = 0; i + len <= value.len; i++) {
        if (strncasecmp((char *)value.data + i, accepter->type, len) == 0) {
            accepter->is_found = true;
        }
    }
}


static bool
accepts(req_t *rq, const char *type)
{
    accepter_t accepter = { type, false };

    req_param_each(rq, "HTTP_ACCEPT", line_accept, &accepter);

    return accepter.is_found;
}


static bool
is_head(const req_t *rq)
{
    return strcmp(rq->method, "HEAD") == 0;
}


static bool
is_on(req_t *rq, const char *param)
{
    return strcmp(req_param(rq, param), "on") == 0;
}


/* --- answers ----------------------------------------------------------------
 */


static void
found_print(req_t *rq, const found_t *found)
{
    reply_header(rq, "Docker-Content-Digest", "%s", found->digest);
    reply_header(rq, "ETag", "\"%s\"", found->digest);
}


/* A client that may push relies on what a HEAD finds (docs/gc.md). */
static int
head_touch(req_t *rq, const found_t *found)
{
    return is_head(rq) && is_on(rq, "REGISTRY_MAY_PUSH")
               ? store_touch(registry_of(rq)->op, found->key.text)
               : OK;
}


/* The name of a host, without the port. */
static str_t
host_of(const char *text)
{
    size_t len = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/");

    return (str_t){ len, (unsigned char *)text };
}


/* Clients written in Go send the registry's Authorization along where a
 * redirect leads to the same host or to one below it, and stores refuse that.
 */
static bool
is_own_host(str_t host, str_t own)
{
    size_t more = host.len - own.len;

    if (host.len < own.len || own.len == 0
        || strncasecmp((char *)host.data + more, (char *)own.data, own.len)
               != 0) {
        return false;
    }

    return more == 0 || host.data[more - 1] == '.';
}


static bool
may_redirect(req_t *rq, const char *url)
{
    const char *host = strstr(url, "://");

    return host != NULL
           && !is_own_host(host_of(host + 3),
                           host_of(req_param(rq, "HTTP_HOST")));
}


/* OK where the client is to get the blob from the bucket itself. */
static int
blob_redirect(req_t *rq, const found_t *found, uint64_t size)
{
    uint64_t min, valid;
    const char *url;

    if (!is_on(rq, "REGISTRY_STORE_REDIRECT")
        || reg_number_parse(req_param_str(rq, "REGISTRY_STORE_MIN"), &min) != OK
        || reg_number_parse(req_param_str(rq, "REGISTRY_STORE_VALID"), &valid)
               != OK
        || size < min) {
        return DECLINED;
    }

    url = store_url(registry_of(rq)->op, found->key.text, (unsigned)valid);

    if (url == NULL) {
        return ERROR;
    }

    if (!may_redirect(rq, url)) {
        return DECLINED;
    }

    reply_header(rq, "Location", "%s", url);

    return reply_empty(rq, 307);
}


/* nginx gets it from the bucket. */
static int
blob_pass(req_t *rq, const found_t *found, uint64_t size)
{
    str_t pass = req_param_str(rq, "REGISTRY_STORE_PASS");
    const char *url;

    if (pass.len < 2 || pass.data[0] != '@') {
        return registry_misconfigured(rq, "REGISTRY_STORE_PASS");
    }

    url = store_url(registry_of(rq)->op, found->key.text, PASS_VALID);

    if (url == NULL) {
        return ERROR;
    }

    reply_header(rq, "X-Accel-Redirect", "%.*s", STR(pass));
    reply_header(rq, "X-Registry-Store-URL", "%s", url);
    reply_header(rq, "X-Registry-Store-Size", "%llu", (unsigned long long)size);

    return reply_empty(rq, 200);
}


/* --- blobs ------------------------------------------------------------------
 */


static int
blob_find_content(req_t *rq, found_t *found, store_stat_t *stat_r)
{
    registry_t *registry = registry_of(rq);
    store_key_t link = key_layer_link(registry->name, &registry->digest);
    reg_digest_t stored;
    int rc = link_get(registry->op, link.text, &stored);

    if (rc == OK) {
        reg_digest_print(&registry->digest, found->digest);
        found->key = key_blob(&stored);
        rc = store_stat(registry->op, found->key.text, stat_r);
    }

    return rc == OK ? head_touch(rq, found) : rc;
}


int
content_blob_get(req_t *rq)
{
    found_t found;
    store_stat_t stat;
    int rc = DECLINED;

    if (registry_of(rq)->store.len != 0) {
        rc = blob_find_content(rq, &found, &stat);
    }

    if (rc != OK) {
        return rc == ERROR ? ERROR : unknown(rq, REG_ERR_BLOB_UNKNOWN);
    }

    found_print(rq, &found);

    if (client_has(rq, &found)) {
        return reply_empty(rq, 304);
    }

    if (is_head(rq)) {
        return reply_head(rq, BLOB_TYPE, stat.size);
    }

    rc = blob_redirect(rq, &found, stat.size);

    return rc == DECLINED ? blob_pass(rq, &found, stat.size) : rc;
}


/* --- manifests --------------------------------------------------------------
 */


/* The digest that a tag names, or the request. */
static int
revision_find(registry_t *registry, reg_digest_t *digest_r)
{
    *digest_r = registry->digest;

    return registry->has_digest ? OK
                                : tag_get(registry->op, registry->name,
                                          registry->reference, digest_r);
}


static int
manifest_get_content(req_t *rq, found_t *found, str_t *content_r)
{
    registry_t *registry = registry_of(rq);
    reg_digest_t digest, stored;
    int rc = revision_find(registry, &digest);

    if (rc == OK) {
        store_key_t link = key_revision_link(registry->name, &digest);

        rc = link_get(registry->op, link.text, &stored);
    }

    if (rc == OK) {
        reg_digest_print(&digest, found->digest);
        found->key = key_blob(&stored);
        rc = store_get(registry->op, found->key.text, MANIFEST_BYTES_MAX,
                       content_r);
    }

    if (rc == OK && !reg_hash_fits(*content_r, &stored)) {
        log_error("manifest %s is corrupt: its bytes have another digest",
                  found->key.text);
    }

    return rc == OK ? head_touch(rq, found) : rc;
}


/* A client that names Docker's images, but neither their lists nor any type. */
static bool
wants_image(req_t *rq, const char *type)
{
    return !registry_of(rq)->has_digest && strcmp(type, REG_MT_DOCKER_LIST) == 0
           && accepts(rq, REG_MT_DOCKER_MANIFEST)
           && !accepts(rq, REG_MT_DOCKER_LIST) && !accepts(rq, "*/*");
}


int
content_manifest_get(req_t *rq)
{
    reg_manifest_scan_t scan;
    const char *type;
    found_t found;
    str_t content;
    int rc;

    if (registry_of(rq)->store.len == 0) {
        return manifest_list_get(rq);
    }

    rc = manifest_get_content(rq, &found, &content);

    if (rc != OK) {
        return rc == ERROR ? ERROR : unknown(rq, REG_ERR_MANIFEST_UNKNOWN);
    }

    reg_manifest_scan_init(&scan);
    reg_manifest_scan_feed(&scan, content.data, content.len);
    type = pool_strdup(rq->pool, reg_manifest_scan_type(&scan));

    if (wants_image(rq, type)) {
        return manifest_list_get(rq);
    }

    found_print(rq, &found);

    return client_has(rq, &found) ? reply_empty(rq, 304)
                                  : reply_bytes(rq, 200, type, content);
}
