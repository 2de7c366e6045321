/* referrer.c: which manifests name another one as their subject.
 *
 * Two sources are joined: the links under _referrers/, written with each
 * manifest that has a subject, and the index that clients of a registry
 * without this API kept under a fallback tag.  Both are only hints where to
 * look: a manifest is listed if it is in the repository and names the
 * subject. */

#include "referrer.h"
#include "link.h"
#include "manifest.h"
#include "tag.h"

#include "../common/encode.h"
#include "../common/manifest_scan.h"
#include "../common/query.h"
#include "../fcgi_core/page.h"

#define REPLY_BYTES_MAX (3 * 1024 * 1024) /* clients read about 4 MiB */
#define FILTER_MAX 512

/* What one request looks at: beyond it the page ends, short or empty. */
#define CANDIDATES_MAX 1000
#define READ_BYTES_MAX (64 * 1024 * 1024)

#define FALLBACK_ALGORITHM_MAX 32
#define FALLBACK_HEX_MAX 64

typedef struct {
    req_t *rq;
    registry_t *registry;
    json_t *candidates; /* digests as keys, to look at */
    json_t *types;      /* keys: artifactType must be one of them; NULL: any */
    page_t page;
    json_t *manifests; /* the page */
    size_t bytes;      /* of its text, about */
    size_t n_read;     /* candidates looked at, and their bytes */
    size_t read_bytes;
    const char *seen; /* the latest of them */
    const char *more; /* last of the page, where there is another one */
} listing_t;


int
referrer_put(store_t *store, str_t name, const reg_digest_t *subject,
             const reg_digest_t *digest)
{
    char key[REG_PATH_MAX];

    reg_path_referrers(key, sizeof(key), NO_ROOT, name, subject, digest);

    return link_put(store, key, digest);
}


int
referrer_del(store_t *store, str_t name, const reg_digest_t *subject,
             const reg_digest_t *digest)
{
    char key[REG_PATH_MAX];

    reg_path_referrers(key, sizeof(key), NO_ROOT, name, subject, digest);

    return store_del(store, key) == ERROR ? ERROR : OK;
}


/* --- where to look ------------------------------------------------------- */


/* The links of one algorithm: folders named by hex. */
static int
links_collect(listing_t *listing, const char *folder, const char *algorithm)
{
    store_names_t names;
    int rc = store_list(listing->registry->store, folder, &names);

    for (size_t i = 0; rc == OK && i < names.n; i++) {
        const char *text =
            pool_printf(listing->rq->pool, "%s:%s", algorithm, names.items[i]);

        json_object_set_new(listing->candidates, text, json_true());
    }

    return rc == ERROR ? ERROR : OK;
}


static int
links_find(listing_t *listing)
{
    registry_t *registry = listing->registry;
    char key[REG_PATH_MAX];

    reg_path_referrers(key, sizeof(key), NO_ROOT, registry->name,
                       &registry->digest, NULL);

    for (int i = 0; i < REG_ALGORITHM_N; i++) {
        const char *algorithm =
            (char *)reg_algorithm_name((reg_algorithm_t)i).data;

        if (links_collect(
                listing,
                pool_printf(listing->rq->pool, "%s/%s", key, algorithm),
                algorithm)
            != OK) {
            return ERROR;
        }
    }

    return OK;
}


/* "sha256-<hex>", as clients name the tag. */
static str_t
fallback_tag(pool_t *pool, const reg_digest_t *digest)
{
    str_t hex = digest->hex;
    str_t algorithm = reg_algorithm_name(digest->algorithm);

    return reg_cstr(pool_printf(
        pool, "%.*s-%.*s",
        (int)(algorithm.len < FALLBACK_ALGORITHM_MAX ? algorithm.len
                                                     : FALLBACK_ALGORITHM_MAX),
        algorithm.data,
        (int)(hex.len < FALLBACK_HEX_MAX ? hex.len : FALLBACK_HEX_MAX),
        hex.data));
}


static int
fallback_find(listing_t *listing)
{
    registry_t *registry = listing->registry;
    pool_t *pool = listing->rq->pool;
    reg_digest_t digest;
    manifest_t manifest;
    str_t content;
    int rc;

    rc = tag_get(registry->store, registry->name,
                 fallback_tag(pool, &registry->digest), &digest);

    if (rc == OK) {
        rc = manifest_read(registry->store, registry->name, &digest, &content,
                           &manifest);
    }

    if (rc != OK || !manifest.is_index) {
        return rc == ERROR ? ERROR : OK;
    }

    for (size_t i = 0; i < manifest.n; i++) {
        if (manifest.references[i].is_known) {
            json_object_set_new(listing->candidates,
                                pool_strndup(pool, manifest.references[i].text),
                                json_true());
        }
    }

    return OK;
}


/* --- the list ------------------------------------------------------------ */


static json_t *
descriptor_print(const char *digest, size_t size, const manifest_t *manifest)
{
    json_t *model = json_pack("{s:o, s:s, s:I}", "mediaType",
                              json_str(manifest->media_type), "digest", digest,
                              "size", (json_int_t)size);

    if (manifest->artifact_type.len != 0) {
        json_object_set_new(model, "artifactType",
                            json_str(manifest->artifact_type));
    }

    if (manifest->annotations != NULL) {
        json_object_set(model, "annotations", manifest->annotations);
    }

    return model;
}


static bool
is_wanted(const listing_t *listing, const manifest_t *manifest)
{
    if (!manifest->has_subject || !manifest->subject.is_known
        || !reg_digest_eq(&manifest->subject.digest,
                          &listing->registry->digest)) {
        return false;
    }

    return listing->types == NULL
           || json_object_getn(listing->types,
                               (char *)manifest->artifact_type.data,
                               manifest->artifact_type.len)
                  != NULL;
}


/* DECLINED where the page is full already. */
static int
page_add(listing_t *listing, json_t *model)
{
    size_t n = json_array_size(listing->manifests);
    size_t bytes = json_dumpb(model, NULL, 0, JSON_COMPACT);

    if (n == listing->page.n
        || (n != 0 && listing->bytes + bytes > REPLY_BYTES_MAX)) {
        listing->more = json_string_value(json_object_get(
            json_array_get(listing->manifests, n - 1), "digest"));
        json_decref(model);
        return DECLINED;
    }

    listing->bytes += bytes;
    json_array_append_new(listing->manifests, model);

    return OK;
}


/* With a store whose memory is that of one manifest. */
static int
candidate_read(listing_t *listing, store_t *store, const char *text)
{
    manifest_t manifest;
    reg_digest_t digest;
    str_t content;
    int rc;

    if (reg_digest_parse(reg_cstr(text), &digest) != OK) {
        return OK;
    }

    rc = manifest_read(store, listing->registry->name, &digest, &content,
                       &manifest);
    listing->read_bytes += rc == OK ? content.len : 0;

    if (rc != OK || !is_wanted(listing, &manifest)) {
        return rc == ERROR ? ERROR : OK;
    }

    return page_add(listing, descriptor_print(text, content.len, &manifest));
}


static int
candidate_add(listing_t *listing, const char *text)
{
    store_t *store = listing->registry->store;
    store_t scratch = *store;
    int rc;

    if (listing->n_read == CANDIDATES_MAX
        || listing->read_bytes >= READ_BYTES_MAX) {
        listing->more = listing->seen;
        return DECLINED;
    }

    scratch.pool = pool_create();
    rc = candidate_read(listing, &scratch, text);
    pool_destroy(scratch.pool);
    store->err = scratch.err;
    listing->n_read++;
    listing->seen = text;

    return rc;
}


static int
text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}


/* In the order of the digests: the same from page to page. */
static int
page_fill(listing_t *listing)
{
    size_t n = 0, size = json_object_size(listing->candidates);
    const char **texts =
        pool_alloc(listing->rq->pool, (size + 1) * sizeof(char *));
    const char *key;
    json_t *value;
    int rc = listing->page.n == 0 ? DECLINED : OK;

    json_object_foreach(listing->candidates, key, value)
    {
        texts[n++] = key;
    }

    qsort(texts, n, sizeof(char *), text_compare);

    for (size_t i = 0; rc == OK && i < n; i++) {
        if (strcmp(texts[i], listing->page.last) > 0) {
            rc = candidate_add(listing, texts[i]);
        }
    }

    return rc == ERROR ? ERROR : OK;
}


/* Every artifactType that was asked for; returns them as a query string.  One
 * that cannot be read is no filter. */
static const char *
filter_read(listing_t *listing)
{
    pool_t *pool = listing->rq->pool;
    str_t query = reg_cstr(listing->rq->query), value;
    unsigned char buf[FILTER_MAX];
    const char *filter = "";
    size_t pos = 0;
    int rc;

    do {
        char encoded[3 * FILTER_MAX];

        rc = reg_query_next(query, "artifactType", &pos, buf, sizeof(buf),
                            &value);

        if (rc != OK || value.len == 0) {
            continue;
        }

        if (listing->types == NULL) {
            listing->types = json_pooled(pool, json_object());
        }

        json_object_setn_new(listing->types, (char *)buf, value.len,
                             json_true());
        filter = pool_printf(pool, "%s%sartifactType=%.*s", filter,
                             filter[0] == '\0' ? "" : "&",
                             (int)reg_percent_encode(value, encoded), encoded);
    } while (rc != DECLINED);

    return filter;
}


static int
listing_reply(listing_t *listing, const char *filter)
{
    req_t *rq = listing->rq;
    registry_t *registry = listing->registry;

    if (listing->types != NULL) {
        reply_header(rq, "OCI-Filters-Applied", "artifactType");
    }

    if (listing->more != NULL) {
        page_next(rq, &listing->page,
                  pool_printf(rq->pool, "/v2/%s/referrers/%s",
                              (char *)registry->name.data,
                              (char *)registry->reference.data),
                  filter, listing->more);
    }

    return reply_json_as(rq, 200, REG_MT_OCI_INDEX,
                         json_pack("{s:i, s:s, s:O}", "schemaVersion", 2,
                                   "mediaType", REG_MT_OCI_INDEX, "manifests",
                                   listing->manifests));
}


int
referrer_list(req_t *rq)
{
    listing_t listing = { .rq = rq, .registry = registry_of(rq) };
    const char *filter;

    listing.candidates = json_pooled(rq->pool, json_object());
    listing.manifests = json_pooled(rq->pool, json_array());
    filter = filter_read(&listing);

    if (page_read(rq, PAGE_ALL, PAGE_ALL, &listing.page) != OK
        || links_find(&listing) != OK || fallback_find(&listing) != OK
        || page_fill(&listing) != OK) {
        return ERROR;
    }

    return listing_reply(&listing, filter);
}
