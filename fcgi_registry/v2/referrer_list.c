/* referrer_list.c: the manifests that name another one as their subject.
 *
 * Two sources are joined: the links under _referrers/, written with each
 * manifest that has a subject, and the index that clients of a registry
 * without this API kept under a fallback tag.  Both are only hints where to
 * look. */

#include "v2/referrer_list.h"
#include "repository/descriptor_note.h"
#include "repository/referrers_tag.h"
#include "repository/manifest.h"
#include "repository/referrer.h"
#include "repository/tag.h"

#include "common/encode.h"
#include "common/manifest_scan.h"
#include "common/query.h"
#include "fcgi_core/log.h"
#include "fcgi_core/page.h"

#define REPLY_BYTES_MAX DESCRIPTOR_MAX /* clients read about 4 MiB */
#define FILTER_MAX 512
#define FILTERS_MAX 4096 /* of a page's Link: nginx takes lines of 8 KiB */

/* Limits of one request: beyond them the page ends, short or empty. */
#define CANDIDATES_MAX 1000
#define READ_BYTES_MAX (4 * 1024 * 1024)

typedef struct {
    req_t *rq;
    registry_t *registry;
    json_t *candidates; /* digests as keys, to check */
    json_t *types;      /* keys: artifactType must be one of them; NULL: any */
    page_t page;
    json_t *manifests; /* the page */
    size_t bytes;      /* of its text, about */
    size_t n_read;     /* candidates that were read, and their bytes */
    size_t read_bytes;
    const char *seen; /* the latest of them */
    const char *more; /* last of the page, where there is another one */
} listing_t;


/* OK where the list is not longer than registry:2, for which it was made,
 * takes one. */
static int
referrers_tag_check(listing_t *listing, const char *tag,
                    const reg_digest_t *digest)
{
    registry_t *registry = listing->registry;
    uint64_t size;
    int rc = manifest_stat(registry->op, registry->name, digest, &size);

    if (rc == OK && size > READ_BYTES_MAX) {
        log_warn("tag %s of %.*s is too long for a list of referrers, and is "
                 "not read",
                 tag, STR(registry->name));
        return DECLINED;
    }

    listing->read_bytes += rc == OK ? (size_t)size : 0;

    return rc;
}


static int
referrers_tag_find(listing_t *listing)
{
    registry_t *registry = listing->registry;
    pool_t *pool = listing->rq->pool;
    const char *tag = referrers_tag_name(pool, &registry->digest);
    reg_digest_t digest;
    manifest_t manifest;
    str_t content;
    int rc;

    rc = tag_get(registry->op, registry->name, reg_cstr(tag), &digest);

    if (rc == OK) {
        rc = referrers_tag_check(listing, tag, &digest);
    }

    if (rc == OK) {
        rc = manifest_read(registry->op, registry->name, &digest, &content,
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


static bool
is_wanted(const listing_t *listing, json_t *model)
{
    const char *type =
        json_string_value(json_object_get(model, "artifactType"));

    return listing->types == NULL
           || json_object_get(listing->types, type == NULL ? "" : type) != NULL;
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


static int
candidate_add(listing_t *listing, const char *text)
{
    registry_t *registry = listing->registry;
    size_t max = SIZE_MAX; /* a page has at least one entry */
    json_t *model = NULL;
    int rc = OK;

    if (listing->n_read != 0) {
        max = listing->read_bytes < READ_BYTES_MAX
                  ? READ_BYTES_MAX - listing->read_bytes
                  : 0;
    }

    if (max != 0 && listing->n_read < CANDIDATES_MAX) {
        rc = referrer_describe(registry->op, registry->name, &registry->digest,
                               text, max, &listing->read_bytes, &model);
    }

    if (rc == OK && model == NULL) {
        listing->more = listing->seen;
        return DECLINED;
    }

    listing->n_read++;
    listing->seen = text;

    if (rc != OK) {
        return rc == ERROR ? ERROR : OK;
    }

    if (!is_wanted(listing, model)) {
        json_decref(model);
        return OK;
    }

    return page_add(listing, model);
}


/* In the order of the digests: the same from page to page. */
static int
page_fill(listing_t *listing)
{
    size_t n = json_object_size(listing->candidates);
    const char **texts = referrer_sort(listing->rq->pool, listing->candidates);
    int rc = listing->page.n == 0 ? DECLINED : OK;

    for (size_t i = 0; rc == OK && i < n; i++) {
        if (strcmp(texts[i], listing->page.last) > 0) {
            rc = candidate_add(listing, texts[i]);
        }
    }

    return rc == ERROR ? ERROR : OK;
}


/* Every artifactType that was asked for, and all of them as a query string.
 * One that cannot be read is no filter. */
static int
filter_read(listing_t *listing, const char **filter_r)
{
    req_t *rq = listing->rq;
    pool_t *pool = rq->pool;
    str_t query = reg_cstr(rq->query), value;
    unsigned char buf[FILTER_MAX];
    const char *filter = "";
    size_t pos = 0;
    int rc;

    do {
        char encoded[3 * FILTER_MAX];

        rc = reg_query_next(REG_QUERY_URI, query, "artifactType", &pos, buf,
                            sizeof(buf), &value);

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

        if (strlen(filter) > FILTERS_MAX) {
            rq->err_status = 414;
            return req_fail(rq, REG_ERR_UNSUPPORTED,
                            "filters of more than %d bytes", FILTERS_MAX);
        }
    } while (rc != DECLINED);

    *filter_r = filter;

    return OK;
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
    registry_t *registry = registry_of(rq);
    listing_t listing = { .rq = rq, .registry = registry };
    const char *filter = "";

    listing.candidates = json_pooled(rq->pool, json_object());
    listing.manifests = json_pooled(rq->pool, json_array());

    if (filter_read(&listing, &filter) != OK
        || page_read(rq, PAGE_ALL, PAGE_ALL, &listing.page) != OK
        || referrer_links(registry->op, registry->name, &registry->digest,
                          listing.candidates)
               != OK
        || referrers_tag_find(&listing) != OK || page_fill(&listing) != OK) {
        return ERROR;
    }

    return listing_reply(&listing, filter);
}
