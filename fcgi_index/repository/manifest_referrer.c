/* manifest_referrer.c: what refers to a manifest. */

#include "repository/manifest_referrer.h"
#include "repository/tag_view.h"

#define TAG_MAX 128

/* Types of artifacts, and of the layers of those that do not say theirs. */
static const struct {
    const char *type;
    const char *kind;
} types[] = {
    { "application/vnd.cncf.notary.signature", "signature" },
    { "application/vnd.dev.cosign.artifact.sig.v1+json", "signature" },
    { "application/vnd.dev.cosign.simplesigning.v1+json", "signature" },
    { "application/vnd.dev.sigstore.bundle.v0.3+json", "signature" },
    { "application/vnd.dev.sigstore.bundle+json;version=0.3", "signature" },
    { "application/vnd.dev.cosign.artifact.att.v1+json", "attestation" },
    { "application/vnd.dsse.envelope.v1+json", "attestation" },
    { "application/vnd.in-toto+json", "attestation" },
    { "application/vnd.dev.cosign.artifact.sbom.v1+json", "sbom" },
    { "application/vnd.cyclonedx", "sbom" },
    { "application/vnd.cyclonedx+json", "sbom" },
    { "application/vnd.cyclonedx+xml", "sbom" },
    { "application/spdx+json", "sbom" },
    { "text/spdx", "sbom" },
    { "text/spdx+json", "sbom" },
    { "application/vnd.syft+json", "sbom" },
    { "application/sarif+json", "scan" },
    { "application/vnd.security.vulnerability.report; version=1.1", "scan" },
};

/* What cosign puts behind the digest. */
static const struct {
    const char *suffix;
    const char *kind;
} suffixes[] = {
    { ".sig", "signature" },
    { ".att", "attestation" },
    { ".sbom", "sbom" },
};


/* --- the list ------------------------------------------------------------- */

/* "" where it would be longer than a tag may be. */
static const char *
tag_of(pool_t *pool, const char *subject, const char *suffix)
{
    char *tag = pool_printf(pool, "%s%s", subject, suffix);
    char *colon = strchr(tag, ':');

    if (colon != NULL) {
        *colon = '-';
    }

    return strlen(tag) <= TAG_MAX ? tag : "";
}


static void
add(referrer_row_t *rows, size_t *n, const referrer_row_t *row)
{
    if (*n != 0 && strcmp(rows[*n - 1].digest, row->digest) == 0) {
        if (rows[*n - 1].tag == NULL) {
            rows[*n - 1].tag = row->tag;
        }

        return;
    }

    rows[(*n)++] = *row;
}


int
referrer_list(db_t *db, uint64_t repository_id, const char *subject,
              const char *after, size_t limit, referrer_row_t **rows_r,
              size_t *n_r)
{
    pool_t *pool = db_pool(db);
    referrer_row_t *by_subject, *by_tag;
    size_t n_subject, n_tag, i = 0, j = 0;

    *n_r = 0;

    if (db_referrer_subject(db, repository_id, subject, after, limit,
                            &by_subject, &n_subject)
            != OK
        || db_referrer_tag(db, repository_id, tag_of(pool, subject, ".sig"),
                           tag_of(pool, subject, ".att"),
                           tag_of(pool, subject, ".sbom"), after, limit,
                           &by_tag, &n_tag)
               != OK) {
        return ERROR;
    }

    *rows_r =
        pool_alloc(pool, (n_subject + n_tag + 1) * sizeof(referrer_row_t));

    while (i < n_subject || j < n_tag) {
        bool is_subject =
            j == n_tag
            || (i < n_subject
                && strcmp(by_subject[i].digest, by_tag[j].digest) <= 0);

        add(*rows_r, n_r, is_subject ? &by_subject[i++] : &by_tag[j++]);
    }

    if (*n_r > limit) {
        *n_r = limit;
    }

    return OK;
}


/* --- the model ------------------------------------------------------------ */

static const char *
kind_of_type(const char *type)
{
    for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]);
         i++) {
        if (strcmp(types[i].type, type) == 0) {
            return types[i].kind;
        }
    }

    return NULL;
}


static const char *
kind_of_tag(const char *tag)
{
    const char *dot = tag != NULL ? strrchr(tag, '.') : NULL;

    for (size_t i = 0;
         dot != NULL && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (strcmp(suffixes[i].suffix, dot) == 0) {
            return suffixes[i].kind;
        }
    }

    return NULL;
}


/* Of the first config or layer that has one. */
static const char *
kind_of_parts(const char *text)
{
    json_t *parts = text != NULL ? json_loads(text, 0, NULL) : NULL;
    const char *kind = NULL;

    for (size_t i = 0; kind == NULL && i < json_array_size(parts); i++) {
        kind = kind_of_type(json_string_value(
            json_object_get(json_array_get(parts, i), "media_type")));
    }

    json_decref(parts);

    return kind;
}


json_t *
referrer_json(const referrer_row_t *row)
{
    const manifest_item_row_t item = { .digest = row->digest,
                                       .media_type = row->media_type,
                                       .size = row->size,
                                       .content_size = row->content_size,
                                       .artifact_type = row->artifact_type,
                                       .subject = row->subject,
                                       .platforms = row->platforms,
                                       .parts = row->parts,
                                       .pushed_at = row->pushed_at,
                                       .pushed_by = row->pushed_by };
    json_t *model = manifest_item_json(&item);
    const char *kind = kind_of_type(row->artifact_type);

    if (kind == NULL) {
        kind = kind_of_parts(row->parts);
    }

    if (kind == NULL) {
        kind = kind_of_tag(row->tag);
    }

    json_object_set_new(model, "kind", json_text_or_null(kind));
    json_object_set_new(model, "tag", json_text_or_null(row->tag));

    return model;
}
